"""Detail and compression on pictures with known answers; photos are in test_metamorphic."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.fiqa.blocks import Blocks, find_blocks, without_edges
from core.fiqa.detail import measure_compression, measure_detail
from core.fiqa.view import look
from tests.fiqa.synthetic import face_at, flat, textured


def compressed(pixels: np.ndarray, quality: int) -> np.ndarray:
    data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def detail(pixels: np.ndarray, zoom: float = 2.0) -> float | None:
    return measure_detail(look(pixels, 1.0, [face_at(zoom)], 0))[0].native


@pytest.mark.parametrize("cut_xy", [(0, 0), (3, 5), (7, 1)])
def test_the_grid_is_found_where_it_begins(cut_xy: tuple[int, int]):
    left, top = cut_xy
    pixels = compressed(textured(408), 10)[top : top + 400, left : left + 400]
    blocks = find_blocks(pixels, 1.0, face_at())
    assert blocks is not None and blocks.strength > 2 and blocks.period == 8
    assert blocks.edges_xy == ((7 - left) % 8, (7 - top) % 8)


def test_no_grid_where_there_was_no_compression():
    for pixels in (textured(), flat((90, 120, 160))):
        blocks = find_blocks(pixels, 1.0, face_at())
        assert blocks is not None and blocks.strength < 0.3


def test_a_photo_reduced_to_a_quarter_shows_no_blocks():
    assert find_blocks(textured(), 4.0, face_at()) == Blocks(0.0, 8, (0, 0))


@pytest.mark.parametrize("zoom", [0.09, 0.3])
def test_a_face_of_few_blocks_is_not_assessed(zoom: float):
    measure = measure_compression(look(textured(), 1.0, [face_at(zoom)], 0))[0]
    assert (measure.native, measure.score) == (None, -1)


def test_steps_at_the_grid_are_taken_out_and_a_slope_stays():
    slope = np.tile(np.linspace(40, 200, 64), (64, 1))
    stepped = slope + 20 * ((np.arange(64) // 8) % 2)
    both = [np.repeat(p[..., None], 3, axis=2).astype(np.uint8) for p in (slope, stepped)]
    blocks = Blocks(3.0, 8, (7, 7))
    plain, mended = (without_edges(pixels, blocks, (0, 0)) for pixels in both)
    assert np.abs(plain.astype(int) - both[0]).max() <= 1
    before = np.abs(np.diff(both[1][32, 8:56, 0].astype(int))).max()
    after = np.abs(np.diff(mended[32, 8:56, 0].astype(int))).max()
    assert before > 15 and after < 9


def test_what_lies_before_the_part_is_counted():
    pixels = compressed(textured(), 10)
    blocks = find_blocks(pixels, 1.0, face_at())
    assert blocks is not None
    whole = without_edges(pixels, blocks, (0, 0))[45:345, 53:353]
    part = without_edges(np.ascontiguousarray(pixels[45:345, 53:353]), blocks, (53, 45))
    assert np.array_equal(whole[16:-16, 16:-16], part[16:-16, 16:-16])


def test_an_enlarged_picture_holds_less_detail():
    pixels = textured()
    widths = [detail(pixels)]
    for factor in (0.25, 0.12, 0.08):
        small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        widths.append(detail(cv2.resize(small, (400, 400), interpolation=cv2.INTER_CUBIC)))
    assert widths == sorted(widths, reverse=True)
    assert widths[0] == 112 and widths[-1] < 40


def test_the_photos_border_is_no_detail():
    smooth = cv2.GaussianBlur(textured(), (0, 0), 12)
    whole, cut = (look(p, 1.0, [f], 0) for p, f in ((smooth, face_at()), (smooth, face_at(2, -60))))
    assert cut.inside.mean() < 0.95
    assert max(measure_detail(view)[0].native for view in (whole, cut)) < 28


def test_nothing_of_a_face_is_not_assessed():
    measure = measure_detail(look(textured(), 1.0, [face_at(2.0, 5000, -900)], 0))[0]
    assert (measure.native, measure.score) == (None, -1)
