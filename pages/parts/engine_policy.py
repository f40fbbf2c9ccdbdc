"""The quality limits in use, and how many of this gallery's photos would pass them today."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.contract.fields import LEVELS
from core.desk import Desk
from core.errors import FaceDeskError
from core.fiqa.report import ITEMS
from core.passing import (
    MOST_JUDGED,
    QUALITY,
    Judged,
    LimitRow,
    limit_row,
    limit_rows,
    start_judging,
)
from pages.parts.limit_charts import level_legend, show_limited
from pages.parts.marks import sign
from pages.parts.measure_names import MEASURE_NAMES
from pages.parts.progress import show_end, show_progress
from pages.parts.quality import item_name
from pages.parts.texts import both, error_text, t

BUILT_IN = "default.toml"
STRICT_LEVELS = LEVELS[1:]


def show_policy(desk: Desk) -> None:
    """The policy's name and limits, the gallery's photos beside them, and their values below."""
    policy = desk.vision.policy
    path = desk.settings.fiqa_policy
    st.markdown(f"##### {t('engine.policy', name=policy.name)}")
    st.caption(t("engine.policy_file", file=path.name if path else BUILT_IN))
    judged = _job(desk)
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        st.html(_limits(limit_rows(desk)))
    with right:
        _judging(desk, judged)
    if judged and judged.limited:
        _plots(judged)


def _job(desk: Desk) -> Judged | None:
    job = desk.jobs.get(QUALITY)
    return job.result if job is not None and job.state == "done" else None


def _limits(rules: Sequence[LimitRow]) -> str:
    heads = [t("quality.item"), t("quality.measure"), *(t(f"level.{lv}") for lv in STRICT_LEVELS)]
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    rows, before = [], ""
    for rule in rules:
        rows.append(_limit_row(rule, "" if rule.item == before else item_name(rule.item)))
        before = rule.item
    return (
        f'<div class="fd-scroll"><table class="fd-items fd-limits"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
        f'<p class="fd-legend">{escape(t("engine.limits_legend"))}</p>'
    )


def _limit_row(rule: LimitRow, item: str) -> str:
    side = "≥" if rule.at_least else "≤"
    cells = "".join(
        f"<td>{f'{side} {rule.limits[level]:g}{_unit(rule)}' if level in rule.limits else '–'}</td>"
        for level in STRICT_LEVELS
    )
    note = f" <small>({escape(t('engine.advice_only'))})</small>" if rule.advice else ""
    name = escape(both(MEASURE_NAMES[rule.measure]))
    return f'<tr><th scope="row"><b>{escape(item)}</b></th><td>{name}{note}</td>{cells}</tr>'


def _unit(rule: LimitRow) -> str:
    return {"deg": "°", "": ""}.get(rule.unit, f" {rule.unit}")


def _judging(desk: Desk, judged: Judged | None) -> None:
    """The job that judges the photos, and what it found."""
    st.markdown(f"##### {t('engine.passing')}")
    job = desk.jobs.get(QUALITY)
    if job is not None and job.running:
        show_progress(job)
        return
    if job is not None and judged is None:
        show_end(job)
    total = desk.gallery.count_photos()
    if not total:
        st.info(t("engine.too_few"))
        return
    if judged:
        _rates(desk, judged)
    count = min(total, MOST_JUDGED)
    label = t("engine.judge_again" if judged else "engine.judge", count=count)
    if st.button(label, key="engine_judge", type="secondary" if judged else "primary"):
        try:
            start_judging(desk)
        except FaceDeskError as error:
            st.session_state.engine_failed = error_text(error)
        st.rerun()
    if not judged:
        st.caption(t("engine.judge_note"))


def _rates(desk: Desk, judged: Judged) -> None:
    if judged.counter != desk.gallery.counter():
        st.caption(t("engine.judged_before"))
    heads = [t("quality.item"), *(t(f"level.{level}") for level in STRICT_LEVELS)]
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(
        f'<tr><th scope="row">{_item(rate.item)}</th>'
        + "".join(_share(rate.passed[level], judged.photos) for level in STRICT_LEVELS)
        + "</tr>"
        for rate in sorted(judged.rates, key=lambda rate: ("", *ITEMS).index(rate.item))
        if rate.not_assessed < 1
    )
    st.html(
        f'<div class="fd-scroll"><table class="fd-items"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
    said = t("engine.judged", photos=judged.photos, all=judged.of_photos)
    if judged.unknown:
        said += " " + t("engine.judged_lost", count=judged.unknown)
    st.caption(said)


def _item(name: str) -> str:
    return escape(item_name(name)) if name else f"<b>{escape(t('engine.all_items'))}</b>"


def _share(share: float, photos: int) -> str:
    """Photos that pass, with a sign where some do not."""
    count = round(share * photos)
    mark = "pass" if count == photos else "advice"
    return f"<td>{sign(mark)} {count} <small>({share:.0%})</small></td>"  # type: ignore[arg-type]


def _plots(judged: Judged) -> None:
    """One small plot a measure, three in a row."""
    st.markdown(f"##### {t('engine.values')}")
    st.html(level_legend())
    st.caption(t("engine.values_say", photos=judged.photos))
    for start in range(0, len(judged.limited), 3):
        for place, row in zip(st.columns(3), judged.limited[start : start + 3], strict=False):
            rule = limit_row(row.rule)
            unit = _unit(rule).strip() or (t("engine.score") if rule.score else "")
            with place:
                name = both(MEASURE_NAMES[rule.measure])
                show_limited(row, name, unit, f"engine_plot_{rule.item}_{rule.measure}")
