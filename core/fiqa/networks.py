"""Measures from optional networks; each one that is installed adds its own.

What each network expects to see is in ``core/engine/quality_files.py``, with its source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2
import numpy as np

from core.engine.base import Face, Floats, Pixels
from core.engine.quality_files import Kind
from core.engine.quality_models import Models, QualityModel
from core.engine.shape_predictors import ShapePredictor
from core.fiqa.geometry import eye_distance, pose_measures
from core.fiqa.landmarks import landmark_measures, pose_of_68
from core.fiqa.mapping import to_score
from core.fiqa.measures import Measurer
from core.fiqa.pose import Pose
from core.fiqa.report import LIVENESS, Measure
from core.fiqa.shapes import MeasureCorners, MeasureShape
from core.fiqa.template import sample
from core.fiqa.view import FaceView

POSE_SIDE = 160.0
POSE_CENTRE_XY = (56.0, 66.0)
"""The square of ArcFace's template that FSANet looks at, instead of a detector's box: on 64 photos
of people its answers for three detectors' points differ by .2 to .5 degrees (nine of ten by less
than 1.4), in their boxes with a fifth added by up to 1.5 (5.5). Smaller squares agree as well, but
of a raised head they tell -4 (112) or -18 (140) degrees instead of -22 (2026-11-24)."""

POSE_LEVEL_PITCH = 5.5
"""FSANet's pitch of heads that look straight ahead, degrees: its median on 62 photos of people,
4.9 to 6.1 on either half of them with each of three detectors, where the points' own medians lie
about 0 (2, 3, -4)."""

LIGHTQNET_FULL = 0.62
"""LightQNet's answer to the best portraits, 100 on the scale of scores."""

AROUND_POINTS = 1.5
"""InsightFace's landmark networks see 1.5 times the longer side of the box."""


def network_measurers(models: Models) -> tuple[Measurer, ...]:
    """What the given networks measure, to be added to ``MEASURERS``.

    Pose comes from FSANet, else from 1k3d68, else from dlib's points; eyes and chin from 106
    points, else from 1k3d68, else from dlib's.
    """
    by_kind: dict[Kind, list[QualityModel]] = {}
    measurers: list[Measurer] = []
    for model in models:
        if isinstance(model, ShapePredictor):
            measurers.append(_of_shape(model))
        else:
            by_kind.setdefault(model.kind, []).append(model)
    if points := by_kind.get("points68"):
        measurers.append(MeasurePoints(points[0], 68))
    if points := by_kind.get("points106"):
        measurers.append(MeasurePoints(points[0], 106))
    if fsanets := by_kind.get("fsanet"):
        measurers.append(MeasurePose(tuple(fsanets)))
    if quality := by_kind.get("lightqnet"):
        measurers.append(MeasureQuality(quality[0], "LightQNetQuality", 1 / LIGHTQNET_FULL))
    if quality := by_kind.get("ediffiqa"):
        measurers.append(MeasureQuality(quality[0], "EDifFIQAQuality", 1.0))
    if faces := by_kind.get("minifasnet"):
        measurers.append(MeasureLiveness(tuple(faces)))
    return tuple(measurers)


def _of_shape(model: ShapePredictor) -> Measurer:
    return MeasureShape(model) if model.kind == "shape68" else MeasureCorners(model)


@dataclass(frozen=True, slots=True)
class MeasurePose:
    """Head pose by FSANet, the mean of its files; InterEyeDistance follows its yaw.

    The face is turned upright by its points first: the network was trained on upright heads and
    answers nonsense from about 40 degrees of roll on. FSANet's angles have the other sign, and
    its pitch another zero.
    """

    models: tuple[QualityModel, ...]

    def __call__(self, view: FaceView) -> tuple[Measure, ...]:
        """The pose measures and InterEyeDistance."""
        pose = self._pose(view)
        name = self.models[0].name
        return (*pose_measures(pose, name), eye_distance(view, pose))

    def _pose(self, view: FaceView) -> Pose | None:
        if view.matrix is None:
            return None
        side = self.models[0].recipe.side
        crop = sample(view.pixels_bgr, _upright(view.matrix, side), side)
        angles = np.mean([model.answer(crop) for model in self.models], axis=0)
        if not np.isfinite(angles).all():
            return None
        yaw, pitch, roll = (-float(angle) for angle in angles)
        turned = float(np.degrees(np.arctan2(view.matrix[1, 0], view.matrix[0, 0])))
        return Pose(yaw, pitch - POSE_LEVEL_PITCH, (roll + turned + 180) % 360 - 180)


def _upright(matrix: Floats, side: int) -> Floats:
    """float32 (2, 3): from the photo to FSANet's square of ``side`` px, face upright."""
    zoom = side / POSE_SIDE
    place: Floats = (matrix * zoom).astype(np.float32)
    place[:, 2] += np.float32(side / 2) - np.array(POSE_CENTRE_XY, np.float32) * zoom
    return place


@dataclass(frozen=True, slots=True)
class MeasureQuality:
    """Learned quality of the aligned face, 0 to 1, times ``to_one`` as score."""

    model: QualityModel
    name: str
    to_one: float

    def __call__(self, view: FaceView) -> tuple[Measure, ...]:
        """The one measure."""
        value = None if view.matrix is None else self._answer(view.crop_bgr)
        score = to_score(float("nan") if value is None else 100 * value * self.to_one)
        return (Measure(self.name, value, "", score, "model", self.model.name),)

    def _answer(self, crop_bgr: Pixels) -> float:
        side = self.model.recipe.side
        if crop_bgr.shape[0] != side:
            crop_bgr = cv2.resize(crop_bgr, (side, side), interpolation=cv2.INTER_AREA).astype(
                np.uint8, copy=False
            )
        return float(self.model.answer(crop_bgr)[0])


@dataclass(frozen=True, slots=True)
class MeasureLiveness:
    """LivenessScore by MiniFASNet: mean probability, over its files, that the face is real."""

    models: tuple[QualityModel, ...]

    def __call__(self, view: FaceView) -> tuple[Measure, ...]:
        """The one measure."""
        value = float(np.mean([self._real(model, view) for model in self.models]))
        score = to_score(100 * value)
        name = self.models[0].name
        return (Measure(LIVENESS, value, "", score, "model", name),)

    def _real(self, model: QualityModel, view: FaceView) -> float:
        enlarged = float(re.split("_", model.file_name)[0])
        crop = enlarged_box(view.pixels_bgr, view.face, enlarged, model.recipe.side)
        if crop is None:
            return float("nan")
        answer = model.answer(crop).astype(np.float64)
        shares = np.exp(answer - answer.max())
        return float(shares[1] / shares.sum())


def enlarged_box(pixels_bgr: Pixels, face: Face, enlarged: float, side: int) -> Pixels | None:
    """The face's box, enlarged and pushed into the photo, as uint8 (side, side, 3); or None.

    As in ``AffineCrop`` of Silent-Face-Anti-Spoofing: enlarged less where the photo ends, scaled
    without averaging, for the network reads fine texture.
    """
    width, height = face.size_wh
    if not (np.isfinite(face.box_xyxy).all() and width >= 1 and height >= 1):
        return None
    limit_y, limit_x = pixels_bgr.shape[:2]
    factor = min((limit_y - 1) / height, (limit_x - 1) / width, enlarged)
    size = np.array([width, height]) * factor
    centre = (face.box_xyxy[:2] + face.box_xyxy[2:]) / 2
    start = np.clip(centre - size / 2, 0, [limit_x, limit_y] - size)
    (left, top), (right, bottom) = start.astype(int), (start + size).astype(int)
    part = pixels_bgr[top : bottom + 1, left : right + 1]
    if not part.size:
        return None
    crop: Pixels = cv2.resize(part, (side, side)).astype(np.uint8, copy=False)
    return crop


@dataclass(frozen=True, slots=True)
class MeasurePoints:
    """Eyes, mouth, head size and margins by a landmark network; with 68 points pose as well."""

    model: QualityModel
    count: int

    def __call__(self, view: FaceView) -> tuple[Measure, ...]:
        """What its points tell."""
        points = self._points(view)
        name = self.model.name
        found = landmark_measures(points[:, :2], view.pixels_bgr.shape[0], name)
        if self.count == 106:
            return found
        pose = pose_of_68(points)
        return (*found, *pose_measures(pose, name), eye_distance(view, pose))

    def _points(self, view: FaceView) -> Floats:
        """float32 (N, 2) or (N, 3), px of the photo; NaN where there are none.

        As in insightface's ``Landmark.get``: of a longer answer the last rows count, and -1 to 1
        is the crop.
        """
        side = self.model.recipe.side
        columns = 3 if self.count == 68 else 2
        longer = max(view.face.size_wh)
        if not (np.isfinite(view.face.box_xyxy).all() and longer >= 1):
            return np.full((self.count, columns), np.nan, np.float32)
        zoom = side / (longer * AROUND_POINTS)
        centre = (view.face.box_xyxy[:2] + view.face.box_xyxy[2:]) / 2
        shift = side / 2 - centre * zoom
        matrix = np.array([[zoom, 0, shift[0]], [0, zoom, shift[1]]], np.float32)
        answer = self.model.answer(sample(view.pixels_bgr, matrix, side))
        points: Floats = answer.reshape(-1, columns)[-self.count :] * np.float32(side // 2)
        points[:, :2] = (points[:, :2] + side // 2 - shift) / zoom
        return points
