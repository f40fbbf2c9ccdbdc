"""What a folder's reports have in common: pass rates, and how each value is distributed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.calibration.walk import Study
from core.contract.fields import Level
from core.fiqa.policy import STRICT_LEVELS, Policy, Rule
from core.fiqa.report import Measure, Report

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class PassRate:
    """How an item fared, in shares of all judged photos.

    Attributes:
        item: its name, or empty for the whole report.
        passed: at each level; an advice is a pass.
        advised: at high.
        not_assessed: share without any value for the item.
    """

    item: str
    passed: dict[Level, float]
    advised: float
    not_assessed: float


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The native values of one measure: how many photos have it, and its ``QUANTILES``."""

    measure: Measure
    count: int
    quantiles: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Limited:
    """What one rule of the policy compares, on every photo that has it."""

    rule: Rule
    values: NDArray[np.float64]


def reports_of(studies: Sequence[Study]) -> list[Report]:
    """The reports of the photos that could be judged."""
    return [study.report for study in studies if study.report is not None]


def pass_rates(reports: Sequence[Report]) -> list[PassRate]:
    """The whole report's rate first, then each item's in the reports' fixed order of names."""
    whole = PassRate(
        "",
        {level: _share(r.passes(level) for r in reports) for level in STRICT_LEVELS},
        _share(bool(r.advice("high")) for r in reports),
        0.0,
    )
    names = sorted(item.name for item in reports[0].items)
    return [whole, *(_item_rate(name, reports) for name in names)]


def _item_rate(name: str, reports: Sequence[Report]) -> PassRate:
    items = [report.item(name) for report in reports]
    return PassRate(
        name,
        {level: _share(level not in item.blocked for item in items) for level in STRICT_LEVELS},
        _share(item.verdicts["high"] == "advice" for item in items),
        _share(item.value is None for item in items),
    )


def _share(truths: object) -> float:
    return float(np.mean([bool(t) for t in truths]))  # type: ignore[attr-defined]


def spreads(reports: Sequence[Report]) -> list[Spread]:
    """Every measure that at least one photo has, by name."""
    found: dict[str, list[Measure]] = {}
    for report in reports:
        for measure in measures_of(report).values():
            if measure.native is not None:
                found.setdefault(measure.name, []).append(measure)
    return [
        Spread(same[0], len(same), np.quantile([float(m.native or 0) for m in same], QUANTILES))
        for _, same in sorted(found.items())
    ]


def measures_of(report: Report) -> dict[str, Measure]:
    """All measures of a report by name, those behind its items first; the first of two counts."""
    behind = [measure for item in report.items for measure in item.measures]
    return {m.name: m for m in reversed([*behind, *report.measures])}


def limited_values(policy: Policy, reports: Sequence[Report]) -> list[Limited]:
    """For each rule the values it compares; rules that nothing measures are left out."""
    measured = [measures_of(report) for report in reports]
    rows = []
    for rule in policy.rules:
        known = [m[rule.criterion.measure] for m in measured if rule.criterion.measure in m]
        values = [v for measure in known if (v := rule.criterion.read(measure)) is not None]
        if values:
            rows.append(Limited(rule, np.array(values, np.float64)))
    return rows
