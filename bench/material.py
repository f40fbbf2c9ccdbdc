"""What is measured with: photos of known size and the engines that are there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from core.imaging import samples
from core.imaging.read import encode_jpeg
from core.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
LITE = SHARED / "models" / "insightface-lite"
PERMISSIVE = SHARED / "models" / "permissive"


def photo(width: int, height: int, seed: int = 0) -> bytes:
    """A close-up of this size, JPEG: scikit-image's astronaut, enlarged, with a sensor's grain."""
    face = samples.portrait(samples.PORTRAITS[0], face_px=180, around=2.6)
    side = min(face.shape[0], face.shape[1] * height // width)
    part = face[:side, : side * width // height]
    large = cv2.resize(part, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.int16)
    grain = np.random.default_rng(seed).normal(0, 4, (height, width, 1))
    return encode_jpeg(np.clip(large + grain, 0, 255).astype(np.uint8), 90)


def engine_settings(data: Path) -> Iterator[tuple[str, Settings]]:
    """Settings for each engine that can be measured here, by name."""
    common = {"data": data, "identity_check": "warn", "duplicate_check": "warn"}
    if LITE.is_dir():
        yield "insightface-lite", Settings(engine="insightface", models=LITE, **common)
    if PERMISSIVE.is_dir():
        yield (
            "opencv (YuNet + facereid0095)",
            Settings(engine="opencv", models=PERMISSIVE, **common),
        )
    yield "dlib", Settings(engine="dlib", **common)
