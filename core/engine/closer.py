"""A closer look at a small face: whether it stands upright, without turning the whole photo."""

from __future__ import annotations

import cv2
import numpy as np

from core.engine.base import Engine, Face, Pixels
from core.engine.level import SHARE, SIDE, is_upright, nearest

BETTER = 0.02
"""The detection score by which a face must look better one way round than another."""


def stands_upright(engine: Engine, pixels_bgr: Pixels, face: Face) -> bool:
    """Whether the engine is sure, from near, that an upright face stands as it was found.

    Two passes over the face's surroundings, as they are and upside down: upside-down faces look
    upright to some detectors, but better the right way round.

    Args:
        pixels_bgr: uint8 (H, W, 3), in whose coordinates the face is.
    """
    patch = _surroundings(pixels_bgr, face)
    if not is_upright(face) or patch is None:
        return False
    seen = nearest(engine.detect(patch, SIDE))
    if seen is None or seen.score < engine.info.sure_score or not is_upright(seen):
        return False
    over = nearest(engine.detect(cv2.rotate(patch, cv2.ROTATE_180), SIDE))  # type: ignore[arg-type]
    return over is None or over.score + BETTER <= seen.score


def _surroundings(pixels_bgr: Pixels, face: Face) -> Pixels | None:
    """A square patch of ``SIDE`` px, the box in its middle; None where it is outside the photo."""
    half = max(face.size_wh) / SHARE / 2
    centre = (face.box_xyxy[:2] + face.box_xyxy[2:]) / 2
    height, width = pixels_bgr.shape[:2]
    start = np.clip(np.floor(centre - half), 0, (width, height)).astype(int)
    stop = np.clip(np.ceil(centre + half), 0, (width, height)).astype(int)
    part = pixels_bgr[start[1] : stop[1], start[0] : stop[0]]
    return cv2.resize(part, (SIDE, SIDE)) if part.size else None  # type: ignore[return-value]
