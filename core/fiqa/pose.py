"""Head pose from five points.

Angles in degrees, signs as in OFIQ (and ISO/IEC 39794-5), left and right being the PERSON's:

* yaw: positive turned to the person's left, the nose moves right in the picture;
* pitch: positive looking down;
* roll: positive tilted to the person's right shoulder, anticlockwise in the picture.

Both point layouts are solved directly, each with its own 3D model; no mouth is needed.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engine.base import Face, Floats, PointLayout

Matrix = NDArray[np.float64]


class Pose(NamedTuple):
    """How a head is turned, degrees."""

    yaw: float
    pitch: float
    roll: float


_OUTER, _INNER = (4.446, 2.664, 3.173), (1.856, 2.585, 3.758)
_EYE = (3.151, 2.625, 3.466)
_NOSE_TIP, _NOSE_BASE = (0.0, -1.127, 7.476), (0.0, -2.089, 6.058)
_MOUTH = (2.456, -4.343, 4.284)
_CHIN = (0.0, -9.403, 4.264)


def _left(point: tuple[float, float, float]) -> tuple[float, float, float]:
    return -point[0], point[1], point[2]


MODELS: dict[PointLayout, Matrix] = {
    PointLayout.FIVE: np.array([_left(_EYE), _EYE, _NOSE_TIP, _left(_MOUTH), _MOUTH]),
    PointLayout.CORNERS: np.array([_left(_OUTER), _left(_INNER), _INNER, _OUTER, _NOSE_BASE]),
}
"""float64 (5, 3), cm: x right in the picture, y up, z to the camera; MediaPipe's canonical face."""

SEVEN_OF_68 = (36, 39, 42, 45, 30, 33, 8)
"""Of 68 points in 300-W's order those that no expression moves: eye corners, nose tip and base,
and the chin; mouth corners make the pitch worse (2026-11-24)."""

_SEVEN: Matrix = np.array(
    [_left(_OUTER), _left(_INNER), _INNER, _OUTER, _NOSE_TIP, _NOSE_BASE, _CHIN]
)

DISTANCE = 60.0
"""Distance of the assumed camera, cm: about an arm's length, between selfie and portrait."""


def find_pose(face: Face) -> Pose | None:
    """The pose of a face, or None when its points allow none.

    Perspective-n-Point (``cv2.solvePnP``, Levenberg-Marquardt) with a camera that looks
    straight at the face, so that neither place nor size in the photo changes the result.
    It starts from a frontal face in the same roll: four eye corners and a nose base are
    almost in one plane, and the second solution of a plane lies far from the front.
    """
    return _solved(face.points_xy, MODELS[face.layout])


def pose_of_seven(points_xy: Floats) -> Pose | None:
    """The pose of (68, 2) points in 300-W's order, or None when they allow none."""
    return _solved(points_xy[list(SEVEN_OF_68)], _SEVEN)


def _solved(points_xy: Floats, model: Matrix) -> Pose | None:
    """The pose in which a model (N, 3) is seen as these points (N, 2)."""
    # OpenCV's camera has y down and z forward: turn the model by 180 degrees about x.
    turned = (model - model.mean(axis=0)) * [1, -1, -1]
    placed = _placed(points_xy, turned)
    if placed is None:
        return None
    points, start_roll = placed
    camera = np.diag([DISTANCE, DISTANCE, 1.0])
    turn = np.array([0.0, 0.0, start_roll])
    shift = np.array([0.0, 0.0, DISTANCE])
    found, turn, _ = cv2.solvePnP(
        turned, points, camera, None, turn, shift, True, cv2.SOLVEPNP_ITERATIVE
    )
    if not found or not np.isfinite(turn).all():
        return None
    flip = np.diag([1.0, -1.0, -1.0])
    rotation = cv2.Rodrigues(turn)[0].astype(np.float64)
    return euler(flip @ rotation @ flip)


def _placed(points_xy: Floats, model: Matrix) -> tuple[Matrix, float] | None:
    """float64 (N, 2) points about their centre in model units, and their roll in radians.

    Size and roll come from the least-squares similarity between the model seen from the front
    and the points; None when they are not finite or all in one place.
    """
    points = points_xy.astype(np.float64)
    if not np.isfinite(points).all():
        return None
    seen = (points - points.mean(axis=0)) @ [1, 1j]
    front = model[:, :2] @ [1, 1j]
    factor = np.vdot(front, seen) / np.vdot(front, front).real
    if np.abs(seen).max() < 1e-3 or abs(factor) < 1e-6:
        return None
    scaled = seen / abs(factor)
    return np.column_stack([scaled.real, scaled.imag]), float(np.angle(factor))


def euler(rotation: Matrix) -> Pose:
    """Yaw, pitch, roll in degrees of a (3, 3) rotation with y up, in OFIQ's order of turns."""
    sine = min(1.0, max(-1.0, float(rotation[2, 0])))
    if abs(sine) > 0.9975:
        pitch = math.atan2(-sine * rotation[0, 1], -sine * rotation[0, 2])
        yaw, roll = -math.copysign(math.pi / 2, sine), 0.0
    else:
        yaw = -math.asin(sine)
        pitch = math.atan2(rotation[2, 1], rotation[2, 2])
        roll = math.atan2(rotation[1, 0], rotation[0, 0])
    return Pose(math.degrees(yaw), math.degrees(pitch), math.degrees(roll))
