"""Sentences: complete in both languages, and never against their verdict."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from core.contract.fields import LEVELS
from core.fiqa.criteria import CRITERIA
from core.fiqa.examine import examine
from core.fiqa.measures import MEASURERS
from core.fiqa.policy import Policy
from core.fiqa.report import ITEMS, Text
from core.fiqa.texts import ADVICE, ITEM_NAMES, LEVEL_NAMES, NO_MODEL, NOT_MEASURED, PASSED
from tests.fiqa.synthetic import face_at, textured

KINDS = {
    "HeadPoseSum": {"turned", "tilted"},
    "HeadPoseYaw": {"left", "right"},
    "HeadPosePitch": {"up", "down"},
    "HeadPoseRoll": {"left", "right"},
}
ADVISING = [(m, kind, text) for m, kinds in ADVICE.items() for kind, text in kinds.items()]
EVERY = [*ADVISING, *((m, "passed", t) for m, t in PASSED.items())]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_every_name_criterion_and_kind_has_its_text():
    assert set(ITEM_NAMES) == set(ITEMS)
    assert set(LEVEL_NAMES) == set(LEVELS)
    measures = {criterion.measure for criterion in CRITERIA}
    assert set(PASSED) == measures
    assert {m: set(kinds) for m, kinds in ADVICE.items()} == {
        m: KINDS.get(m, {"only"}) for m in measures
    }


@pytest.mark.parametrize(("measure", "kind", "text"), EVERY)
def test_both_languages_say_the_same_numbers(measure: str, kind: str, text: Text):
    fields = [set(re.findall(r"{(\w+)}", part)) for part in (text.en, text.zh)]
    assert fields[0] == fields[1]
    assert CHINESE.search(text.zh) and not CHINESE.search(text.en)


@pytest.mark.parametrize(("measure", "kind", "text"), ADVISING)
def test_advice_holds_value_limit_level_and_what_to_do(measure: str, kind: str, text: Text):
    for part in (text.en, text.zh):
        assert {"{value}", "{limit}", "{level}"} <= set(re.findall(r"{\w+}", part))
    assert ": " in text.en and "：请" in text.zh


@pytest.mark.parametrize("text", [NO_MODEL, NOT_MEASURED, *ITEM_NAMES.values()])
def test_plain_texts(text: Text):
    assert CHINESE.search(text.zh) and not CHINESE.search(text.en)


def test_what_needs_a_model_says_so(policy: Policy):
    report = examine(textured(), 1.0, [face_at()], 0, policy)
    for name in ("occlusion", "eyes", "unified"):
        assert report.item(name).text == NO_MODEL


def test_each_level_has_its_own_sentence(policy: Policy):
    item = examine(textured(), 1.0, [face_at(0.6)], 0, policy).item("face_size")
    assert item.text == item.text_at("low")
    assert "45 px" in item.text.en and "low needs 60" in item.text.en
    assert "high needs 112" in item.text_at("high").en
    assert "“高”级要求 112 像素" in item.text_at("high").zh


@pytest.mark.parametrize(
    ("measure", "native", "score", "level", "says"),
    [
        ("FaceShortSide", 111.97, 90, "high", "111 px wide, high needs 112"),
        ("HeadPoseYaw", 25.04, 80, "high", "turned 26° to the person's left (limit 25°"),
        ("TemplateOutside", 4.02, 96, "high", "4.1% of the face"),
        ("DetectionScore", 0.6499, 65, "high", "score 0.64, high needs 0.65"),
        ("FaceSharpness", -2.5, 59, "high", "score 59, high needs 60"),
    ],
)
def test_a_missed_limit_never_looks_met(
    policy: Policy, measure: str, native: float, score: int, level: str, says: str
):
    def spoiled(view):
        for measurer in MEASURERS:
            for m in measurer(view):
                yield replace(m, native=native, score=score) if m.name == measure else m

    report = examine(textured(), 1.0, [face_at()], 0, policy, [spoiled])
    (item,) = report.reasons(level)
    assert says in item.text_at(level).en
