from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.gallery.store import Gallery


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gallery.db"


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file}?timeout=20"


@pytest.fixture
def gallery(url: str) -> Iterator[Gallery]:
    with Gallery.open(url, max_identities=20, max_photos_each=3) as opened:
        yield opened
