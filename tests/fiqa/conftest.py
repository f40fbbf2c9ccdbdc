"""Real faces: the photos of ../shared, found once a session with insightface's detector."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.engine.base import Face
from core.fiqa.policy import Policy, load_policy

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
PACK = SHARED / "models" / "insightface-lite"


@dataclass(frozen=True)
class Shot:
    """A photo with its faces, the largest first."""

    name: str
    pixels_bgr: np.ndarray
    faces: tuple[Face, ...]


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy()


@pytest.fixture(scope="session")
def shoot() -> Callable[[str], Shot]:
    """Takes a name below ``photos/`` and gives the photo (at most 1000 px) with its faces."""
    if not PACK.is_dir():
        pytest.skip("no shared photos and models beside the project")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        analysis = pytest.importorskip("insightface.app").FaceAnalysis(
            name=str(PACK.resolve()),
            allowed_modules=["detection"],
            providers=["CPUExecutionProvider"],
        )
        analysis.prepare(ctx_id=-1)

    @cache
    def take(name: str) -> Shot:
        pixels = cv2.imread(str(SHARED / "photos" / name))
        assert pixels is not None, name
        shrink = min(1.0, 1000 / max(pixels.shape[:2]))
        if shrink < 1:
            pixels = cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = analysis.get(pixels)
        faces = [
            Face(f.bbox.astype(np.float32), f.kps.astype(np.float32), float(f.det_score))
            for f in found
        ]
        return Shot(name, pixels, tuple(sorted(faces, key=lambda face: -face.area)))

    return take
