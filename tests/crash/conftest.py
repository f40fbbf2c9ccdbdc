from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests import databases
from tests.crash.material import fill
from tests.databases import copy

if not hasattr(signal, "SIGKILL"):
    collect_ignore_glob = ["test_*.py"]  # no SIGKILL and no forking on this system


@pytest.fixture(scope="session", params=databases.KINDS)
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small gallery, closed, to copy; on each database."""
    suffix = databases.SUFFIXES[request.param]
    place = tmp_path_factory.mktemp("crash") / f"template.{suffix}"
    fill(place)
    return place


@pytest.fixture
def file(template: Path, tmp_path: Path) -> Path:
    """A copy, in a folder of its own (see ``tests/databases.py``)."""
    return copy(template, tmp_path / f"gallery{template.suffix}")


@pytest.fixture(autouse=True)
def main_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children run the parent's ``__main__`` again; a page's test may have left its page there."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
