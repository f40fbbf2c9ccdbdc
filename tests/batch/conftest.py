from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from core.desk import Desk
from tests.batch.material import fill, toy_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Three people; 003 has three photos."""
    (tmp_path / "data").mkdir()
    made = toy_desk(tmp_path / "data" / "gallery.db")
    fill(made)
    yield made
    made.gallery.close()


@pytest.fixture(autouse=True)
def main_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children run the parent's ``__main__`` again; a page's test may have left its page there."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
