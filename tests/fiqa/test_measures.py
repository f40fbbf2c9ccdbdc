"""Each measure on pictures with known answers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.engine.base import Face, PointLayout
from core.fiqa.colour import lab_ab
from core.fiqa.luminance import _TABLE, luminance
from core.fiqa.measures import measure_all
from core.fiqa.pose import find_pose
from core.fiqa.report import Measure
from core.fiqa.template import SIZE, face_region, find_inside
from core.fiqa.view import look
from tests.fiqa.synthetic import face_at, flat, posed, textured

LAYOUTS = list(PointLayout)


def measured(pixels: np.ndarray, face: Face, scale: float = 1.0, *more: Face) -> dict[str, Measure]:
    return measure_all(look(pixels, scale, (face, *more), 0))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "angles",
    [(0, 0, 0), (30, 0, 0), (-30, 0, 0), (0, 15, 0), (0, -20, 0), (0, 0, 25), (0, 0, -80),
     (20, 10, -15), (-45, -10, 5), (0, 0, 170)],
)  # fmt: skip
def test_pose_of_a_turned_model_comes_back(layout: PointLayout, angles: tuple[float, ...]):
    found = find_pose(posed(*angles, layout))
    assert found is not None
    assert found == pytest.approx(angles, abs=2)


def test_pose_signs():
    """The nose of a face turned to the person's left moves right in the picture, and so on."""
    front = face_at().points_xy
    nose_right, nose_down = front.copy(), front.copy()
    nose_right[2] += [12, 0]
    nose_down[2] += [0, 12]
    eye_raised = front.copy()
    eye_raised[1] -= [0, 20]
    yaw, pitch, roll = (
        find_pose(Face(np.zeros(4, np.float32), points, 0.9))
        for points in (nose_right, nose_down, eye_raised)
    )
    base = find_pose(face_at())
    assert base and yaw and pitch and roll
    assert yaw.yaw > base.yaw + 5
    assert pitch.pitch > base.pitch + 5
    assert roll.roll > base.roll + 3


@pytest.mark.parametrize("layout", LAYOUTS)
def test_pose_ignores_place_and_size(layout: PointLayout):
    face = posed(20, 10, -15, layout)
    moved = face.mapped(0.1, (3000, -50))
    assert find_pose(moved) == pytest.approx(find_pose(face), abs=0.01)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_points_that_are_no_face_measure_nothing(value: float):
    face = Face(np.zeros(4, np.float32), np.full((5, 2), value, np.float32), 0.9)
    measures = measured(textured(), face)
    for name in ("HeadPoseYaw", "HeadPoseSum", "InterEyeDistance", "DynamicRange", "NaturalColour"):
        assert measures[name].native is None
        assert measures[name].score == -1
    assert measures["TemplateOutside"].native == 100


def test_luminance_of_known_colours():
    colours = np.array([[[0, 0, 0], [255, 255, 255], [0, 0, 255], [188, 188, 188]]], np.uint8)
    assert luminance(colours).tolist() == [[0, 255, 54, 128]]


def test_luminance_of_every_colour_is_the_sum_of_its_shares():
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (300, 300, 3), np.uint8)
    colours[0] = rng.integers(250, 256, (300, 3))
    shares = cv2.LUT(colours, _TABLE).sum(axis=2, dtype=np.float32)
    assert (luminance(colours) == np.floor(shares + 0.5).clip(0, 255)).all()


@pytest.mark.parametrize("shift", [-60, -1, -0.6, 0, 0.4, 40, 86.4, 87, 88, 160])
def test_what_lies_inside_is_found_pixel_by_pixel(shift: float):
    """Also where a look at the corners would do."""
    matrix = np.array([[1, 0, -shift], [0, 1, -shift / 2]], np.float32)
    grid = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), axis=-1)
    at = grid + np.float32([shift, shift / 2])
    inside = ((at >= -0.5) & (at <= np.array([200, 180]) - 0.5)).all(axis=2)
    assert (find_inside(matrix, (180, 200)) == inside).all()


@pytest.mark.parametrize(
    ("grey", "mean", "under", "over"), [(0, 0, 1, 0), (255, 1, 0, 1), (188, 128 / 255, 0, 0)]
)
def test_brightness_of_flat_pictures(grey: int, mean: float, under: float, over: float):
    measures = measured(flat((grey, grey, grey)), face_at())
    assert measures["LuminanceMean"].native == pytest.approx(mean)
    assert measures["LuminanceVariance"].native == pytest.approx(0)
    assert measures["UnderExposurePrevention"].native == under
    assert measures["OverExposurePrevention"].native == over
    assert measures["DynamicRange"].native == 0
    assert measures["IlluminationUniformity"].native == pytest.approx(1)
    assert measures["CheekBalance"].native == pytest.approx(100)


def test_two_equal_shades_are_one_bit():
    stripes = flat((60, 60, 60))
    stripes[(np.arange(400) // 8) % 2 == 0] = 200
    measures = measured(stripes, face_at(zoom=1.0))
    assert measures["DynamicRange"].native == pytest.approx(1, abs=0.01)


def test_half_a_face_in_the_dark():
    half = flat((180, 180, 180))
    half[:, : 60 + 112] = 8
    measures = measured(half, face_at())
    assert measures["IlluminationUniformity"].native == 0
    assert measures["CheekBalance"].native < 2


def test_grey_is_told_from_coloured_light():
    grey = measured(flat((128, 128, 128)), face_at())
    assert grey["ColourSaturation"].native == pytest.approx(0, abs=0.01)
    assert grey["ColourCast"].native == pytest.approx(np.hypot(5, 5), abs=0.01)
    assert grey["NaturalColour"].score == 0
    blue = measured(flat((255, 60, 20)), face_at())
    assert blue["ColourCast"].native > 60
    skin = measured(flat((130, 160, 205)), face_at())
    assert skin["NaturalColour"].native == 0


def test_lab_of_primary_red():
    assert lab_ab((0, 0, 255)) == pytest.approx((80.8, 69.9), abs=0.1)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_sizes_are_in_source_pixels(layout: PointLayout):
    face = face_at(zoom=2.0, layout=layout)
    one, two = measured(textured(), face), measured(textured(), face, 3.0)
    assert one["FaceShortSide"].native == pytest.approx(2 * 76)
    assert two["FaceShortSide"].native == pytest.approx(6 * 76)
    assert one["InterEyeDistance"].native == pytest.approx(2 * 35.24, rel=0.02)
    assert two["InterEyeDistance"].native == pytest.approx(3 * one["InterEyeDistance"].native)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("share", [0, 10, 25, 50, 100])
def test_share_outside_at_every_border(layout: PointLayout, turn: int, share: int):
    inside = 400 - 224 * (1 - share / 100)
    left, top = [(inside, 60), (60, inside), (-2.24 * share, 60), (60, -2.24 * share)][turn]
    measures = measured(textured(), face_at(2.0, left, top, layout))
    assert measures["TemplateOutside"].native == pytest.approx(share, abs=1)


def test_crops_are_measured_to_the_far_eye():
    measures = measured(textured(), face_at(1.0, left=0, top=0))
    assert measures["LeftwardCropOfTheFaceImage"].native == pytest.approx(73.53 / 35.24, rel=0.01)
    assert measures["RightwardCropOfTheFaceImage"].native == pytest.approx(
        (400 - 38.29) / 35.24, rel=0.01
    )


def test_second_face_is_measured_against_the_chosen_one():
    measures = measured(textured(), face_at(2.0), 1.0, face_at(1.0, 300, 300))
    assert measures["SingleFacePresent"].native == pytest.approx(0.25)
    assert measures["SingleFacePresent"].score == 75
    assert measures["SecondFaceArea"].native == pytest.approx(25)
    assert measured(textured(), face_at())["SecondFaceArea"].native == 0


BLURS = {
    "focus": lambda p, zoom: cv2.GaussianBlur(p, (0, 0), 1.2 * zoom),
    "motion, horizontal": lambda p, zoom: cv2.blur(p, (int(5 * zoom), 1)),
    "motion, vertical": lambda p, zoom: cv2.blur(p, (1, int(5 * zoom))),
}


@pytest.mark.parametrize("blur", BLURS)
@pytest.mark.parametrize("zoom", [1.5, 3.0, 6.0])
def test_blur_lowers_sharpness_however_large_the_face(blur: str, zoom: float):
    face = face_at(zoom, 10 * zoom, 10 * zoom)
    pixels = cv2.resize(textured(150), None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
    sharp = measured(pixels, face)["FaceSharpness"]
    soft = measured(BLURS[blur](pixels, zoom), face)["FaceSharpness"]
    assert sharp.score > 90
    assert soft.native < sharp.native - 0.4


def test_sharpness_ignores_exposure():
    pixels = textured()
    bright = measured(pixels, face_at())["FaceSharpness"].native
    dark = measured((pixels * 0.4).astype(np.uint8), face_at())["FaceSharpness"].native
    assert dark == pytest.approx(bright, abs=0.1)


def test_the_photos_border_is_no_edge_of_the_face():
    flat_skin = flat((130, 160, 205))
    assert measured(flat_skin, face_at(2.0, left=-60))["FaceSharpness"].score == 0


def test_face_region_lies_in_the_template():
    region = face_region()
    assert region[51, 38] and region[51, 73] and region[92, 56]
    assert 0.35 < region.mean() < 0.4
