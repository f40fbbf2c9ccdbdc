"""Colour of the skin: how far from natural, how far from grey."""

from __future__ import annotations

import math

import numpy as np

from core.engine.base import Pixels
from core.fiqa.mapping import scalar, to_score
from core.fiqa.report import Measure
from core.fiqa.view import FaceView

A_RANGE = (5.0, 25.0)
B_RANGE = (5.0, 35.0)
"""CIELAB a and b of natural skin in OFIQ."""

UNNATURAL = 100.0
"""OFIQ's native value when a or b is negative (an exactly grey face is, by rounding)."""

_XYZ_D50 = np.array(
    [
        [0.43605, 0.38508, 0.14309],
        [0.22249, 0.71689, 0.06062],
        [0.01393, 0.09710, 0.71419],
    ]
)
_WHITE_D50 = np.array([0.964221, 1.0, 0.825211])


def lab_ab(mean_bgr: tuple[float, float, float]) -> tuple[float, float]:
    """CIELAB (D50) a and b of one sRGB colour given as B, G, R in 0..255."""
    srgb = np.array(mean_bgr[::-1]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    ratios = _XYZ_D50 @ linear / _WHITE_D50
    kappa, epsilon = 24389 / 27, 216 / 24389
    fx, fy, fz = np.where(ratios <= epsilon, (kappa * ratios + 16) / 116, np.cbrt(ratios))
    return float(500 * (fx - fy)), float(200 * (fy - fz))


def _outside(value: float, bounds: tuple[float, float]) -> float:
    low, high = bounds
    return max(0.0, low - value, value - high)


def measure_colour(view: FaceView) -> tuple[Measure, ...]:
    """NaturalColour by OFIQ's formula; ColourCast and ColourSaturation are ours.

    ColourCast is the same distance without OFIQ's jump to 100, so that a grey photo (7) can be
    told from a face in coloured light (20 and more). ColourSaturation is the chroma
    ``hypot(a, b)`` of the mean cheek colour, 0 for grey.
    """
    cheeks = view.cheeks
    if cheeks is None:
        return _measures(None, None, None)
    a, b = lab_ab(_mean_bgr(np.hstack([cheeks.right_bgr, cheeks.left_bgr])))
    cast = math.hypot(_outside(a, A_RANGE), _outside(b, B_RANGE))
    natural = cast if a >= 0 and b >= 0 else UNNATURAL
    return _measures(natural, cast, math.hypot(a, b))


def _mean_bgr(pixels_bgr: Pixels) -> tuple[float, float, float]:
    blue, green, red = pixels_bgr.reshape(-1, 3).mean(axis=0)
    return float(blue), float(green), float(red)


def _measures(
    natural: float | None, cast: float | None, saturation: float | None
) -> tuple[Measure, ...]:
    cast_score = scalar("NaturalColour", cast)
    saturation_score = -1 if saturation is None else to_score(10 * saturation)
    return (
        Measure("NaturalColour", natural, "", scalar("NaturalColour", natural), "ofiq"),
        Measure("ColourCast", cast, "", cast_score, "substitute"),
        Measure("ColourSaturation", saturation, "", saturation_score, "substitute"),
    )
