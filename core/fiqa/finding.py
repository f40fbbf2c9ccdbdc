"""One rule applied to one face: value, standing and verdicts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from core.contract.fields import LEVELS, Level
from core.fiqa.policy import Policy, Rule
from core.fiqa.remains import what_remains
from core.fiqa.report import DETECTION, Measure, Verdict

STEPS: Mapping[Level, float] = {"low": 25.0, "normal": 50.0, "high": 75.0}
"""Standing of a value exactly at the limit of each level."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule applied.

    Attributes:
        rule: which one.
        value: what is compared, None when not assessed.
        standing: how good it is, 0..100, None when not assessed.
        verdicts: at each level.
        blocked: levels it keeps the face from: limits missed, or without a value to compare.
        advised: levels it advises against.
    """

    rule: Rule
    value: float | None
    standing: float | None
    verdicts: Mapping[Level, Verdict]
    blocked: tuple[Level, ...]
    advised: tuple[Level, ...]

    @property
    def gates(self) -> bool:
        """Whether missing a limit fails the photo."""
        return self.rule.verdict == "fail" and bool(self.rule.limits)


def standing(rule: Rule, value: float) -> float:
    """How good a value is, 0..100, linear between the limits: 25, 50, 75 at low, normal, high.

    The worst value still stands where the levels end that set no limit before the first one.
    """
    criterion = rule.criterion
    ideal = criterion.ideal
    limits = [(limit, STEPS[level]) for level, limit in rule.limits.items()]
    if limits and criterion.meets(limits[-1][0], ideal):
        ideal = criterion.best
    free = [step for step in STEPS.values() if limits and step < limits[0][1]]
    least = max(free, default=0.0)
    anchors = [(criterion.worst, least), *limits, (ideal, 100.0)]
    if not criterion.meets(value, criterion.worst):
        return least
    met = max(index for index, (at, _) in enumerate(anchors) if criterion.meets(value, at))
    if met == len(anchors) - 1:
        return 100.0
    (start, low), (stop, high) = anchors[met], anchors[met + 1]
    return low + (high - low) * (value - start) / (stop - start)


def find(rule: Rule, measures: Mapping[str, Measure]) -> Finding | None:
    """Apply a rule, or None when nothing measures its criterion."""
    measure = measures.get(rule.criterion.measure)
    if measure is None:
        return None
    value = rule.criterion.read(measure)
    if value is None or not math.isfinite(value):
        blocked = tuple(rule.limits) if rule.verdict == "fail" else ()
        return Finding(rule, None, None, dict.fromkeys(LEVELS, "not_assessed"), blocked, ())
    verdicts: dict[Level, Verdict] = {
        level: "pass"
        if level not in rule.limits or rule.criterion.meets(value, rule.limits[level])
        else rule.verdict
        for level in LEVELS
    }
    missed = tuple(level for level in rule.limits if verdicts[level] != "pass")
    blocked, advised = (missed, ()) if rule.verdict == "fail" else ((), missed)
    placed = _placed(rule, value, measure, engine_of(measures))
    return Finding(rule, value, placed, verdicts, blocked, advised)


def seems_below(level: Level, policy: Policy, measures: Mapping[str, Measure]) -> bool:
    """Whether a face is below ``level`` by what was measured so far; more may change it."""
    found = (find(rule, measures) for rule in policy.rules)
    return any(level in finding.blocked for finding in found if finding)


def engine_of(measures: Mapping[str, Measure]) -> str:
    """Name of the engine that found the face, where it is known, else empty."""
    detection = measures.get(DETECTION)
    return detection.model if detection else ""


def _placed(rule: Rule, value: float, measure: Measure, engine: str) -> float:
    """The standing; below the low limit by what a recogniser makes of it, where that is known."""
    low, placed = STEPS["low"], standing(rule, value)
    remains = what_remains(measure, engine) if placed < low else None
    return placed if remains is None else min(low * remains, math.nextafter(low, 0.0))
