"""Verdicts, order, hidden effects, the overall number: synthetic faces."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contract.fields import LEVELS
from core.engine.base import Face, PointLayout
from core.fiqa.criteria import CRITERIA
from core.fiqa.examine import examine
from core.fiqa.finding import STEPS, find, standing
from core.fiqa.measures import MEASURERS
from core.fiqa.policy import Policy, load_policy
from core.fiqa.report import ITEMS, Measure, Report
from tests.fiqa.synthetic import face_at, flat, posed, textured

UNMEASURED = {"occlusion", "eyes", "unified"}


def judged(policy: Policy, pixels: np.ndarray, *faces: Face, scale: float = 1.0) -> Report:
    return examine(pixels, scale, faces, 0, policy)


@pytest.mark.parametrize("layout", PointLayout)
def test_a_good_face_passes_every_level(policy: Policy, layout: PointLayout):
    report = judged(policy, textured(), face_at(layout=layout))
    assert report.best_level == "high", [item.text.en for item in report.failed("high")]
    assert report.overall >= 75
    assert sorted(item.name for item in report.items) == sorted(ITEMS)
    for item in report.items:
        unmeasured = item.name in UNMEASURED
        assert set(item.verdicts.values()) == {"not_assessed" if unmeasured else "pass"}, item.name
    assert {item.name for item in report.items[-3:]} == UNMEASURED


@pytest.mark.parametrize(
    ("zoom", "best"), [(0.7, "no"), (0.8, "low"), (1.06, "normal"), (1.48, "high")]
)
def test_face_size_decides_the_level(policy: Policy, zoom: float, best: str):
    report = judged(policy, textured(), face_at(zoom))
    assert report.best_level == best
    assert report.item("face_size").value == pytest.approx(76 * zoom)
    assert report.item("face_size").limits == {"low": 60, "normal": 80, "high": 112}


@pytest.mark.parametrize(
    ("angles", "level", "says"),
    [
        ((30, 0, 0), "high", "30° to the person's left"),
        ((-30, 0, 0), "high", "30° to the person's right"),
        ((0, 30, 0), "high", "looking down by 30°"),
        ((0, -30, 0), "high", "looking up by 30°"),
        ((0, 0, 35), "high", "35° to the person's right shoulder"),
        ((0, 0, -35), "high", "35° to the person's left shoulder"),
        ((24, 22, 22), "high", "add up to"),
    ],
)
def test_the_worst_angle_is_told(
    policy: Policy, angles: tuple[float, float, float], level: str, says: str
):
    face = posed(*angles, PointLayout.FIVE)
    item = judged(policy, textured(1000), face).item("headpose")
    assert item.verdicts[level] == "fail"
    measured = round(abs(item.value)) if "add up" not in says else None
    text = item.text_at(level).en
    assert says.split("°")[0].rstrip("0123456789") in text
    assert measured is None or abs(measured - max(map(abs, angles))) <= 2
    assert says.rpartition("°")[2] in text


def test_too_small_hides_not_sharp(policy: Policy):
    smooth = textured()
    smooth[:] = np.linspace(90, 200, 400).astype(np.uint8)[:, None]
    report = judged(policy, smooth, face_at(0.7))
    assert report.item("clarity").verdicts["low"] == "fail"
    assert report.item("clarity").hidden_by == "face_size"
    assert report.item("clarity") in report.failed("low")
    assert report.item("clarity") not in report.reasons("low")
    assert report.item("face_size") in report.reasons("low")


def test_an_effect_that_fails_lower_levels_too_is_not_hidden(policy: Policy):
    smooth = textured()
    smooth[:] = np.linspace(90, 200, 400).astype(np.uint8)[:, None]
    report = judged(policy, smooth, face_at(1.3))
    assert report.item("face_size").blocked == ("high",)
    assert report.item("clarity").blocked == ("low", "normal", "high")
    assert not report.item("clarity").hidden_by


def test_worst_first_not_assessed_last(policy: Policy):
    report = judged(policy, textured(), face_at(1.2, score=0.45), face_at(1.1, 250, 250))
    assert [item.name for item in report.items[:3]] == ["detection", "face_size", "single_face"]
    assert report.item("single_face").verdicts["high"] == "advice"
    assert report.advice("high") == (report.item("single_face"),)
    assert report.overall_source == "detection"


def test_a_grey_photo_is_advised_against_only(policy: Policy):
    grey = textured().mean(axis=2, keepdims=True).repeat(3, axis=2).astype(np.uint8)
    item = judged(policy, grey, face_at()).item("face_color")
    assert item.verdicts == {"no": "pass", "low": "pass", "normal": "advice", "high": "advice"}
    assert "colour photo" in item.text.en
    blue = textured()
    blue[:, :, 1:] //= 6
    assert judged(policy, blue, face_at()).item("face_color").verdicts["low"] == "fail"


def test_dark_skin_is_no_reason(policy: Policy):
    dark = (textured().astype(np.float32) * [0.66, 0.68, 0.72]).astype(np.uint8)
    report = judged(policy, dark, face_at())
    mean = next(m for m in report.item("brightness").measures if m.name == "LuminanceMean")
    assert mean.score < 50
    assert report.item("brightness").verdicts["high"] == "pass"
    assert report.overall_source != "brightness"


WRECKS = {
    "ten pixels": (textured(), face_at(0.09, 100, 100)),
    "one pixel": (textured(), face_at(0.009, 100, 100)),
    "black": (flat((0, 0, 0)), face_at()),
    "white": (flat((255, 255, 255)), face_at()),
    "grey": (flat((128, 128, 128)), face_at()),
    "far outside": (textured(), face_at(2.0, 5000, -900)),
    "corner": (textured(), face_at(2.0, 380, 390)),
    "larger than the photo": (textured(), face_at(40.0, -2000, -2000)),
    "picture of one pixel": (textured()[:1, :1], face_at()),
    "picture of one row": (textured(400)[:1], face_at()),
    "corners in the dark": (flat((0, 0, 0)), face_at(layout=PointLayout.CORNERS)),
    "all points in one place": (textured(), replace(face_at(), points_xy=np.ones((5, 2), "f4"))),
}


@pytest.mark.parametrize("name", WRECKS)
def test_wrecks_fail_with_a_reason(policy: Policy, name: str):
    pixels, face = WRECKS[name]
    report = judged(policy, pixels, face)
    assert report.passes("no")
    assert not report.passes("high")
    assert report.reasons("high")
    for item in report.reasons("high"):
        assert item.text_at("high").en and item.text_at("high").zh
    assert -1 <= report.overall < 75


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda c: c.key)
@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_no_value_never_passes(policy: Policy, criterion, value):
    def spoiled(view):
        for measurer in MEASURERS:
            yield from (m for m in measurer(view) if m.name != criterion.measure)
        yield Measure(criterion.measure, value, "", 50, "model")

    report = examine(textured(), 1.0, [face_at()], 0, policy, [spoiled])
    item = report.item(criterion.item)
    rule = next(rule for rule in policy.rules if rule.criterion == criterion)
    finding = find(rule, {criterion.measure: Measure(criterion.measure, None, "", -1, "ofiq")})
    assert finding is not None
    assert set(finding.verdicts.values()) == {"not_assessed"}
    for level in rule.limits if rule.verdict == "fail" else ():
        assert item.verdicts[level] == "not_assessed"
        assert not report.passes(level)
        assert item in report.reasons(level)
        first = next(iter(rule.limits))
        assert report.overall == (-1 if first == "low" else STEPS[first] - 1)
        assert "could not be measured" in item.text_at(level).en


def test_a_further_measurer_needs_no_other_change(policy: Policy):
    def model(view):
        return [Measure("FaceSharpness", -9.0, "", 0, "model")]

    report = examine(textured(), 1.0, [face_at()], 0, policy, [*MEASURERS, model])
    assert report.item("clarity").verdicts["low"] == "fail"


def test_an_advice_does_not_take_an_item_out_of_the_overall(policy: Policy):
    def spoiled(view):
        natives = {"IlluminationUniformity": (0.0, 0), "DynamicRange": (5.2, 65)}
        for measurer in MEASURERS:
            for m in measurer(view):
                native, score = natives.get(m.name, (m.native, m.score))
                yield replace(m, native=native, score=score)

    report = examine(textured(), 1.0, [face_at()], 0, policy, [spoiled])
    assert report.item("brightness").verdicts["high"] == "advice"
    assert (report.overall, report.overall_source) == (81, "brightness")


def test_no_such_face(policy: Policy):
    with pytest.raises(IndexError):
        examine(textured(), 1.0, [face_at()], 1, policy)


RULES = [rule for rule in load_policy().rules if rule.limits]


@given(st.sampled_from(RULES), st.floats(0, 1), st.floats(0, 1))
def test_standing_follows_the_levels(rule, one: float, other: float):
    criterion = rule.criterion
    span = criterion.best - criterion.worst
    worse, better = (criterion.worst + share * span for share in sorted((one, other)))
    assert 0 <= standing(rule, worse) <= standing(rule, better) + 1e-9 <= 100 + 1e-9
    for level, limit in rule.limits.items():
        assert criterion.meets(better, limit) == (standing(rule, better) >= STEPS[level])
    if "low" not in rule.limits:
        assert standing(rule, worse) >= STEPS["low"]


@given(st.floats(0.3, 3), st.floats(-150, 300), st.floats(-150, 300), st.floats(0, 1))
def test_overall_agrees_with_the_levels(zoom: float, left: float, top: float, score: float):
    report = judged(load_policy(), PICTURE, face_at(zoom, left, top, score=score))
    for level, step in STEPS.items():
        assert report.passes(level) == (report.overall >= step)
    passed = [report.passes(level) for level in LEVELS]
    assert passed == sorted(passed, reverse=True)


PICTURE = textured()
