"""Sharpness of the face, from the crop that the recogniser sees (without JPEG blocks)."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engine.base import Floats, Pixels
from core.fiqa.mapping import NOT_ASSESSED, sigmoid, to_score
from core.fiqa.report import Measure
from core.fiqa.template import Mask
from core.fiqa.view import FaceView

_QUALITY = sigmoid(100, 0, 1, -2.52, 0.09)
"""Calibrated on 62 portraits: as they are 93 or more, softened by 1.5 template pixels about 40."""

ENOUGH_PIXELS = 200
FLATNESS = 20.0
"""Grey variance (squared levels) of noise alone: keeps a flat face from dividing by zero."""

_ALONG_X = np.array([[1, -2, 1]], np.float32)
_ALONG_Y = _ALONG_X.T.copy()
_ACROSS = np.array([[0.25, 0, -0.25], [0, 0, 0], [-0.25, 0, 0.25]], np.float32)


def _directions() -> NDArray[np.float64]:
    angles = np.arange(8) * np.pi / 8
    cosine, sine = np.cos(angles), np.sin(angles)
    return np.stack([cosine**2, 2 * cosine * sine, sine**2], axis=1)


_DIRECTIONS = _directions()


def measure_sharpness(view: FaceView) -> tuple[Measure, ...]:
    """FaceSharpness, our substitute for OFIQ's random forest.

    ``log10(var(second derivative of Gauss3x3(grey)) / (var(grey) + 20))`` in the face region of
    the 112x112 crop, in the direction of eight in which it is least: motion blurs one direction
    only, and a Laplacian, which adds two, overlooks it. Dividing by the variance takes contrast
    and brightness out. The edges of JPEG blocks are taken out first: they are no sharpness.
    """
    value = _sharpness(view)
    score = NOT_ASSESSED if value is None else to_score(_QUALITY(value))
    return (Measure("FaceSharpness", value, "", score, "substitute"),)


def _sharpness(view: FaceView) -> float | None:
    region = _away_from_border(view)
    if np.count_nonzero(region) < ENOUGH_PIXELS:
        return None
    grey: Pixels = cv2.cvtColor(view.texture_bgr, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
    # In floats: rounding to whole levels alone would be texture in a blurred face.
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (3, 3), 0)
    derivatives = np.stack(
        [_filtered(smooth, kernel)[region] for kernel in (_ALONG_X, _ACROSS, _ALONG_Y)]
    )
    covariance = np.cov(derivatives)
    variances = np.einsum("di,ij,dj->d", _DIRECTIONS, covariance, _DIRECTIONS)
    ratio = float(variances.min()) / (float(grey[region].var()) + FLATNESS)
    return math.log10(max(ratio, 1e-6))


def _away_from_border(view: FaceView) -> Mask:
    """The face region without two pixels along the photo's border, which is an edge of its own."""
    inside = view.inside.astype(np.uint8)
    eroded = cv2.erode(inside, np.ones((5, 5), np.uint8), borderValue=(1,))
    away: Mask = view.region & (eroded > 0)
    return away


def _filtered(grey: cv2.typing.MatLike, kernel: Floats) -> Floats:
    filtered: Floats = cv2.filter2D(grey, cv2.CV_32F, kernel).astype(np.float32, copy=False)
    return filtered
