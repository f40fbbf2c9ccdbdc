"""OFIQ's curves: its own expected results, low ends, and properties."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fiqa.mapping import CURVES, NOT_ASSESSED, scalar, to_score

with (Path(__file__).parent / "ofiq" / "expected_results.csv").open(encoding="utf-8") as _file:
    ROWS = list(csv.DictReader(_file, delimiter=";"))

FALLING = {
    "BackgroundUniformity",
    "UnderExposurePrevention",
    "OverExposurePrevention",
    "NaturalColour",
    "SingleFacePresent",
    "MouthClosed",
    "EyesVisible",
    "MouthOcclusionPrevention",
    "FaceOcclusionPrevention",
    "NoHeadCoverings",
}
TURNING = {"LuminanceMean", "LuminanceVariance", "HeadSize"} | {
    name for name in CURVES if name.startswith("HeadPose")
}
RISING = set(CURVES) - FALLING - TURNING


def test_expected_results_are_complete():
    assert len(ROWS) == 28
    assert len(CURVES) == 28
    assert set(ROWS[0]) - {"Filename", ""} == {n + s for n in CURVES for s in ("", ".scalar")}


@pytest.mark.parametrize("measure", CURVES)
def test_every_expected_result_comes_out(measure: str):
    computed = [scalar(measure, float(row[measure])) for row in ROWS]
    assert computed == [int(row[f"{measure}.scalar"]) for row in ROWS]


@pytest.mark.parametrize(
    ("measure", "native", "score"),
    [
        ("UnifiedQualityScore", 0, 0),
        ("UnifiedQualityScore", 23, 50),
        ("BackgroundUniformity", 0, 100),
        ("BackgroundUniformity", 1000, 0),
        ("IlluminationUniformity", 0, 0),
        ("IlluminationUniformity", 1, 100),
        ("LuminanceMean", 0, 2),
        ("LuminanceMean", 1, 2),
        ("LuminanceMean", 0.2, 50),
        ("LuminanceVariance", 0, 0),
        ("LuminanceVariance", 1 / 60, 100),
        ("UnderExposurePrevention", 0, 100),
        ("UnderExposurePrevention", 1, 0),
        ("OverExposurePrevention", 0, 100),
        ("OverExposurePrevention", 1, 1),
        ("DynamicRange", 0, 0),
        ("DynamicRange", 8, 100),
        ("Sharpness", -1000, 0),
        ("CompressionArtifacts", 0, 3),
        ("NaturalColour", 0, 100),
        ("NaturalColour", 100, 0),
        ("SingleFacePresent", 1, 0),
        ("SingleFacePresent", 1.7, 0),
        ("EyesOpen", 0, 12),
        ("MouthClosed", 0.5, 1),
        ("EyesVisible", 1, 0),
        ("MouthOcclusionPrevention", 0.5, 50),
        ("FaceOcclusionPrevention", 0.25, 75),
        ("InterEyeDistance", 0, 3),
        ("InterEyeDistance", 70, 50),
        ("HeadSize", 0.45, 100),
        ("LeftwardCropOfTheFaceImage", 0, 0),
        ("RightwardCropOfTheFaceImage", 0.9, 50),
        ("MarginAboveOfTheFaceImage", 1.4, 50),
        ("MarginBelowOfTheFaceImage", 1.8, 50),
        ("HeadPoseYaw", 0, 100),
        ("HeadPoseYaw", 45, 50),
        ("HeadPosePitch", -90, 0),
        ("HeadPoseRoll", 135, 0),
        ("ExpressionNeutrality", -5000, 50),
        ("NoHeadCoverings", 0, 100),
        ("NoHeadCoverings", -0.1, 100),
        ("NoHeadCoverings", 0.95, 0),
    ],
)
def test_ends_and_middles(measure: str, native: float, score: int):
    assert scalar(measure, native) == score


@pytest.mark.parametrize("native", [None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("measure", CURVES)
def test_no_value_is_not_assessed(measure: str, native: float | None):
    assert scalar(measure, native) == NOT_ASSESSED


@given(st.sampled_from(sorted(CURVES)), st.floats(allow_nan=False, allow_infinity=False))
def test_scores_stay_in_range(measure: str, native: float):
    assert 0 <= scalar(measure, native) <= 100


@given(st.sampled_from(sorted(RISING | FALLING)), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
def test_curves_are_monotonic(measure: str, one: float, other: float):
    low, high = sorted((one, other))
    first, second = scalar(measure, low), scalar(measure, high)
    assert (first >= second) if measure in FALLING else (first <= second)


@given(st.sampled_from(["Yaw", "Pitch", "Roll"]), st.floats(0, 180), st.floats(0, 180))
def test_pose_scores_fall_with_the_angle_on_both_sides(axis: str, one: float, other: float):
    near, far = sorted((one, other))
    assert scalar(f"HeadPose{axis}", near) >= scalar(f"HeadPose{axis}", far)
    assert scalar(f"HeadPose{axis}", -far) == scalar(f"HeadPose{axis}", far)


@pytest.mark.parametrize(("quality", "score"), [(0.5, 1), (0.499, 0), (99.5, 100), (1e9, 100)])
def test_halves_are_rounded_up(quality: float, score: int):
    assert to_score(quality) == score


PEAKS = {"LuminanceMean": 0.5, "LuminanceVariance": 1 / 60, "HeadSize": 0.45}
"""Measures of which there can be too much: the native value with the best score."""


@given(st.sampled_from(sorted(PEAKS)), st.floats(-1, 2), st.floats(-1, 2))
def test_too_little_and_too_much_fall_away_from_the_peak(measure: str, one: float, other: float):
    peak = PEAKS[measure]
    near, far = sorted((one, other), key=lambda value: abs(value - peak))
    if (near - peak) * (far - peak) >= 0:
        assert scalar(measure, near) >= scalar(measure, far)
    assert scalar(measure, peak) == 100 >= scalar(measure, far)


def test_every_curve_is_held_to_a_direction():
    assert set(PEAKS) | {f"HeadPose{axis}" for axis in ("Yaw", "Pitch", "Roll")} == TURNING


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_rounding_keeps_order_and_range(one: float, other: float):
    low, high = sorted((one, other))
    assert 0 <= to_score(low) <= to_score(high) <= 100
