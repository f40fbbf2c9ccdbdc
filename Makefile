# FaceDesk. `make run` is all a newcomer needs; `make` alone lists the rest.
PYTHON ?= python3
PORT ?= 8501
ROUNDS ?= 200
ARGS ?=
# Tests run side by side, a file at a time (decision 37); JOBS=0 runs them one after the other.
JOBS ?= 2
SIDE_BY_SIDE = -n $(JOBS) --dist loadfile

# A suite starts many processes: compiled once, not in each of them.
unexport PYTHONDONTWRITEBYTECODE

ifeq ($(OS),Windows_NT)
PY := .venv/Scripts/python.exe
else
PY := .venv/bin/python
endif

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run desktop test lint check bench test-postgresql fuzz test-crash screenshots clean prepare prepare-dev

help: ## list the commands
	@echo "FaceDesk: make <command>"
	@sed -n 's/^\([a-z-]*\):.*## /  \1	/p' Makefile | expand -t 20
	@echo "Variables: PYTHON=$(PYTHON) PORT=$(PORT) ARGS= (for pytest and bench) JOBS=$(JOBS) (for test) ROUNDS=$(ROUNDS) (test-crash)"

run: prepare ## start FaceDesk on http://127.0.0.1:8501 (other port: make run PORT=8600)
	@$(PY) -m streamlit run app.py --server.port $(PORT)

desktop: prepare ## FaceDesk in a window of its own; closing it ends it
	@$(PY) -m core desktop

test: prepare-dev ## run all tests
	$(PY) -m pytest $(SIDE_BY_SIDE) $(ARGS)

lint: prepare-dev ## ruff, mypy
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

check: lint test ## every gate: lint, then all tests

bench: prepare-dev ## measure side by side
	$(PY) -m bench $(ARGS)

test-postgresql: prepare-dev ## run all tests that can on PostgreSQL instead of SQLite
	FACEDESK_TEST_DATABASE=postgresql $(PY) -m pytest $(SIDE_BY_SIDE) $(ARGS)

fuzz: prepare-dev ## try examples that no run has tried
	$(PY) -m pytest -n $(JOBS) -m hypothesis --hypothesis-profile=fuzz $(ARGS)

test-crash: prepare-dev ## kill the writer 200 times and look what is left
	FACEDESK_CRASH_ROUNDS=$(ROUNDS) $(PY) -m pytest tests/crash $(ARGS)

screenshots: prepare-dev ## take the pictures of docs/ anew (needs Chromium)
	$(PY) -m bench.screenshots

clean: ## remove caches and outputs; .venv, data and models stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis bench/out tests/e2e/artifacts
	find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

prepare:
	@$(PYTHON) .ci/prepare.py

prepare-dev:
	@$(PYTHON) .ci/prepare.py --dev
