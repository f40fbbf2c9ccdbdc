"""Real photos: portraits pass, edge cases fail for the right reason."""

from __future__ import annotations

from collections.abc import Callable

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


@pytest.mark.parametrize("name", PEOPLE)
def test_cropping_into_the_face_is_seen(shoot: Shoot, policy: Policy, name: str):
    shot = shoot(name)
    face = shot.faces[0]
    cut = int(face.points_xy[0, 0])
    shifted = face.mapped(1.0, (-cut, 0))
    report = examine(shot.pixels_bgr[:, cut:], 1.0, [shifted], 0, policy)
    assert "partial" in [item.name for item in report.reasons("low")]
