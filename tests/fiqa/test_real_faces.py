"""Real photos: each defect lowers its own measure, and edge cases fail for the right reason."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from core.engine.base import Face
from core.fiqa.examine import examine
from core.fiqa.measures import measure_all
from core.fiqa.policy import Policy
from core.fiqa.report import Measure, Report
from core.fiqa.view import look

PEOPLE = ("people/img1.jpg", "people/img10.jpg", "people/img24.jpg", "people/img51.jpg")
Shoot = Callable[[str], object]


def measured(pixels: np.ndarray, face: Face, scale: float = 1.0) -> dict[str, Measure]:
    return measure_all(look(pixels, scale, [face], 0))


def judged(shot, policy: Policy) -> Report:
    return examine(shot.pixels_bgr, 1.0, shot.faces, 0, policy)


def mirrored(pixels: np.ndarray, face: Face) -> tuple[np.ndarray, Face]:
    width = pixels.shape[1]
    points = face.points_xy[[1, 0, 2, 4, 3]] * np.float32([-1, 1]) + np.float32([width - 1, 0])
    left, top, right, bottom = face.box_xyxy
    box = np.array([width - 1 - right, top, width - 1 - left, bottom], np.float32)
    return np.ascontiguousarray(pixels[:, ::-1]), Face(box, points, face.score)


@pytest.mark.parametrize("name", PEOPLE)
def test_portraits_pass_high(shoot: Shoot, policy: Policy, name: str):
    report = judged(shoot(name), policy)
    assert report.passes("high"), [item.text.en for item in report.reasons("high")]


@pytest.mark.parametrize(
    ("name", "level", "item", "says"),
    [
        ("edge/pose/left_face.jpeg", "low", "headpose", "to the person's right"),
        ("edge/pose/right_face.png", "low", "headpose", "to the person's left"),
        ("edge/pose/left_wryneck.png", "normal", "headpose", "the person's right shoulder"),
        ("edge/pose/right_wryneck.png", "high", "headpose", "the person's left shoulder"),
        ("edge/rotate/rot_90.jpg", "normal", "headpose", "tilted 8"),
        ("edge/other/blur.jpg", "low", "clarity", "not sharp"),
        ("edge/other/blur.jpg", "high", "partial", "outside the photo"),
    ],
)
def test_edge_cases_fail_for_the_right_reason(
    shoot: Shoot, policy: Policy, name: str, level: str, item: str, says: str
):
    report = judged(shoot(name), policy)
    reasons = {reason.name: reason.text_at(level).en for reason in report.reasons(level)}
    assert says in reasons.get(item, ""), reasons


def test_rising_and_lowered_heads_differ_in_sign(shoot: Shoot):
    def pitch(name: str) -> float:
        shot = shoot(name)
        return measured(shot.pixels_bgr, shot.faces[0])["HeadPosePitch"].native

    assert pitch("edge/pose/rise_face.jpeg") < -5 < 10 < pitch("edge/pose/lower_face.jpeg")


def test_a_crowd_is_advised_against(shoot: Shoot, policy: Policy):
    item = judged(shoot("edge/other/crowd.jpg"), policy).item("single_face")
    assert item.verdicts["high"] == "advice"


@pytest.mark.parametrize("name", [*PEOPLE, "edge/pose/left_face.jpeg", "edge/pose/right_face.png"])
def test_a_mirror_flips_yaw_and_roll_and_nothing_else(shoot: Shoot, name: str):
    shot = shoot(name)
    face = shot.faces[0]
    before = measured(shot.pixels_bgr, face)
    after = measured(*mirrored(shot.pixels_bgr, face))
    for axis, sign in (("Yaw", -1), ("Pitch", 1), ("Roll", -1)):
        key = f"HeadPose{axis}"
        assert after[key].native == pytest.approx(sign * before[key].native, abs=0.5)
    # ArcFace's template is not quite its own mirror image: pixels move a little.
    for key in ("FaceShortSide", "InterEyeDistance", "TemplateOutside", "DetectionScore"):
        assert after[key].native == pytest.approx(before[key].native, rel=0.01, abs=1)
    for key in ("FaceSharpness", "DynamicRange", "UnderExposurePrevention", "LuminanceMean"):
        assert abs(after[key].score - before[key].score) <= 4


DEFECTS = {
    "blur": ("FaceSharpness", lambda p, k: cv2.GaussianBlur(p, (0, 0), k), (2, 5, 9)),
    "darkness": ("LuminanceMean", lambda p, k: (p * k).astype(np.uint8), (0.5, 0.25, 0.1)),
    "blackness": ("UnderExposurePrevention", lambda p, k: (p * k).astype(np.uint8), (0.3, 0.1, 0)),
    "clipping": (
        "OverExposurePrevention",
        lambda p, k: np.clip(p.astype(np.float32) * k, 0, 255).astype(np.uint8),
        (1.5, 2.5, 5),
    ),
    "flatness": ("DynamicRange", lambda p, k: (p // k * k).astype(np.uint8), (8, 32, 128)),
}


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("defect", DEFECTS)
def test_each_defect_lowers_its_own_measure(shoot: Shoot, name: str, defect: str):
    shot, (key, spoil, grades) = shoot(name), DEFECTS[defect]
    steps = [shot.pixels_bgr, *(spoil(shot.pixels_bgr, grade) for grade in grades)]
    scores = [measured(pixels, shot.faces[0])[key].score for pixels in steps]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] < scores[0] - 20


@pytest.mark.parametrize("name", PEOPLE)
def test_defects_leave_other_measures_alone(shoot: Shoot, name: str):
    shot = shoot(name)
    face = shot.faces[0]
    before = measured(shot.pixels_bgr, face)
    blurred = measured(cv2.GaussianBlur(shot.pixels_bgr, (0, 0), 5), face)
    darker = measured((shot.pixels_bgr * 0.5).astype(np.uint8), face)
    for key in ("UnderExposurePrevention", "NaturalColour", "FaceShortSide", "HeadPoseYaw"):
        assert abs(blurred[key].score - before[key].score) <= 5
    assert abs(blurred["LuminanceMean"].native - before["LuminanceMean"].native) < 0.05
    assert abs(darker["FaceSharpness"].native - before["FaceSharpness"].native) < 0.1


@pytest.mark.parametrize("name", PEOPLE)
def test_downscaling_lowers_the_size_a_scaled_copy_does_not(shoot: Shoot, name: str):
    shot = shoot(name)
    face = shot.faces[0]
    full = measured(shot.pixels_bgr, face)
    small = cv2.resize(shot.pixels_bgr, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    halved = measured(small, face.mapped(0.5))
    copied = measured(small, face.mapped(0.5), scale=2.0)
    assert halved["FaceShortSide"].native == pytest.approx(full["FaceShortSide"].native / 2)
    assert halved["InterEyeDistance"].native < full["InterEyeDistance"].native
    assert copied["FaceShortSide"].native == pytest.approx(full["FaceShortSide"].native)


@pytest.mark.parametrize("name", PEOPLE)
def test_cropping_into_the_face_is_seen(shoot: Shoot, policy: Policy, name: str):
    shot = shoot(name)
    face = shot.faces[0]
    cut = int(face.points_xy[0, 0])
    shifted = face.mapped(1.0, (-cut, 0))
    report = examine(shot.pixels_bgr[:, cut:], 1.0, [shifted], 0, policy)
    assert "partial" in [item.name for item in report.reasons("low")]
