"""A report as a table for QA: every OFIQ measure, assessed or not, then our own."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.fiqa.mapping import CURVES, NOT_ASSESSED
from core.fiqa.report import Measure, Report

OFIQ_MEASURES: tuple[str, ...] = tuple(CURVES)
"""The 28 component measures of ISO/IEC 29794-5 by OFIQ's names, in its order."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measure.

    Attributes:
        measure: the measure; without a value when it was not assessed.
        item: name of the item it stands under, or empty.
        counts: False for a value that another source of the same quantity supersedes.
    """

    measure: Measure
    item: str
    counts: bool

    @property
    def assessed(self) -> bool:
        """Whether there is a value."""
        return self.measure.score != NOT_ASSESSED


def measure_rows(report: Report) -> tuple[Row, ...]:
    """All 28 OFIQ measures in OFIQ's order, then ours; what is superseded follows what counts."""
    items = {m.name: item.name for item in report.items for m in item.measures}
    measured: dict[str, list[Measure]] = {name: [] for name in OFIQ_MEASURES}
    for measure in report.measures:
        measured.setdefault(measure.name, []).append(measure)
    rows: list[Row] = []
    for name, found in measured.items():
        listed = found or [Measure(name, None, "", NOT_ASSESSED, "ofiq")]
        rows += [Row(m, items.get(name, ""), index == 0) for index, m in enumerate(listed)]
    return tuple(rows)


def measures_csv(
    report: Report, header: Sequence[str], cells: Callable[[Row], Sequence[object]]
) -> bytes:
    """The table as CSV, UTF-8 with the mark that spreadsheets look for."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(cells(row) for row in measure_rows(report))
    return text.getvalue().encode("utf-8-sig")
