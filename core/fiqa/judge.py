"""From measures and a policy to items: each with its value, limits, verdicts and sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.contract.fields import LEVELS, Level
from core.fiqa.criteria import CRITERIA, SUPERSEDED_BY
from core.fiqa.finding import Finding, find
from core.fiqa.policy import STRICT_LEVELS, Policy
from core.fiqa.report import ITEMS, Item, Measure, Text, Verdict
from core.fiqa.wording import advise, confirm, excuse, no_model

EXPLAINS: tuple[tuple[str, str], ...] = (
    ("face_size", "clarity"),
    ("face_size", "detection"),
    ("partial", "headpose"),
    ("partial", "clarity"),
    ("partial", "brightness"),
    ("partial", "face_color"),
    ("partial", "detection"),
    ("face_size", "mask"),
    ("brightness", "mask"),
    ("clarity", "mask"),
    ("brightness", "eyes"),
    ("clarity", "eyes"),
    ("headpose", "partial"),
    ("headpose", "detection"),
    ("brightness", "face_color"),
    ("brightness", "detection"),
    ("clarity", "detection"),
)
"""Cause and effect: when both fail at the same levels, only the cause is told."""

HIDES: tuple[tuple[str, str], ...] = (("partial", "mask"), ("partial", "eyes"))
"""Cause and effect where the cause only explains that the effect could not be measured."""


_EXPOSURE = ("UnderExposurePrevention", "OverExposurePrevention")
CAUSES: Mapping[str, tuple[str, ...]] = {
    "DynamicRange": _EXPOSURE,
    "LuminanceMean": _EXPOSURE,
    "CheekBalance": _EXPOSURE,
    "IlluminationUniformity": _EXPOSURE,
    "FaceDetail": ("CompressionArtifacts", "FaceSharpness"),
    "FaceSharpness": ("CompressionArtifacts",),
    "HeadPoseSum": ("HeadPoseYaw", "HeadPosePitch", "HeadRaised", "HeadPoseRoll"),
}
"""Within an item: what is only a symptom where one of these misses the same weakest level. Too few
shades is what a face has that is too dark; the sum of the angles is over when one of them is."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """An item and what led to it: the findings, the decisive one first."""

    item: Item
    findings: tuple[Finding, ...]


def judge_item(name: str, policy: Policy, measures: Mapping[str, Measure]) -> Judgement:
    """Judge one item; without findings when nothing measures it."""
    rules = (r for r in policy.rules_of(name) if not _is_superseded(r.criterion.measure, measures))
    applied = (find(rule, measures) for rule in rules)
    found = _decisive_first([finding for finding in applied if finding])
    behind = _behind(name, measures)
    if not found:
        unknown: dict[Level, Verdict] = dict.fromkeys(LEVELS, "not_assessed")
        return Judgement(Item(name, None, "", True, {}, unknown, no_model(), behind), ())
    decisive = found[0]
    criterion = decisive.rule.criterion
    blocked = tuple(lv for lv in STRICT_LEVELS if any(lv in f.blocked for f in found))
    texts = _texts(found, measures)
    item = Item(
        name=name,
        value=decisive.value,
        unit=criterion.unit,
        higher_is_better=criterion.higher_is_better,
        limits=dict(decisive.rule.limits),
        verdicts={level: _verdict(found, level) for level in LEVELS},
        text=_first(texts, blocked) or confirm(decisive, measures),
        measures=behind,
        blocked=blocked,
        texts=texts,
    )
    return Judgement(item, tuple(found))


def _behind(item: str, measures: Mapping[str, Measure]) -> tuple[Measure, ...]:
    others = [key for key in measures if "/" in key]  # of another source, not judged
    return tuple(
        measures[key]
        for name in _NAMES[item]
        for key in (name, *(other for other in others if other.startswith(f"{name}/")))
        if key in measures
    )


def _is_superseded(measure: str, measures: Mapping[str, Measure]) -> bool:
    return SUPERSEDED_BY.get(measure) in measures


EXTRA: Mapping[str, tuple[str, ...]] = {
    "face_size": ("HeadSize",),
    "partial": (
        "LeftwardCropOfTheFaceImage",
        "RightwardCropOfTheFaceImage",
        "MarginAboveOfTheFaceImage",
        "MarginBelowOfTheFaceImage",
    ),
    "brightness": ("LuminanceVariance",),
    "single_face": ("SingleFacePresent",),
}
"""Measures that are shown with an item and never limited."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    item: (*(c.measure for c in CRITERIA if c.item == item), *EXTRA.get(item, ())) for item in ITEMS
}


def _decisive_first(found: Sequence[Finding]) -> list[Finding]:
    """The findings of one item: the most severe first, of equal rank causes before symptoms."""

    def key(finding: Finding) -> tuple[int, int, bool, int]:
        *rank, value = _severity(finding)
        causes = CAUSES.get(finding.rule.criterion.measure, ())
        symptom = any(
            cause.rule.criterion.measure in causes and [*_severity(cause)][:2] == rank
            for cause in found
        )
        return rank[0], rank[1], symptom, value

    return sorted(found, key=key)


def _severity(finding: Finding) -> tuple[int, int, int]:
    """Sort key, the most severe finding first: what blocks, then advice, then what gates.

    In whole numbers: between equals the order of ``CRITERIA`` decides.
    """
    value = 100 if finding.standing is None else math.floor(finding.standing)
    if finding.blocked:
        return 0, LEVELS.index(finding.blocked[0]), value
    if finding.advised:
        return 1, LEVELS.index(finding.advised[0]), value
    return (2 if finding.gates else 3), 0, value


def _verdict(found: Sequence[Finding], level: Level) -> Verdict:
    """The item's verdict from those of its findings: a limit without a value is never a pass."""
    verdicts = [finding.verdicts[level] for finding in found]
    if "fail" in verdicts:
        return "fail"
    if any(level in finding.blocked for finding in found):
        return "not_assessed"
    if "advice" in verdicts:
        return "advice"
    return "pass" if "pass" in verdicts else "not_assessed"


def _texts(found: Sequence[Finding], measures: Mapping[str, Measure]) -> dict[Level, Text]:
    """A sentence for each level that is blocked or advised against, on its worst finding."""
    texts: dict[Level, Text] = {}
    for level in STRICT_LEVELS:
        missed = [f for f in found if level in f.blocked] or [
            f for f in found if level in f.advised
        ]
        if missed:
            worst = missed[0]
            texts[level] = advise(worst, level, measures) if worst.value is not None else excuse()
    return texts


def _first(texts: Mapping[Level, Text], blocked: Sequence[Level]) -> Text | None:
    for level in (*blocked, *texts):
        return texts[level]
    return None


def hide_effects(items: Sequence[Item]) -> list[Item]:
    """Mark each failing item that another one, failing at all the same levels, explains."""
    blocked = {item.name: set(item.blocked) for item in items}
    hidden: dict[str, str] = {}
    unmeasured = {item.name for item in items if item.value is None}
    pairs = [pair for pair in HIDES if pair[1] in unmeasured]
    for cause, effect in (*EXPLAINS, *pairs):
        explained = blocked[effect] and blocked[effect] <= blocked[cause]
        if explained and cause not in hidden and effect not in hidden:
            hidden[effect] = cause
    return [replace(item, hidden_by=hidden.get(item.name, "")) for item in items]
