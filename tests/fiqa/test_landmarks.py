"""Geometry of 106 and 68 points, on points with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from core.engine.mean_shape import mean_shape_68
from core.fiqa.landmarks import MAPS, eye_aspect, landmark_measures, pose_of_68
from core.fiqa.pose import _SEVEN, SEVEN_OF_68, pose_of_seven
from tests.fiqa.synthetic import turn

NAMES = [
    "EyesOpen",
    "MouthClosed",
    "HeadSize",
    "MarginAboveOfTheFaceImage",
    "MarginBelowOfTheFaceImage",
]


def points(count: int, lids: float = 8, lips: float = 2, zoom: float = 1.0) -> np.ndarray:
    """Eyes at (100, 100) and (180, 100), chin 120 px below their midpoint."""
    where, xy = MAPS[count], np.full((count, 2), 150.0)
    for corners, pairs, x in zip(where.eyes, where.lids, (100, 180), strict=True):
        xy[corners[0]], xy[corners[1]] = (x - 15, 100), (x + 15, 100)
        for index, (upper, lower) in enumerate(pairs):
            gap = lids * (1 if index == 1 else 0.6)
            xy[upper], xy[lower] = (x, 100 - gap / 2), (x, 100 + gap / 2)
    for upper, lower in where.lips:
        xy[upper], xy[lower] = (140, 180 - lips / 2), (140, 180 + lips / 2)
    xy[where.chin] = 140, 220
    return (xy * zoom).astype(np.float32)


def natives(xy: np.ndarray, height: int = 300) -> dict[str, float | None]:
    return {m.name: m.native for m in landmark_measures(xy, height, "net")}


@pytest.mark.parametrize("count", MAPS)
def test_the_native_values_are_ofiqs(count: int) -> None:
    found = natives(points(count))
    assert list(found) == NAMES
    assert found == pytest.approx(
        {
            "EyesOpen": 8 / 120,
            "MouthClosed": 2 / 120,
            "HeadSize": 120 / 300,
            "MarginAboveOfTheFaceImage": 100 / 120,
            "MarginBelowOfTheFaceImage": 200 / 120,
        },
        abs=1e-4,
    )


@pytest.mark.parametrize("count", MAPS)
def test_closed_eyes_and_an_open_mouth_score_low(count: int) -> None:
    def scores(xy: np.ndarray) -> tuple[int, int]:
        eyes, mouth, *_ = landmark_measures(xy, 300, "net")
        return eyes.score, mouth.score

    good = scores(points(count))
    assert good[0] >= 96 and good[1] >= 90
    assert scores(points(count, lids=1.5))[0] < 38
    assert scores(points(count, lips=40))[1] <= 10
    grades = [scores(points(count, lids=gap))[0] for gap in (8, 5, 3, 1, 0)]
    assert grades == sorted(grades, reverse=True)


def test_one_closed_eye_is_enough() -> None:
    xy = points(106)
    for upper, lower in MAPS[106].lids[1]:
        xy[upper] = xy[lower]
    assert natives(xy)["EyesOpen"] == 0


def test_size_changes_no_ratio() -> None:
    small, large = natives(points(106), 300), natives(points(106, zoom=3), 900)
    assert large == pytest.approx(small, abs=1e-4)


@pytest.mark.parametrize("spoiled", [np.nan, np.inf])
def test_points_that_are_no_numbers_say_nothing(spoiled: float) -> None:
    xy = points(106)
    xy[33, 0] = spoiled
    for measure in landmark_measures(xy, 300, "net"):
        assert (measure.native, measure.score, measure.model) == (None, -1, "net")
    assert set(natives(np.zeros((106, 2), np.float32)).values()) == {None}


def test_no_point_has_two_meanings() -> None:
    for where in MAPS.values():
        pairs = [*where.lids[0], *where.lids[1], *where.lips]
        used = [i for pair in (*where.eyes, *pairs) for i in pair] + [where.chin]
        assert len(used) == len(set(used))


def test_68_has_the_mean_shapes_order() -> None:
    shape, where = mean_shape_68(), MAPS[68]
    for left, right in zip(where.eyes[0], reversed(where.eyes[1]), strict=True):
        assert shape[left, 0] == pytest.approx(-shape[right, 0], abs=0.03)
    assert shape[:, 1].argmax() == where.chin
    for upper, lower in (*where.lids[0], *where.lids[1], *where.lips):
        assert shape[upper, 1] < shape[lower, 1]


@pytest.mark.parametrize(
    "angles",
    [(0, 0, 0), (30, 0, 0), (-30, 0, 0), (0, 25, 0), (0, -25, 0), (0, 0, 40), (20, -15, 9)],
)
@pytest.mark.parametrize("depth", [False, True])
def test_the_pose_of_68_points_comes_back(angles: tuple[int, int, int], depth: bool) -> None:
    up = mean_shape_68().astype(np.float64) * [1, -1, 1]
    turned = up @ turn(*angles).T * [1, -1, 1] * 90 + [300, 200, 0]
    pose = pose_of_68(turned[:, : 3 if depth else 2])
    assert pose is not None
    assert pose == pytest.approx(angles, abs=0.01)


def test_68_points_in_one_place_have_no_pose() -> None:
    assert pose_of_68(np.ones((68, 3), np.float32)) is None
    assert pose_of_68(np.full((68, 3), np.nan, np.float32)) is None


def aspect(left: float, right: float, right_width: float = 30) -> float | None:
    """EyeAspect of eyes of these openings, px; the left one is 30 px wide."""
    where, xy = MAPS[68], points(68)
    for corners, pairs, x, gap, width in zip(
        where.eyes, where.lids, (100, 180), (left, right), (30, right_width), strict=True
    ):
        xy[corners[0]], xy[corners[1]] = (x - width / 2, 100), (x + width / 2, 100)
        for upper, lower in pairs:
            xy[upper], xy[lower] = (x, 100 - gap / 2), (x, 100 + gap / 2)
    return eye_aspect(xy, "net").native


def test_a_closed_eye_counts_as_much_as_two() -> None:
    assert aspect(9, 9) == pytest.approx(0.3)
    assert aspect(3, 3) == pytest.approx(0.1)
    assert aspect(3, 9) == aspect(9, 3) == pytest.approx(0.1 / 9)
    # In profile the far eye is narrow, and its lids cannot be told.
    assert aspect(9, 1, right_width=15) == pytest.approx(0.3)
    assert aspect(0, 0) == 0 and aspect(0, 0, right_width=0) is None
    nowhere = eye_aspect(np.full((68, 2), np.nan, np.float32), "net")
    assert (nowhere.native, nowhere.score) == (None, -1)


@pytest.mark.parametrize(
    "angles", [(0, 0, 0), (25, 0, 0), (-25, 10, 20), (0, -25, 0), (0, 30, -40)]
)
def test_the_pose_of_seven_points_comes_back(angles: tuple[float, float, float]) -> None:
    turned = (_SEVEN - _SEVEN.mean(axis=0)) @ turn(*angles).T
    depth = 60 - turned[:, 2]
    xy = np.zeros((68, 2), np.float32)
    xy[list(SEVEN_OF_68)] = np.stack([turned[:, 0] / depth, -turned[:, 1] / depth], 1) * 2400 + 300
    assert pose_of_seven(xy) == pytest.approx(angles, abs=0.5)
