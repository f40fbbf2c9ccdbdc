"""A second look at a tilted face, in a patch that is turned upright.

Detectors learn from upright heads and draw their five points too level on tilted ones. On 31
photos of people turned by 40 degrees (2026-11-24) SCRFD's eye line is wrong by 3 degrees in the
mean, YuNet's by 18 (by up to 38, so that a tilted head passes for an upright one), dlib's by 0.6;
found again in an upright patch by 1, 2 and 0.2. At 55 degrees: 6, 35, 1.4, then 1, 2, 0.2.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.engine.base import Engine, Face, Floats, Pixels
from core.engine.geometry import resized_to
from core.imaging.align import warp

LEVEL_DEG = 5.0
"""A patch in which the eye line is this level was turned by enough."""

MOST_LOOKS = 3
SIDE = 320
SHARE = 0.7
"""Side of the patch, px, and the share of it that the box's longer side takes."""


UPRIGHT_DEG = 60.0
"""An eye line steeper than this means a turned photo, not a tilted head."""


def roll_deg(face: Face) -> float:
    """Angle of the eye line, degrees, clockwise positive; 0 is level."""
    across, down = face.eyes_xy[1] - face.eyes_xy[0]
    return float(np.degrees(np.arctan2(down, across)))


def is_upright(face: Face) -> bool:
    """Whether the eye line tells of no turned photo."""
    return abs(roll_deg(face)) <= UPRIGHT_DEG


def levelled(engine: Engine, pixels_bgr: Pixels, face: Face) -> Face:
    """The face with points found in an upright patch when it is tilted; else as it is.

    Box and score stay. Where the patch shows no face, what was known before it stays.

    Args:
        engine: whose detector looks.
        pixels_bgr: uint8 (H, W, 3), in whose coordinates the face is.
        face: one of its faces.
    """
    if not abs(roll_deg(face)) >= engine.info.level_from_deg:
        return face
    for _ in range(MOST_LOOKS):
        matrix = _upright(face)
        seen = nearest(engine.detect(_patch(pixels_bgr, matrix), SIDE))
        if seen is None:
            return face
        back = np.linalg.inv(matrix[:, :2].astype(np.float64))
        points = (seen.points_xy - matrix[:, 2]) @ back.T
        face = replace(face, points_xy=points.astype(np.float32))
        if abs(roll_deg(seen)) <= LEVEL_DEG:
            break
    return face


def _upright(face: Face) -> Floats:
    """float32 (2, 3): from the photo to the patch, eye line level, box in the middle."""
    zoom = SHARE * SIDE / max(face.size_wh)
    turn = np.radians(roll_deg(face))
    linear = zoom * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    centre = (face.box_xyxy[:2] + face.box_xyxy[2:]) / 2
    matrix: Floats = np.column_stack([linear, SIDE / 2 - linear @ centre]).astype(np.float32)
    return matrix


def _patch(pixels_bgr: Pixels, matrix: Floats) -> Pixels:
    """The patch, black outside the photo; a large face is averaged down, never thinned out."""
    zoom = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if zoom >= 1:
        return warp(pixels_bgr, matrix, SIDE)
    small, scale = resized_to(pixels_bgr, max(1, round(zoom * max(pixels_bgr.shape[:2]))))
    scaled = np.column_stack([matrix[:, :2] * np.float32(scale), matrix[:, 2]])
    return warp(small, scaled.astype(np.float32), SIDE)


def nearest(faces: list[Face]) -> Face | None:
    """The face over the middle of a patch of ``SIDE`` px that is nearest to it, or None."""
    middle = np.full(2, SIDE / 2)

    def away(face: Face) -> float:
        centre = (face.box_xyxy[:2] + face.box_xyxy[2:]) / 2
        return float(np.hypot(*(centre - middle))) / max(face.size_wh)

    usable = [f for f in faces if f.area > 0 and np.isfinite(f.points_xy).all()]
    nearest = min(usable, key=away, default=None)
    return nearest if nearest is not None and away(nearest) < 0.5 else None
