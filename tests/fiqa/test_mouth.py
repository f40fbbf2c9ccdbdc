"""A mouth that shows, and masks drawn over it; on photos of people with their own points."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.fiqa.examine import examine
from core.fiqa.mouth import measure_mouth
from core.fiqa.policy import Policy
from core.fiqa.template import to_photo
from core.fiqa.view import FaceView, look
from tests.fiqa.synthetic import face_at, textured

PHOTOS = [f"people/img{n}.jpg" for n in (1, 4, 10, 20, 38, 40)]
MASK_112 = np.array([[18, 66], [56, 60], [94, 66], [88, 98], [56, 114], [24, 98]], np.float32)
COLOURS = {"white": (235, 235, 235), "blue": (215, 190, 130), "black": (35, 30, 30)}


def seen(view: FaceView) -> float | None:
    (measure,) = measure_mouth(view)
    return measure.native


def worn(view: FaceView, bgr: tuple[int, int, int]) -> np.ndarray:
    """The photo with a mask of one colour on its face, lit from the front, with some noise."""
    pixels, random = view.pixels_bgr.copy(), np.random.default_rng(0)
    inside = np.zeros(pixels.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.rint(to_photo(view.matrix, MASK_112)).astype(np.int32)], (1,))
    left, right = np.flatnonzero(inside.any(axis=0))[[0, -1]]
    across = np.linspace(-1, 1, right - left + 1)
    shade = np.ones(pixels.shape[1])
    shade[left : right + 1] = 1 - 0.25 * across**2
    cloth = np.array(bgr) * shade[None, :, None] + random.normal(0, 2, (*inside.shape, 1))
    return np.where(inside[:, :, None] > 0, cloth.clip(0, 255), pixels).astype(np.uint8)


@pytest.mark.parametrize("name", PHOTOS)
def test_a_mouth_is_seen_and_a_mask_hides_it(shoot, policy: Policy, name: str):
    shot = shoot(name)
    view = look(shot.pixels_bgr, 1.0, shot.faces, 0)
    assert seen(view) > 0.07
    for bgr in COLOURS.values():
        report = examine(worn(view, bgr), 1.0, shot.faces, 0, policy)
        assert report.measure("MouthVisible").native < 0.03
        assert report.item("mask").blocked == ("normal", "high")
        assert "take off the mask" in report.item("mask").text_at("high").en


def test_a_real_mask_is_told_as_one(shoot, policy: Policy):
    shot = shoot("edge/other/mask.png")
    report = examine(shot.pixels_bgr, 1.0, shot.faces, 0, policy)
    assert "mask" in [item.name for item in report.reasons("high")]


def test_a_mouth_outside_the_photo_is_not_assessed_and_partial_says_why(policy: Policy):
    report = examine(textured()[:230], 1.0, [face_at()], 0, policy)
    assert report.measure("MouthVisible").native is None
    assert report.item("mask").hidden_by == "partial"
    assert "mask" not in [item.name for item in report.reasons("high")]


def test_contrast_and_brightness_do_not_hide_a_mouth(shoot):
    shot = shoot(PHOTOS[0])
    plain = seen(look(shot.pixels_bgr, 1.0, shot.faces, 0))
    for change in (lambda p: p * 0.5, lambda p: p * 0.5 + 100):
        changed = change(shot.pixels_bgr.astype(np.float32)).astype(np.uint8)
        assert seen(look(changed, 1.0, shot.faces, 0)) == pytest.approx(plain, rel=0.2)
