"""Eyes, mouth, chin: OFIQ's measures that need more than five points, and pose from 68.

OFIQ (ISO/IEC 29794-5:2025, 7.4.3 to 7.4.10) takes 98 points of another network; the formulas are
the same, the native values are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.engine.base import Floats
from core.engine.mean_shape import mean_shape_68
from core.fiqa.mapping import NOT_ASSESSED, scalar, sigmoid, to_score
from core.fiqa.pose import Pose, euler
from core.fiqa.report import Measure

Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PointMap:
    """Which point is where; left and right as seen in the picture.

    Attributes:
        eyes: for each eye its two corners.
        lids: for each eye its pairs of upper and lower lid.
        lips: pairs of inner upper and lower lip.
        chin: lowest point of the chin.
    """

    eyes: tuple[tuple[int, int], tuple[int, int]]
    lids: tuple[Pairs, Pairs]
    lips: Pairs
    chin: int


MAPS: Mapping[int, PointMap] = {
    106: PointMap(
        eyes=((35, 39), (89, 93)),
        lids=(((41, 36), (40, 33), (42, 37)), ((95, 90), (94, 87), (96, 91))),
        lips=((66, 54), (62, 60), (70, 57)),
        chin=0,
    ),
    68: PointMap(
        eyes=((36, 39), (42, 45)),
        lids=(((37, 41), (38, 40)), ((43, 47), (44, 46))),
        lips=((61, 67), (62, 66), (63, 65)),
        chin=8,
    ),
}
"""By number of points. 68 is the order of 300-W (iBUG). 106 is InsightFace's ``2d106det``,
compiled from reports (the eyes agree with public programs that draw them) and UNPROVEN here: the
network is not at hand, so no overlay on a real face was looked at. So EyesOpen only ever advises.
"""


def landmark_measures(points_xy: Floats, height: int, network: str) -> tuple[Measure, ...]:
    """EyesOpen, MouthClosed, HeadSize and both margins from (106, 2) or (68, 2) points.

    Args:
        points_xy: px of the picture; not finite where the network gave none.
        height: of the picture, px.
        network: whose points they are.
    """
    natives = _natives(points_xy.astype(np.float64), height)
    return tuple(
        Measure(name, native, "", scalar(name, native), "ofiq", network)
        for name, native in natives.items()
    )


HIDDEN_EYE = 0.6
"""Share of the other eye's width below which an eye is hidden by a turned head."""
_EYE_ASPECT = sigmoid(100, 0, 1, 0.1, 0.015)

_NAMES = (
    "EyesOpen",
    "MouthClosed",
    "HeadSize",
    "MarginAboveOfTheFaceImage",
    "MarginBelowOfTheFaceImage",
)


def _natives(points: Floats, height: int) -> dict[str, float | None]:
    """OFIQ's native values; T is the distance from the eyes' midpoint to the chin."""
    where = MAPS[len(points)]
    eyes = points[np.array(where.eyes)].mean(axis=1)
    middle = eyes.mean(axis=0)
    t = float(np.hypot(*(points[where.chin] - middle)))
    if not (np.isfinite(points).all() and t > 0):
        return dict.fromkeys(_NAMES)
    open_eyes = min(_gap(points, lids) for lids in where.lids)
    values = (
        open_eyes / t,
        _gap(points, where.lips) / t,
        t / height,
        float(middle[1]) / t,
        (height - float(middle[1])) / t,
    )
    return dict(zip(_NAMES, values, strict=True))


def eye_aspect(points_xy: Floats, network: str) -> Measure:
    """EyeAspect (ours) from (68, 2) points: how far open the less open eye is.

    Height of its lids' opening over its width, the eye aspect ratio of Soukupova and Cech
    ("Real-time eye blink detection using facial landmarks", 2016), times the square of its share
    of the other eye's, so that one closed eye counts as well. An eye that a turned head hides,
    narrower than ``HIDDEN_EYE`` of the other, is left out. By dlib's points 63 photos of people
    have .163 and more, three of closed eyes .07 to .09, a wink .08 to .09; in between lie lowered
    lids (.09 to .14) and eyes narrowed by laughing (.09 to .135) (2026-11-24).
    """
    where, points = MAPS[68], points_xy
    gaps = [_gaps(points, lids).mean() for lids in where.lids]
    widths = [_gaps(points, (corners,))[0] for corners in where.eyes]
    value = None
    if np.isfinite([*gaps, *widths]).all() and min(widths) > 0:
        seen = [w >= HIDDEN_EYE * max(widths) for w in widths]
        ratios = [float(g / w) for g, w, s in zip(gaps, widths, seen, strict=True) if s]
        value = min(ratios) ** 3 / max(*ratios, 1e-6) ** 2
    score = NOT_ASSESSED if value is None else to_score(_EYE_ASPECT(value))
    return Measure("EyeAspect", value, "", score, "substitute", network)


def _gap(points: Floats, pairs: Pairs) -> float:
    """The widest distance between the two points of a pair."""
    return float(_gaps(points, pairs).max())


def _gaps(points: Floats, pairs: Pairs) -> Floats:
    """Distances between the two points of each pair."""
    first, second = np.array(pairs).T
    distances: Floats = np.hypot(*(points[first] - points[second]).T)
    return distances


def pose_of_68(points_xy: Floats) -> Pose | None:
    """The pose of (68, 2) or (68, 3) points, or None when they allow none.

    Weak perspective: the least-squares affine map from the mean face in space to the points in
    the picture (insightface, ``utils/transform.py``), its two rows brought to the nearest pair of
    unit vectors at right angles.
    """
    points = points_xy[:, :2].astype(np.float64) * [1, -1]
    if not np.isfinite(points).all() or np.ptp(points, axis=0).max() < 1e-3:
        return None
    shape = mean_shape_68().astype(np.float64) * [1, -1, 1]
    fitted, *_ = np.linalg.lstsq(shape - shape.mean(axis=0), points - points.mean(axis=0), None)
    left, _, right = np.linalg.svd(fitted.T, full_matrices=False)
    rows = left @ right
    return euler(np.vstack([rows, np.cross(rows[0], rows[1])]))
