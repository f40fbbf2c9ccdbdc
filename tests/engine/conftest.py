"""The engines, loaded once each, and the photos of people."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import cv2
import pytest

from core.engine.backend_dlib import DlibEngine
from core.engine.backend_insightface import InsightFaceEngine
from core.engine.backend_opencv import OpenCvEngine
from core.engine.base import Engine, Pixels
from core.errors import NotReady

GROUPS = ("couple.jpg", "selfie-many-people.jpg")
BACKENDS = ("insightface", "opencv", "dlib")


@lru_cache(maxsize=128)
def read(file: Path) -> Pixels:
    """A photo as the product's working copy: at most about 1,600 px."""
    pixels = cv2.imread(str(file))
    assert pixels is not None, file
    factor = min(1.0, 1600 / max(pixels.shape[:2]))
    return cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


@lru_cache(maxsize=3)
def _load(backend: str, models: Path) -> Engine:
    if backend == "insightface":
        return InsightFaceEngine.load(models / "insightface-lite", 2)
    if backend == "opencv":
        return OpenCvEngine.load(models / "permissive", 2)
    return DlibEngine.load(2)


@pytest.fixture(scope="session")
def get_engine(shared: Path) -> Callable[[str], Engine]:
    def get(backend: str) -> Engine:
        try:
            return _load(backend, shared / "models")
        except NotReady as error:
            pytest.skip(f"no {backend} engine here: {error.message}")

    return get


@pytest.fixture(scope="session", params=BACKENDS)
def engine(request: pytest.FixtureRequest, get_engine: Callable[[str], Engine]) -> Engine:
    return get_engine(request.param)


@pytest.fixture(scope="session")
def people(shared: Path) -> dict[str, Pixels]:
    """Photos of one person each, by file name."""
    files = sorted((shared / "photos" / "people").iterdir())
    return {file.name: read(file) for file in files if file.name not in GROUPS}


@pytest.fixture(scope="session")
def edge(shared: Path) -> Callable[[str], Pixels]:
    return lambda name: read(shared / "photos" / "edge" / name)
