"""Similarity alignment of a face to a square template."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

ARCFACE_112: Floats = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    np.float32,
)
"""float32 (5, 2): where eyes, nose tip and mouth corners lie in ArcFace's 112x112 crop.

Source: InsightFace, ``insightface/utils/face_align.py`` (``arcface_dst``).
"""

NOSE_BASE_112: Floats = np.array([56.0, 79.0], np.float32)
"""Where the nose base lies in the same crop: a third of the way from nose tip to mouth."""


def similarity(from_xy: Floats, to_xy: Floats) -> Floats:
    """Least-squares rotation, scale and shift between two point lists, float32 (2, 3).

    Umeyama (1991) without reflection, written with complex numbers: for centred points p, q
    the factor that minimises |a p - q|² is <p, q> / <p, p>.
    """
    p = from_xy[:, 0] + 1j * from_xy[:, 1].astype(np.complex128)
    q = to_xy[:, 0] + 1j * to_xy[:, 1].astype(np.complex128)
    p_mean, q_mean = p.mean(), q.mean()
    p_centred = p - p_mean
    spread = np.vdot(p_centred, p_centred).real
    factor = np.vdot(p_centred, q - q_mean) / spread if spread > 0 else 1.0 + 0j
    shift = q_mean - factor * p_mean
    return np.array(
        [[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]],
        np.float32,
    )


def warp(pixels_bgr: Pixels, matrix: Floats, size: int) -> Pixels:
    """The picture seen through a (2, 3) matrix, uint8 (size, size, 3), black outside."""
    out: Pixels = cv2.warpAffine(pixels_bgr, matrix, (size, size), borderValue=(0, 0, 0))  # type: ignore[assignment]
    return out
