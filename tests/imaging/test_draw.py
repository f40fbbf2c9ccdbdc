"""Boxes on photos, crops and thumbnails: at every border and size."""

import numpy as np
import pytest

from core.imaging.align import ARCFACE_112, similarity, warp
from core.imaging.draw import CROP_SIDE, THUMB_SIDE, crop_and_thumb, draw_faces, face_crop
from tests.imaging.pictures import corners, decoded

GREY = np.full((300, 400, 3), 90, np.uint8)
POINTS = [(150.0, 120.0), (190.0, 120.0), (170.0, 140.0), (155.0, 160.0), (185.0, 160.0)]
BOXES = {
    "inside": (100, 80, 240, 200),
    "whole": (0, 0, 400, 300),
    "over every border": (-50, -60, 470, 390),
    "left of it": (-90, 10, -20, 80),
    "below it": (10, 320, 80, 400),
    "no width": (100, 100, 100, 150),
    "a point": (100, 100, 100, 100),
    "tiny": (100.2, 100.2, 100.9, 100.9),
    "far away": (-1e6, -1e6, 1e6, 1e6),
}


@pytest.mark.parametrize("name", BOXES)
@pytest.mark.parametrize("taken", [None, 0])
def test_boxes(name: str, taken: int | None) -> None:
    photo = GREY.copy()
    drawn = draw_faces(photo, [BOXES[name]], [POINTS], taken)
    assert drawn.shape == photo.shape
    assert drawn.dtype == np.uint8
    assert np.array_equal(photo, GREY)  # the photo itself stays clean
    assert taken is None or not np.array_equal(drawn, GREY)


def test_no_faces() -> None:
    assert np.array_equal(draw_faces(GREY, [], [], None), GREY)


def test_the_taken_face_is_on_top_and_shows_its_points() -> None:
    boxes = [(100, 80, 240, 200), (110, 90, 250, 210)]
    first, second = (draw_faces(GREY, boxes, [POINTS, POINTS], taken) for taken in (0, 1))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, draw_faces(GREY, boxes, [POINTS, POINTS], None))


@pytest.mark.parametrize(
    ("size", "drawn"),
    [
        ((1, 1), (1, 1)),
        ((3, 2), (3, 2)),
        ((12_000, 1), (900, 1)),
        ((1, 12_000), (1, 900)),
        ((6000, 4000), (900, 600)),
        ((900, 901), (899, 900)),
    ],
)
def test_sizes(size: tuple[int, int], drawn: tuple[int, int]) -> None:
    photo = np.zeros((size[1], size[0], 3), np.uint8)
    canvas = draw_faces(photo, [(0, 0, *size)], [[(0, 0)] * 5], 0)
    assert canvas.shape == (drawn[1], drawn[0], 3)


@pytest.mark.parametrize("name", [n for n in BOXES if n != "far away"])
def test_crops(name: str) -> None:
    crop, thumb = crop_and_thumb(GREY, BOXES[name])
    assert decoded(crop).shape == (CROP_SIDE, CROP_SIDE, 3)
    assert decoded(thumb).shape == (THUMB_SIDE, THUMB_SIDE, 3)
    assert np.abs(decoded(crop).astype(int) - 90).max() <= 2  # the border repeats, never black


@pytest.mark.parametrize("size", [(1, 1), (32, 32), (6000, 4000), (12_000, 40)])
def test_crops_of_tiny_and_big_photos(size: tuple[int, int]) -> None:
    photo = np.full((size[1], size[0], 3), 200, np.uint8)
    crop = face_crop(photo, (0, 0, *size))
    assert crop.shape == (CROP_SIDE, CROP_SIDE, 3)
    assert crop.min() >= 198


@pytest.mark.parametrize("width", [96, 960])
def test_crop_is_centred_on_the_face(width: int) -> None:
    """The four colours meet in the middle, so they do in the middle of the crop."""
    photo = np.asarray(corners(width, width))[:, :, ::-1]
    quarter, three = width / 4, width * 3 / 4
    crop = face_crop(np.ascontiguousarray(photo), (quarter, quarter, three, three))
    middle = CROP_SIDE // 2
    colours = {
        tuple(int(v) for v in crop[middle + dy, middle + dx]) for dx in (-9, 9) for dy in (-9, 9)
    }
    assert colours == {(30, 30, 220), (30, 200, 30), (220, 30, 30), (40, 230, 230)}


@pytest.mark.parametrize("degrees", [0, 30, 90, 180, -45])
@pytest.mark.parametrize("scale", [0.25, 1.0, 7.0])
def test_similarity_finds_the_turn_scale_and_shift(degrees: float, scale: float) -> None:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (ARCFACE_112 @ (scale * turn).T + (31, -12)).astype(np.float32)
    matrix = similarity(moved, ARCFACE_112)
    assert matrix.dtype == np.float32
    back = moved @ matrix[:, :2].T + matrix[:, 2]
    assert np.allclose(back, ARCFACE_112, atol=0.01)


def test_similarity_of_one_point_repeated_is_a_shift() -> None:
    same = np.full((5, 2), 10, np.float32)
    matrix = similarity(same, ARCFACE_112)
    assert np.allclose(matrix[:, :2], np.eye(2))
    assert np.isfinite(matrix).all()


def test_warp_is_black_outside() -> None:
    out = warp(GREY, np.array([[1, 0, 200], [0, 1, 0]], np.float32), 300)
    assert out.shape == (300, 300, 3)
    assert out[:, :200].max() == 0
    assert out[10, 250].tolist() == [90, 90, 90]
