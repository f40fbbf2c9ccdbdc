"""What is kept of a quality report with its photo, and judging it again under today's limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from core.fiqa.examine import judge
from core.fiqa.policy import Policy
from core.fiqa.report import Measure, Report


def kept_report(report: Report) -> dict[str, Any]:
    """Value, verdicts, sentence and measures of each item, worst first; JSON-serialisable."""
    return {
        item.name: {
            "value": item.value,
            "unit": item.unit,
            "verdicts": dict(item.verdicts),
            "text": asdict(item.text),
            "measures": [_kept(measure) for measure in item.measures],
        }
        for item in report.items
    }


def judged_again(kept: Mapping[str, Any], policy: Policy) -> Report | None:
    """The report of a stored photo under this policy, from the measures kept with it.

    No model and no pixel is needed. None for a photo from before measures were kept. Of what
    stands under no item (the liveness score) nothing is kept.
    """
    try:
        return judge(_measures(kept), policy) if kept else None
    except (KeyError, TypeError, ValueError):
        return None


def _kept(measure: Measure) -> list[Any]:
    return [
        *(measure.name, measure.native, measure.unit, measure.score, measure.source),
        measure.model,
    ]


def _measures(kept: Mapping[str, Any]) -> dict[str, Measure]:
    """By the names of ``measure_all``: of two with one name the first kept one counts."""
    found: dict[str, Measure] = {}
    for measure in _all_of(kept):
        key = f"{measure.name}/{measure.source}" if measure.name in found else measure.name
        found.setdefault(key, measure)
    return found


def _all_of(kept: Mapping[str, Any]) -> Iterator[Measure]:
    for item in kept.values():
        for name, native, unit, score, source, model in item["measures"]:
            yield Measure(name, native, unit, score, source, model)
