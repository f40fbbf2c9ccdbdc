"""Measures from dlib's shape predictors, see ``core/engine/shape_predictors.py``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.engine.base import Face, Floats, PointLayout
from core.engine.shape_predictors import ShapePredictor
from core.fiqa.geometry import eye_distance, pose_measures
from core.fiqa.landmarks import eye_aspect, landmark_measures
from core.fiqa.pose import Pose, find_pose, pose_of_seven
from core.fiqa.report import Measure
from core.fiqa.template import SIZE, sample, to_photo
from core.fiqa.view import FaceView

Box = tuple[int, int, int, int]
"""Left, top, right, bottom."""

BOX: Box = (14, 26, 98, 110)
"""Where dlib's detector draws the box of an upright face in ArcFace's template: median of 63
photos of people, its side 84 +- 7 (2026-11-24). All engines' faces are shown to it like this."""

MARGIN = 8
ZOOM = 4
SIDE = (SIZE + 2 * MARGIN) * ZOOM
"""The patch: the template with a margin around it. dlib answers in whole pixels: at twice the
template's size open and closed eyes differ by .02 of aspect, at four times by .05."""

LOOKS: tuple[Box, ...] = (BOX, (12, 24, 100, 112), (16, 28, 96, 108))
"""Five points are so few that their pitch is the median of three looks."""

IN_PICTURE_ORDER = (2, 3, 1, 0, 4)
"""dlib counts the eye on the right of the picture first."""


@dataclass(frozen=True, slots=True)
class MeasureShape:
    """Eyes, mouth, head size, margins and pose by dlib's 68 points; pose by seven that no
    expression moves.
    """

    model: ShapePredictor

    def __call__(self, view: FaceView) -> tuple[Measure, ...]:
        """What its points tell."""
        name = self.model.name
        found = find_points(view, self.model)
        points = found[0] if found else np.full((68, 2), np.nan, np.float32)
        pose = pose_of_seven(points)
        return (
            eye_aspect(points, name),
            *landmark_measures(points, view.pixels_bgr.shape[0], name),
            *pose_measures(pose, name),
            eye_distance(view, pose),
        )


@dataclass(frozen=True, slots=True)
class MeasureCorners:
    """The pitch that dlib's eye corners and nose base tell, for detectors whose points do not nod;
    yaw and roll stay those of the detector's points.
    """

    model: ShapePredictor

    def __call__(self, view: FaceView) -> tuple[Measure, ...]:
        """The pose measures."""
        return pose_measures(self._pose(view), self.model.name)

    def _pose(self, view: FaceView) -> Pose | None:
        looks = find_points(view, self.model, LOOKS)
        nodded = [pose.pitch for points in looks if (pose := _corners_pose(view, points))]
        if not nodded or view.pose is None:
            return None
        return view.pose._replace(pitch=float(np.median(nodded)))


def _corners_pose(view: FaceView, points_xy: Floats) -> Pose | None:
    ordered = points_xy[list(IN_PICTURE_ORDER)]
    return find_pose(Face(view.face.box_xyxy, ordered, 1.0, PointLayout.CORNERS))


def find_points(
    view: FaceView, model: ShapePredictor, boxes: Sequence[Box] = (BOX,)
) -> list[Floats]:
    """float32 (N, 2) for each of the boxes: the predictor's points, px of the photo; none at all
    without an alignment.
    """
    if view.matrix is None:
        return []
    matrix = (view.matrix * ZOOM).astype(np.float32)
    matrix[:, 2] += MARGIN * ZOOM
    patch = sample(view.pixels_bgr, matrix, SIDE)
    return [to_photo(matrix, model.points(patch, _in_patch(box))) for box in boxes]


def _in_patch(box: Box) -> Box:
    left, top, right, bottom = ((edge + MARGIN) * ZOOM for edge in box)
    return left, top, right, bottom
