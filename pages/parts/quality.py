"""The quality panel: the verdict at a glance, then a row for each item with what to do."""

from __future__ import annotations

import math
from functools import reduce
from html import escape
from itertools import groupby

import streamlit as st

from core.contract.fields import Level
from core.fiqa.report import LIVENESS, Item, Report, Verdict
from core.fiqa.texts import ITEM_NAMES
from pages.parts.marks import sign
from pages.parts.texts import both, t

DOUBTFUL_LIVENESS = 50
"""Scores below this one say to look at the person; they never decide."""


def quality_panel(report: Report, level: Level) -> None:
    """Everything a guard needs: passes or not, the items, worst first, and the next step."""
    shown = [item for item in report.items if _is_judged(item, level)]
    absent = [item for item in report.items if not _is_judged(item, level)]
    rows = "".join(_row(item, level) for item in shown)
    st.html(
        _verdict(report, level)
        + f'<div class="fd-box"><table class="fd-items"><tbody>{rows}</tbody></table></div>'
        + f'<p class="fd-legend">{escape(t("quality.legend"))}</p>'
        + _liveness(report)
        + _absent(absent)
    )


def item_name(name: str) -> str:
    """An item's name for people."""
    return both(ITEM_NAMES[name])


def _is_judged(item: Item, level: Level) -> bool:
    """Whether it has a verdict, or keeps the photo from the level for want of one."""
    return item.verdicts[level] != "not_assessed" or level in item.blocked


def _verdict(report: Report, level: Level) -> str:
    passed = report.passes(level)
    said = "verdict.off" if level == "no" else "verdict.pass" if passed else "verdict.fail"
    mark: Verdict = "advice" if level == "no" else "pass" if passed else "fail"
    verdict = t(said, level=t(f"level.{level}"))
    overall = t("quality.overall", overall=report.overall if report.overall >= 0 else "–")
    fine = t("quality.advised" if report.advice(level) else "quality.good")
    todo = f'<p class="fd-todo">{escape(fine)}</p>' if passed else ""
    return (
        f'<div class="fd-verdict fd-{mark}">{sign(mark)} <b>{escape(verdict)}</b>'
        f"<span>{escape(overall)}</span></div>{todo}"
    )


def _row(item: Item, level: Level) -> str:
    """Mark, name, value, bar and limit; below, what to do where it does not simply pass."""
    verdict = item.verdicts[level]
    limit = item.limits.get(level)
    value = _value(item, level)
    compare = "≥" if item.higher_is_better else "≤"
    wanted = "" if limit is None else f"{compare} {_number(limit, item.unit)}{_unit(item.unit)}"
    title = escape(both(item.text_at(level)))
    said = t(f"verdict.{verdict}_item")
    return (
        f'<tr title="{title}"><td><span role="img" aria-label="{escape(said)}">{sign(verdict)}'
        f'</span></td><th scope="row">{escape(item_name(item.name))}</th>'
        f'<td class="fd-value">{escape(value)}</td><td>{_bar(item, level)}</td>'
        f'<td class="fd-limit">{escape(wanted)}</td></tr>{_advice(item, level)}'
    )


def _advice(item: Item, level: Level) -> str:
    if item.verdicts[level] == "pass":
        return ""
    if item.hidden_by:
        text = t("quality.follows", item=item_name(item.hidden_by))
    else:
        text = both(item.text_at(level))
    return f'<tr class="fd-advice-row"><td></td><td colspan="4">{escape(text)}</td></tr>'


def _liveness(report: Report) -> str:
    measure = report.measure(LIVENESS)
    if measure is None or measure.score < 0:
        return ""
    doubtful = measure.score < DOUBTFUL_LIVENESS
    text = t("quality.liveness", score=measure.score)
    note = t("quality.liveness_low" if doubtful else "quality.liveness_note")
    mark = sign("advice") if doubtful else ""
    return f'<p class="fd-live">{mark} <b>{escape(text)}</b> {escape(note)}</p>'


def _absent(items: list[Item]) -> str:
    """What was not assessed, by reason."""
    lines = ""
    for reason, group in groupby(items, key=lambda item: both(item.text)):
        names = reduce(_listed, (item_name(item.name) for item in group))
        line = t("quality.not_assessed", items=names, why=reason)
        lines += f'<p class="fd-absent">{escape(line)}</p>'
    return lines


def _listed(first: str, second: str) -> str:
    return t("list.pair", first=first, second=second)


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


def _value(item: Item, level: Level) -> str:
    """The value; one that misses its limit is rounded away from it, as in its sentence."""
    if item.value is None:
        return ""
    value = item.value
    if item.verdicts[level] != "pass":
        step = 1.0 if _is_whole(value, item.unit) else 0.01
        value = (math.floor if item.higher_is_better else math.ceil)(value / step) * step
    return _number(value, item.unit) + _unit(item.unit)


def _number(value: float, unit: str) -> str:
    return f"{value:.0f}" if _is_whole(value, unit) else f"{value:.2f}"


def _is_whole(value: float, unit: str) -> bool:
    return unit in ("px", "deg", "%") or abs(value) >= 10 or value == int(value)


def _unit(unit: str) -> str:
    return {"deg": "°", "": "", "%": " %"}.get(unit, f" {unit}")
