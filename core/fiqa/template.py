"""The recogniser's 112x112 template: where a face lies in it, and its pixels."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engine.base import Floats, Pixels
from core.imaging.align import warp

Mask = NDArray[np.bool_]

SIZE = 112
"""Side of ArcFace's template, px."""

FACE_CENTRE_XY = (56, 66)
FACE_AXES_XY = (34, 44)
"""Half axes: the face region is this ellipse in the template, mid-forehead to chin."""


@lru_cache(maxsize=1)
def face_region() -> Mask:
    """bool (112, 112): the ellipse that stands for the face's skin region in the template."""
    canvas = np.zeros((SIZE, SIZE), np.uint8)
    cv2.ellipse(canvas, FACE_CENTRE_XY, FACE_AXES_XY, 0, 0, 360, (1,), -1)
    region: Mask = canvas.astype(np.bool_)
    region.setflags(write=False)
    return region


CORNERS: Floats = np.array([[0, 0], [SIZE, 0], [SIZE, SIZE], [0, SIZE]], np.float32)
"""float32 (4, 2): of the template."""


@lru_cache(maxsize=1)
def _grid() -> Floats:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    grid: Floats = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float32)
    return grid


def zoom(matrix: Floats) -> float:
    """Template pixels per photo pixel of a (2, 3) similarity."""
    return float(np.hypot(matrix[0, 0], matrix[1, 0]))


def to_photo(matrix: Floats, points_xy: Floats) -> Floats:
    """float32 (N, 2): template points back in the photo."""
    back = np.linalg.inv(matrix[:, :2].astype(np.float64))
    points: Floats = ((points_xy - matrix[:, 2]) @ back.T).astype(np.float32)
    return points


def find_inside(matrix: Floats, size_hw: tuple[int, int]) -> Mask:
    """bool (112, 112): which template pixels have their centre in a photo of this size."""
    limit_xy = np.array(size_hw[::-1]) - 0.5
    corners_xy = to_photo(matrix, CORNERS)
    if corners_xy.min() >= 0 and (corners_xy.max(axis=0) < limit_xy - 0.5).all():
        return np.ones((SIZE, SIZE), np.bool_)  # the common case; what lies between is inside too
    x, y = to_photo(matrix, _grid()).T
    inside: Mask = (x >= -0.5) & (x <= limit_xy[0]) & (y >= -0.5) & (y <= limit_xy[1])
    return inside.reshape(SIZE, SIZE)


def sample(pixels_bgr: Pixels, matrix: Floats, size: int = SIZE) -> Pixels:
    """The face through ``matrix``, uint8 (size, size, 3), black outside the photo.

    A face of several times the template's size is averaged down first, else its texture would
    alias into edges and a blurred photo look sharp.
    """
    shrink = int(1 / zoom(matrix))
    if shrink < 2:
        return warp(pixels_bgr, matrix, size)
    # From 4 on an even factor: then every other row is enough, at half the cost.
    shrink, row_step = (shrink // 2 * 2, 2) if shrink >= 4 else (shrink, 1)
    start, count = _window(matrix, shrink, pixels_bgr.shape[:2], size)
    if (count < 1).any():
        return np.zeros((size, size, 3), np.uint8)
    (left, top), (right, bottom) = start, start + count * shrink
    window = pixels_bgr[top:bottom:row_step, left:right]
    size_wh = (int(count[0]), int(count[1]))
    small = cv2.resize(window, size_wh, interpolation=cv2.INTER_AREA)
    # Pixel i of the averaged copy has its centre at start + (shrink - 1) / 2 + shrink * i.
    linear = matrix[:, :2]
    shift = linear @ (start + (shrink - 1) / 2) + matrix[:, 2]
    small_matrix = np.column_stack([linear * shrink, shift]).astype(np.float32)
    return warp(small.astype(np.uint8, copy=False), small_matrix, size)


def _window(
    matrix: Floats, shrink: int, size_hw: tuple[int, int], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the crop lies in the photo: first pixel, and size in steps of ``shrink``; x, y."""
    corners = np.array([[0, 0], [size, 0], [size, size], [0, size]], np.float32)
    corners_xy = to_photo(matrix, corners)
    limit_xy = np.array(size_hw[::-1])
    start = np.clip(np.floor(corners_xy.min(axis=0)) - shrink, 0, limit_xy).astype(np.int64)
    stop = np.clip(np.ceil(corners_xy.max(axis=0)) + shrink, 0, limit_xy).astype(np.int64)
    return start, (stop - start) // shrink
