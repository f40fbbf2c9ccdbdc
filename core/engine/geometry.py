"""Where a face's points go in the recogniser's template, for both point layouts."""

from __future__ import annotations

import cv2
import numpy as np

from core.engine.base import Face, Floats, Pixels, PointLayout
from core.imaging.align import ARCFACE_112, NOSE_BASE_112, similarity, warp


def template_matrix(face: Face, size: int = 112) -> Floats:
    """float32 (2, 3): from the face's picture to ArcFace's template at ``size`` px."""
    scale = np.float32(size / 112)
    if face.layout is PointLayout.FIVE:
        return similarity(face.points_xy, ARCFACE_112 * scale)
    points = np.vstack([face.eyes_xy, face.points_xy[4:]])
    return similarity(points, np.vstack([ARCFACE_112[:2], NOSE_BASE_112]) * scale)


def aligned_crop(pixels_bgr: Pixels, face: Face, size: int = 112) -> Pixels:
    """The face in ArcFace's template, uint8 (size, size, 3) BGR, black outside the photo."""
    return warp(pixels_bgr, template_matrix(face, size), size)


def resized_to(pixels_bgr: Pixels, side: int) -> tuple[Pixels, float]:
    """A copy whose long side is ``side`` px, and the source pixels per pixel of the copy."""
    height, width = pixels_bgr.shape[:2]
    factor = side / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    copy: Pixels = cv2.resize(pixels_bgr, size, interpolation=how)  # type: ignore[assignment]
    return copy, 1.0 / factor
