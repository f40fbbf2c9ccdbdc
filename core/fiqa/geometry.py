"""Pose, size and place of the face, from box and points alone; sizes in SOURCE pixels."""

from __future__ import annotations

import math

import numpy as np

from core.fiqa.mapping import scalar, sigmoid, to_score
from core.fiqa.pose import Pose
from core.fiqa.report import DETECTION, Measure, Source
from core.fiqa.view import FaceView

_AXES = ("HeadPoseYaw", "HeadPosePitch", "HeadPoseRoll")
_SIDE = sigmoid(100, 0, 1, 80, 20)

STEEPEST = 75.0
"""Beyond this yaw, degrees, dividing by its cosine says nothing about the eye distance."""


def measure_pose(view: FaceView) -> tuple[Measure, ...]:
    """HeadPoseYaw, -Pitch and -Roll by OFIQ's formula; ours: HeadPoseSum of their sizes, and
    HeadRaised, the degrees by which the head looks up, 0 for one that looks down.
    """
    return pose_measures(view.pose)


def pose_measures(pose: Pose | None, network: str = "") -> tuple[Measure, ...]:
    """The measures of a pose: solved from the points, or said by a ``network``."""
    angles = pose or (None, None, None)
    single = tuple(
        Measure(name, angle, "deg", scalar(name, angle), "model" if network else "ofiq", network)
        for name, angle in zip(_AXES, angles, strict=True)
    )
    total = sum(abs(angle) for angle in pose) if pose else None
    score = min(measure.score for measure in single)
    source: Source = "model" if network else "substitute"
    raised = max(0.0, -pose.pitch) if pose else None
    return (
        *single,
        Measure("HeadPoseSum", total, "deg", score, source, network),
        Measure("HeadRaised", raised, "deg", scalar("HeadPosePitch", raised), source, network),
    )


def measure_size(view: FaceView) -> tuple[Measure, ...]:
    """FaceShortSide (ours): short side of the box; InterEyeDistance: eye distance / cos(yaw)."""
    side = min(view.face.size_wh) * view.scale
    usable = math.isfinite(side)
    return (
        Measure(
            "FaceShortSide",
            side if usable else None,
            "px",
            to_score(_SIDE(side)) if usable else -1,
            "substitute",
        ),
        eye_distance(view, view.pose),
    )


def eye_distance(view: FaceView, pose: Pose | None) -> Measure:
    """InterEyeDistance of a head in this pose: distance of the eyes / cos(yaw), source px."""
    name, distance = "InterEyeDistance", None
    if pose is not None and abs(pose.yaw) <= STEEPEST:
        left, right = view.face.eyes_xy.astype(np.float64)
        planar = float(np.hypot(*(right - left))) * view.scale
        distance = planar / math.cos(math.radians(pose.yaw))
    return Measure(name, distance, "px", scalar(name, distance), "ofiq")


def measure_place(view: FaceView) -> tuple[Measure, ...]:
    """TemplateOutside (ours): share of the recogniser's 112x112 template outside the photo, in %;
    OFIQ's Leftward and RightwardCrop: border to the far eye in eye distances.
    """
    outside = 100 * (1 - float(view.inside.mean()))
    left, right = _crops(view)
    names = ("LeftwardCropOfTheFaceImage", "RightwardCropOfTheFaceImage")
    crops = (
        Measure(name, native, "", scalar(name, native), "ofiq")
        for name, native in zip(names, (left, right), strict=True)
    )
    return (
        Measure("TemplateOutside", outside, "%", to_score(100 - outside), "substitute"),
        *crops,
    )


def _crops(view: FaceView) -> tuple[float | None, float | None]:
    left_eye, right_eye = view.face.eyes_xy.astype(np.float64)
    distance = float(np.hypot(*(right_eye - left_eye)))
    if not distance > 0:
        return None, None
    width = view.pixels_bgr.shape[1]
    return float(right_eye[0]) / distance, (width - float(left_eye[0])) / distance


def measure_faces(view: FaceView, engine: str = "") -> tuple[Measure, ...]:
    """SingleFacePresent: area of the largest other face over this one's; the same in %; and
    DetectionScore: the detector's confidence in this face, 0..1, with the name of its engine.
    """
    others = (face.area for index, face in enumerate(view.faces) if index != view.chosen)
    largest = max(others, default=0.0)
    area = view.face.area
    ratio = largest / area if area > 0 else None
    percent = None if ratio is None else 100 * ratio
    score = view.face.score
    certain = to_score(100 * score)
    single = scalar("SingleFacePresent", ratio)
    return (
        Measure("SingleFacePresent", ratio, "", single, "ofiq"),
        Measure("SecondFaceArea", percent, "%", single, "substitute"),
        Measure(DETECTION, score, "", certain, "model", engine),
    )
