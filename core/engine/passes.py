"""Passes over a photo as it stands: one, or several at further scales and with a border, merged."""

from __future__ import annotations

import cv2
import numpy as np

from core.engine.base import Engine, Face, Floats, Pixels
from core.engine.geometry import resized_to

SECOND_SCALE, PADDED = "second_scale", "padded"
MERGE_IOU = 0.4
_BORDER = 0.5  # of the side, on each side of the picture
_SURER = 0.2  # beyond doubt: this share of the way from the sure score to 1


def first_pass(engine: Engine, pixels_bgr: Pixels) -> tuple[Face, ...]:
    """Faces at the engine's first scale, largest first."""
    return merge(engine.detect(pixels_bgr, engine.info.scales[0]))


def search_on(
    engine: Engine, pixels_bgr: Pixels, first: tuple[Face, ...]
) -> tuple[tuple[Face, ...], tuple[str, ...]]:
    """Faces of the photo as it stands, after its first pass, and the further steps it took."""
    faces, steps = first, []
    if not is_enough(engine, faces, pixels_bgr):
        for side in engine.info.scales[1:]:
            faces = merge([*faces, *engine.detect(pixels_bgr, side)])
        steps.append(SECOND_SCALE)
    if not faces:
        faces = padded(engine, pixels_bgr, engine.info.scales[0])
        steps.append(PADDED)
    return faces, tuple(steps) if faces else ()


def merge(faces: list[Face]) -> tuple[Face, ...]:
    """Faces of several passes, each person once: the surest of those that overlap, largest first.

    Greedy suppression at an intersection over union of 0.4; faces that are not finite or have no
    area are dropped.
    """
    usable = [f for f in faces if f.area > 0 and _is_finite(f)]
    if not usable:
        return ()
    usable.sort(key=lambda f: -f.score)
    boxes = np.stack([f.box_xyxy for f in usable])
    left = np.ones(len(usable), bool)
    kept: list[Face] = []
    for index, face in enumerate(usable):
        if left[index]:
            kept.append(face)
            left &= _overlaps(face.box_xyxy, boxes) <= MERGE_IOU
    return tuple(sorted(kept, key=lambda f: -f.area))


def is_enough(engine: Engine, faces: tuple[Face, ...], pixels_bgr: Pixels) -> bool:
    """Whether one pass will do: a single face, sure and large.

    Smaller people beside a large face would not matter; where there are two faces there may be
    more.
    """
    return (
        len(faces) == 1
        and faces[0].score >= engine.info.sure_score
        and is_large(engine, faces[0], pixels_bgr)
    )


def padded(engine: Engine, pixels_bgr: Pixels, side: int) -> tuple[Face, ...]:
    """Faces of the picture with a black border around it, in the picture's coordinates."""
    small, scale = resized_to(pixels_bgr, round(side / (1 + 2 * _BORDER)))
    across, down = round(small.shape[1] * _BORDER), round(small.shape[0] * _BORDER)
    framed: Pixels = cv2.copyMakeBorder(  # type: ignore[assignment]
        small, down, down, across, across, cv2.BORDER_CONSTANT, value=(0, 0, 0)
    )
    found = engine.detect(framed, side)
    return merge([f.mapped(scale, (-across * scale, -down * scale)) for f in found])


def surest(faces: tuple[Face, ...]) -> Face:
    """The best-scored of the faces that are at least half as large as the largest."""
    large = [f for f in faces if f.area >= faces[0].area / 4]
    return max(large, key=lambda f: f.score)


def is_large(engine: Engine, face: Face, pixels_bgr: Pixels) -> bool:
    """Whether the face takes so much of the photo that smaller ones would not matter."""
    return bool(max(face.size_wh) >= engine.info.large_face * max(pixels_bgr.shape[:2]))


def surer(sure_score: float) -> float:
    """The detection score that leaves no doubt, where the sure score may mislead."""
    return sure_score + _SURER * (1.0 - sure_score)


def _is_finite(face: Face) -> bool:
    return bool(np.isfinite(face.box_xyxy).all() and np.isfinite(face.points_xy).all())


def _overlaps(box: Floats, boxes: Floats) -> Floats:
    """Intersection over union of one box (4,) with many (N, 4), float32 (N,)."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    union = float(np.prod(box[2:] - box[:2])) + areas - common
    out: Floats = (common / union).astype(np.float32)
    return out
