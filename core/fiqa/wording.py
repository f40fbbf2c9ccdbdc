"""Fills the sentences of ``texts.toml`` with values, so that none contradicts its verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping

from core.contract.fields import Level
from core.fiqa.criteria import Criterion
from core.fiqa.finding import Finding
from core.fiqa.report import Measure, Text
from core.fiqa.texts import ADVICE, LEVEL_NAMES, NO_MODEL, NOT_MEASURED, PASSED


def advise(finding: Finding, level: Level, measures: Mapping[str, Measure]) -> Text:
    """What is wrong at a level, how much, and what to do."""
    criterion = finding.rule.criterion
    native = measures[criterion.measure].native or 0.0
    text = ADVICE[criterion.measure][kind_of(criterion.measure, native, measures)]
    limit = finding.rule.limits[level]
    value = finding.value or 0.0
    return _fill(text, level, measures, _rounded(criterion, value), _plain(criterion, limit))


def confirm(finding: Finding, measures: Mapping[str, Measure]) -> Text:
    """That an item passes, with its value."""
    if finding.value is None:
        return excuse()
    criterion = finding.rule.criterion
    text = PASSED[criterion.measure]
    return _fill(text, "high", measures, _plain(criterion, finding.value), "")


def excuse() -> Text:
    """That a value could not be measured in this photo."""
    return NOT_MEASURED


def no_model() -> Text:
    """That nothing installed measures this item."""
    return NO_MODEL


def kind_of(measure: str, native: float, measures: Mapping[str, Measure]) -> str:
    """Which of a measure's sentences fits: the side a head is turned to, or ``only``."""
    if measure == "HeadPoseSum":
        roll = measures["HeadPoseRoll"].native or 0.0
        return "tilted" if abs(roll) > native / 2 else "turned"
    sides = {
        "HeadPoseYaw": ("left", "right"),
        "HeadPosePitch": ("down", "up"),
        "HeadPoseRoll": ("right", "left"),
    }
    if measure not in sides:
        return "only"
    positive, negative = sides[measure]
    return positive if native >= 0 else negative


def _fill(
    text: Text, level: Level, measures: Mapping[str, Measure], value: str, limit: str
) -> Text:
    angles = {name: _whole(measures.get(f"HeadPose{name}")) for name in ("Yaw", "Pitch", "Roll")}
    names = LEVEL_NAMES[level]
    return Text(
        text.en.format(value=value, limit=limit, level=names.en, **angles),
        text.zh.format(value=value, limit=limit, level=names.zh, **angles),
    )


def _whole(measure: Measure | None) -> str:
    return "?" if measure is None or measure.native is None else f"{abs(measure.native):.0f}"


def _step(criterion: Criterion) -> float:
    """What a shown value is rounded to: shares of one to hundredths, percents to tenths."""
    span = abs(criterion.best - criterion.worst)
    return 0.01 if span <= 1 else 0.1 if criterion.unit == "%" else 1.0


def _rounded(criterion: Criterion, value: float) -> str:
    """A value that misses its limit, rounded away from it: 111.7 px is 111, never 112."""
    step = _step(criterion)
    turn = math.floor if criterion.higher_is_better else math.ceil
    return _plain(criterion, turn(value / step) * step)


def _plain(criterion: Criterion, value: float) -> str:
    digits = {0.01: 2, 0.1: 1, 1.0: 0}[_step(criterion)]
    shown = f"{value:.{digits}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown and digits == 1 else shown
