"""The two cheek squares that OFIQ looks at for evenness of light and for skin colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.engine.base import Floats, Pixels
from core.fiqa.template import to_photo
from core.imaging.align import ARCFACE_112, similarity, warp

OFIQ_616: Floats = np.array(
    [[251, 272], [364, 272], [308, 336], [262, 402], [355, 402]], np.float32
)
"""float32 (5, 2): where OFIQ's alignment to 616x616 puts eyes, nose tip and mouth corners."""

SIDE = int(0.3 * (364 - 251))
TOP = 272 + (402 - 272) // 2
LEFT_XY = (251, TOP)
RIGHT_XY = (364 - SIDE, TOP)
"""Squares of 0.3 eye distances, half-way from eyes to mouth, reaching inwards from each eye."""

_TO_OFIQ = np.vstack([similarity(ARCFACE_112, OFIQ_616), [0, 0, 1]])


@dataclass(frozen=True, slots=True, eq=False)
class Cheeks:
    """Two uint8 (33, 33, 3) squares at OFIQ's size; left and right as seen in the picture."""

    left_bgr: Pixels
    right_bgr: Pixels


def find_cheeks(pixels_bgr: Pixels, matrix: Floats) -> Cheeks | None:
    """The cheeks in OFIQ's alignment, or None when one is not wholly in the photo.

    ``matrix`` leads from the photo to ArcFace's template.

    OFIQ takes the squares from the landmarks after alignment; here they stand where its
    alignment puts eyes and mouth, reached by way of ArcFace's template. So detectors without
    a mouth (eye corners and nose base) are served by the same code.
    """
    to_ofiq = (_TO_OFIQ @ np.vstack([matrix, [0, 0, 1]]))[:2].astype(np.float32)
    left, right = (_square(pixels_bgr, to_ofiq, corner) for corner in (LEFT_XY, RIGHT_XY))
    return None if left is None or right is None else Cheeks(left, right)


def _square(pixels_bgr: Pixels, matrix: Floats, corner_xy: tuple[int, int]) -> Pixels | None:
    corners = np.array([[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE]], np.float32)
    in_photo = to_photo(matrix, corners + np.array(corner_xy, np.float32))
    height, width = pixels_bgr.shape[:2]
    if in_photo.min() < 0 or (in_photo.max(axis=0) > [width - 1, height - 1]).any():
        return None
    shifted = matrix.copy()
    shifted[:, 2] -= corner_xy
    return warp(pixels_bgr, shifted, SIDE)
