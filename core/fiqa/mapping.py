"""From native values to 0..100: the formulas of OFIQ, the reference of ISO/IEC 29794-5:2025.

All 28 component measures in one table. The formulas are OFIQ's (Open Source Facial Image
Quality, Federal Office for Information Security, Germany); all 784 pairs of its published
expected results come out exactly. Native values measured here rest on other landmarks than
OFIQ's: say "OFIQ formula", never "OFIQ conformant".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

NOT_ASSESSED = -1
"""Score of a measure that has no value."""

Curve = Callable[[float], float]


def sigma(x: float, x0: float, w: float) -> float:
    """Logistic function ``1 / (1 + exp((x0 - x) / w))``, safe for any finite x."""
    t = (x - x0) / w
    if t >= 0:
        return 1 / (1 + math.exp(-t))
    grown = math.exp(t)
    return grown / (1 + grown)


def sigmoid(h: float, a: float, s: float, x0: float, w: float) -> Curve:
    """OFIQ's sigmoid mapping ``h * (a + s * sigma(x; x0, w))`` (ISO/IEC 29794-5:2025)."""
    return lambda x: h * (a + s * sigma(x, x0, w))


def to_score(quality: float) -> int:
    """A quality as an integer 0..100, halves rounded up; -1 when it is NaN."""
    if math.isnan(quality):
        return NOT_ASSESSED
    return math.floor(min(max(quality, 0.0), 100.0) + 0.5)


def _share(x: float) -> float:
    return 100 * (1 - x)


def _cos_squared(degrees: float) -> float:
    return 100 * max(0.0, math.cos(math.radians(degrees))) ** 2


def _uniformity(overlap: float) -> float:
    return 100 * math.pow(max(overlap, 0.0), 0.3)


def _mean(mean: float) -> float:
    return 100 * sigma(mean, 0.2, 0.05) * (1 - sigma(mean, 0.8, 0.05))


def _variance(variance: float) -> float:
    spread = 60 * min(max(variance, 0.0), 1.0)
    return 100 * math.sin(math.pi * spread / (spread + 1))


def _over_exposure(share: float) -> float:
    return 1 / (max(share, 0.0) + 0.01)


def _head_size(size: float) -> float:
    return _HEAD_SIZE(abs(size - 0.45))


def _no_head_coverings(share: float) -> float:
    if share <= 0:
        return 100.0
    if share >= 0.95:
        return 0.0
    full, none = sigma(0.95, 0.02, 0.1), sigma(0.0, 0.02, 0.1)
    return 100 * (full - sigma(share, 0.02, 0.1)) / (full - none)


_HEAD_SIZE = sigmoid(200, 1, -1, 0, 0.05)

CURVES: Mapping[str, Curve] = MappingProxyType(
    {
        "UnifiedQualityScore": sigmoid(100, 0, 1, 23, 2.6),
        "BackgroundUniformity": sigmoid(190, 1, -1, 10, 100),
        "IlluminationUniformity": _uniformity,
        "LuminanceMean": _mean,
        "LuminanceVariance": _variance,
        "UnderExposurePrevention": sigmoid(120, 0.832, -1, 0.92, 0.05),
        "OverExposurePrevention": _over_exposure,
        "DynamicRange": lambda bits: 12.5 * bits,
        "Sharpness": sigmoid(1, -14, 115, -20, 15),
        "CompressionArtifacts": sigmoid(1, -0.0278, 103, 0.3308, 0.092),
        "NaturalColour": sigmoid(200, 1, -1, 0, 10),
        "SingleFacePresent": _share,
        "EyesOpen": sigmoid(100, 0, 1, 0.02, 0.01),
        "MouthClosed": sigmoid(100, 1, -1, 0.2, 0.06),
        "EyesVisible": _share,
        "MouthOcclusionPrevention": _share,
        "FaceOcclusionPrevention": _share,
        "InterEyeDistance": sigmoid(100, 0, 1, 70, 20),
        "HeadSize": _head_size,
        "LeftwardCropOfTheFaceImage": sigmoid(100, 0, 1, 0.9, 0.1),
        "RightwardCropOfTheFaceImage": sigmoid(100, 0, 1, 0.9, 0.1),
        "MarginAboveOfTheFaceImage": sigmoid(100, 0, 1, 1.4, 0.1),
        "MarginBelowOfTheFaceImage": sigmoid(100, 0, 1, 1.8, 0.1),
        "HeadPoseYaw": _cos_squared,
        "HeadPosePitch": _cos_squared,
        "HeadPoseRoll": _cos_squared,
        "ExpressionNeutrality": sigmoid(100, 0, 1, -5000, 5000),
        "NoHeadCoverings": _no_head_coverings,
    }
)
"""OFIQ's measure names, each with the curve from native value to unrounded quality."""


def scalar(measure: str, native: float | None) -> int:
    """Score 0..100 of a native value by OFIQ's formula, -1 when it is None, NaN or infinite.

    Raises KeyError for a name that is not one of OFIQ's 28 measures.
    """
    curve = CURVES[measure]
    if native is None or not math.isfinite(native):
        return NOT_ASSESSED
    return to_score(curve(native))
