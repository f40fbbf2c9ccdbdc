from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.crash.material import copy, fill

if not hasattr(signal, "SIGKILL"):
    collect_ignore_glob = ["test_*.py"]  # no SIGKILL and no forking on this system


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small gallery, closed: one file to copy."""
    file = tmp_path_factory.mktemp("crash") / "template.db"
    fill(file)
    return file


@pytest.fixture
def file(template: Path, tmp_path: Path) -> Path:
    return copy(template, tmp_path / "gallery.db")


@pytest.fixture(autouse=True)
def main_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children run the parent's ``__main__`` again; a page's test may have left its page there."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
