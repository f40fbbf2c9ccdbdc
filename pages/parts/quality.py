"""The quality panel: the verdict at a glance, what to do, and a row for each item."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from core.contract.fields import Level
from core.fiqa.report import Item, Report, Verdict
from core.fiqa.texts import ITEM_NAMES
from pages.parts.marks import sign
from pages.parts.texts import both, t


def quality_panel(report: Report, level: Level) -> None:
    """Everything a guard needs: passes or not, the next step, the items, worst first."""
    passed = report.passes(level)
    said = "verdict.off" if level == "no" else "verdict.pass" if passed else "verdict.fail"
    verdict = t(said, level=t(f"level.{level}"))
    mark: Verdict = "advice" if level == "no" else "pass" if passed else "fail"
    reasons = report.reasons(level) or report.advice(level)
    advice = [both(item.text_at(level)) for item in reasons[:3]] or [t("quality.good")]
    lines = "".join(f"<li>{escape(line)}</li>" for line in advice)
    items = [item for item in report.items if item.verdicts[level] != "not_assessed"]
    absent = [item for item in report.items if item.verdicts[level] == "not_assessed"]
    rows = "".join(_row(item, level) for item in items)
    names = ", ".join(item_name(item) for item in absent)
    st.html(
        f'<div class="fd-verdict fd-{mark}">'
        f"{sign(mark)} <b>{escape(verdict)}</b>"
        f"<span>{escape(t('quality.overall', overall=report.overall))}</span></div>"
        f'<ul class="fd-todo" aria-label="{escape(t("quality.todo"))}">{lines}</ul>'
        f'<div class="fd-box"><table class="fd-items"><tbody>{rows}</tbody></table></div>'
        + (
            f'<p class="fd-absent" title="{escape(t("quality.not_assessed_help"))}">'
            f"{escape(t('quality.not_assessed', items=names))}</p>"
            if absent
            else ""
        )
    )


def measures_table(report: Report) -> None:
    """All measures with native value and 0..100 score, to be sorted and saved as CSV."""
    rows = [
        {
            t("quality.item"): item_name(item),
            t("quality.measure"): measure.name,
            t("quality.native"): measure.native,
            t("quality.unit"): measure.unit,
            t("quality.score"): measure.score if measure.score >= 0 else None,
            t("quality.source"): t(f"source.{measure.source}"),
        }
        for item in report.items
        for measure in item.measures
    ]
    column = st.column_config.ProgressColumn(min_value=0, max_value=100, format="%d")
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, column_config={t("quality.score"): column}, height=320
    )


def item_name(item: Item) -> str:
    """An item's name for people."""
    return both(ITEM_NAMES[item.name])


def _row(item: Item, level: Level) -> str:
    verdict = item.verdicts[level]
    limit = item.limits.get(level)
    value = "" if item.value is None else _number(item.value, item.unit) + _unit(item.unit)
    compare = "≥" if item.higher_is_better else "≤"
    wanted = "" if limit is None else f"{compare} {_number(limit, item.unit)}{_unit(item.unit)}"
    title = escape(both(item.text_at(level)))
    return (
        f'<tr title="{title}"><td>{sign(verdict)}</td><th scope="row">{escape(item_name(item))}'
        f'</th><td class="fd-value">{escape(value)}</td><td>{_bar(item, level)}</td>'
        f'<td class="fd-limit">{escape(wanted)}</td></tr>'
    )


def _bar(item: Item, level: Level) -> str:
    """How the value stands to the limit: the mark in the middle is the limit."""
    limit = item.limits.get(level)
    if item.value is None or not limit:
        return ""
    ratio = item.value / limit if item.higher_is_better else 2 - item.value / limit
    share = max(0.03, min(1.0, ratio / 2))
    return (
        f'<span class="fd-bar fd-{item.verdicts[level]}" aria-hidden="true">'
        f'<i style="width:{share:.0%}"></i><u></u></span>'
    )


def _number(value: float, unit: str) -> str:
    whole = unit in ("px", "deg", "%") or abs(value) >= 10 or value == int(value)
    return f"{value:.0f}" if whole else f"{value:.2f}"


def _unit(unit: str) -> str:
    return {"deg": "°", "": "", "%": " %"}.get(unit, f" {unit}")
