from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.gallery.face_search import FaceSearch
from core.gallery.search_database import open_search
from core.gallery.store import Gallery
from tests import databases

WHERE = (("sqlite", "memory"), ("postgresql", "memory"), ("postgresql", "database"))
"""The kinds of database, and where faces are searched."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test on both databases, but for those, and modules, that look into SQLite's file."""
    if "kind" in metafunc.fixturenames:
        looks = "file" in metafunc.fixturenames or hasattr(metafunc.module, "ONLY_SQLITE")
        kinds = [pytest.param("sqlite", marks=databases.only_sqlite)] if looks else databases.KINDS
        if "where" in metafunc.fixturenames:
            metafunc.parametrize(("kind", "where"), [pair for pair in WHERE if pair[0] in kinds])
        else:
            metafunc.parametrize("kind", kinds)


@pytest.fixture
def search(where: str) -> Callable[[Gallery, str], FaceSearch]:
    """Opens a search, in memory or inside the database."""
    return lambda gallery, engine_id: open_search(gallery, engine_id, where)


@pytest.fixture
def place(tmp_path: Path, kind: str) -> Path:
    """Where the gallery is, in a SQLite file or on the tests' server."""
    return tmp_path / f"gallery.{databases.SUFFIXES[kind]}"


@pytest.fixture
def file(place: Path) -> Path:
    """SQLite's file."""
    return place


@pytest.fixture
def url(place: Path) -> str:
    return databases.url_of(place)


@pytest.fixture
def gallery(url: str) -> Iterator[Gallery]:
    with Gallery.open(url, max_identities=20, max_photos_each=3) as opened:
        yield opened
