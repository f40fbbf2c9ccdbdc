"""Brightness of the face: luminance statistics of the face region, evenness of the cheeks."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engine.base import Floats, Pixels
from core.fiqa.cheeks import Cheeks
from core.fiqa.mapping import scalar, to_score
from core.fiqa.report import Measure
from core.fiqa.view import FaceView

Histogram = NDArray[np.float64]

DARK = 25
BRIGHT = 247
"""Linear luminance at or below / at or above which OFIQ counts a pixel as lost."""

ENOUGH_PIXELS = 200
"""Fewer pixels of the face region than this say nothing about its brightness."""


def _weighted_linear() -> Floats:
    """float32 (256, 1, 3): sRGB value of B, G, R to its share of linear luminance, 0..255."""
    srgb = np.arange(256) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    table: Floats = (255 * linear[:, None, None] * [0.0722, 0.7152, 0.2126]).astype(np.float32)
    return table


_TABLE = _weighted_linear()


def luminance(pixels_bgr: Pixels) -> Pixels:
    """Linear luminance of (H, W, 3) BGR pixels, uint8 (H, W) 0..255, as ISO/IEC 29794-5 has it.

    sRGB linearised, ``Y = .2126 R + .7152 G + .0722 B``, ``floor(255 Y + .5)``.
    """
    blue, green, red = cv2.split(cv2.LUT(pixels_bgr, _TABLE))
    # Plane by plane: a sum over an axis of three takes four times as long.
    rounded: Pixels = np.minimum(np.floor(blue + green + red + np.float32(0.5)), 255).astype(
        np.uint8
    )
    return rounded


def histogram(values: NDArray[np.uint8]) -> Histogram:
    """float64 (256,): the values' shares, summing to 1."""
    counts: Histogram = np.bincount(values.ravel(), minlength=256) / max(values.size, 1)
    return counts


def measure_luminance(view: FaceView) -> tuple[Measure, ...]:
    """OFIQ's five luminance measures on the face region, IlluminationUniformity, CheekBalance.

    The face region is the ellipse of ``view.face_region`` in ArcFace's template, where OFIQ
    takes the hull of its 98 landmarks. CheekBalance (ours) is the darker cheek's mean luminance
    in % of the brighter one's: the overlap of histograms that OFIQ takes is 0 already for a soft
    shadow, this is not.
    """
    bright = luminance(view.crop_bgr)[view.region]
    named = _statistics(histogram(bright)) if bright.size >= ENOUGH_PIXELS else _NOTHING
    uniformity, balance = _evenness(view.cheeks)
    values = (*named, ("IlluminationUniformity", uniformity, ""))
    score = -1 if balance is None else to_score(balance)
    return (
        *(
            Measure(name, native, unit, scalar(name, native), "ofiq")
            for name, native, unit in values
        ),
        Measure("CheekBalance", balance, "%", score, "substitute"),
    )


_NOTHING: tuple[tuple[str, float | None, str], ...] = (
    ("LuminanceMean", None, ""),
    ("LuminanceVariance", None, ""),
    ("UnderExposurePrevention", None, ""),
    ("OverExposurePrevention", None, ""),
    ("DynamicRange", None, "bit"),
)


def _statistics(shares: Histogram) -> tuple[tuple[str, float | None, str], ...]:
    """Mean, variance, lost shares and entropy (bits) of a histogram, as OFIQ computes them."""
    levels = np.arange(256) / 255
    mean = float(shares @ levels)
    used = shares[shares > 0]
    return (
        ("LuminanceMean", mean, ""),
        ("LuminanceVariance", float(shares @ (levels - mean) ** 2), ""),
        ("UnderExposurePrevention", float(shares[: DARK + 1].sum()), ""),
        ("OverExposurePrevention", float(shares[BRIGHT:].sum()), ""),
        ("DynamicRange", max(0.0, -float(used @ np.log2(used))), "bit"),
    )


def _evenness(cheeks: Cheeks | None) -> tuple[float | None, float | None]:
    """Overlap 0..1 of the two cheeks' normalised luminance histograms, and their balance in %."""
    if cheeks is None:
        return None, None
    left, right = luminance(cheeks.left_bgr), luminance(cheeks.right_bgr)
    overlap = float(np.minimum(histogram(left), histogram(right)).sum())
    # One level added: two black cheeks are balanced.
    darker, brighter = sorted((1 + float(left.mean()), 1 + float(right.mean())))
    return overlap, 100 * darker / brighter
