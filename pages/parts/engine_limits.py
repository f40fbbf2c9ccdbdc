"""When are two faces one person: the thresholds, against this gallery's own cosines."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import streamlit as st

from core.desk import Desk
from core.engine.base import EngineInfo
from core.errors import FaceDeskError
from core.health.scores import histogram_of
from core.rates import Rate
from core.spread import SCORES, Scores, start_scores
from core.switching import limits_are_set, set_thresholds
from pages.parts.charts import show_plot
from pages.parts.progress import show_end, show_progress
from pages.parts.score_charts import scores_plot
from pages.parts.signin import actor, allowed, why_not
from pages.parts.texts import error_text, t

EVIDENCE = {
    "measured": "engine.measured",
    "maker": "engine.maker",
    "caution": "engine.caution",
}
WAIT_S = 0.4
"""A small gallery is compared within this time: then no bar is shown at all."""


def show_limits(desk: Desk) -> None:
    """Where the limits come from, how to change them, and what they do here."""
    info = desk.vision.engine.info
    left, right = st.columns([1, 1.9], gap="medium")
    with left, st.container(border=True, key="engine_limits"):
        same, different = _inputs(desk, info)
    with right:
        _distribution(desk, info, same, different)


def _inputs(desk: Desk, info: EngineInfo) -> tuple[float, float]:
    """The two numbers as they are typed, and the buttons that keep them."""
    st.markdown(f"##### {t('engine.limits')}")
    st.html(f'<div class="fd-fact">{escape(_source(desk, info))}</div>')
    key = f"{info.engine_id}_{info.same_cosine}_{info.different_cosine}"
    fixed = limits_are_set(desk)
    same, different = (
        st.number_input(
            t(name), -1.0, 1.0, value, 0.005, "%.3f", key=f"{name}_{key}", help=t(told),
            disabled=fixed,
        )
        for name, value, told in (
            ("engine.same_from", info.same_cosine, "engine.same_help"),
            ("engine.different_below", info.different_cosine, "engine.different_help"),
        )
    )  # fmt: skip
    if fixed:
        st.info(t("engine.limits_set_outside"))
        return same, different
    _buttons(desk, info, same, different)
    return same, different


def _buttons(desk: Desk, info: EngineInfo, same: float, different: float) -> None:
    if different > same:
        st.error(t("engine.wrong_way"))
    changed = (same, different) != (info.same_cosine, info.different_cosine)
    why = why_not("set_thresholds") or None
    st.button(
        t("engine.keep_limits"),
        key="engine_limits_save",
        type="primary",
        width="stretch",
        disabled=not changed or different > same or not allowed("set_thresholds"),
        help=why,
        on_click=_keep,
        args=(desk, (same, different)),
    )
    if info.own_cosines:
        st.button(
            t("engine.own_limits", same=info.own_cosines[0], different=info.own_cosines[1]),
            key="engine_limits_own",
            width="stretch",
            disabled=not allowed("set_thresholds"),
            help=why,
            on_click=_keep,
            args=(desk, None),
        )


def _source(desk: Desk, info: EngineInfo) -> str:
    """Where the limits in use come from."""
    own = t(EVIDENCE[info.evidence])
    if limits_are_set(desk):
        return t("engine.from_settings") + " " + own
    if info.own_cosines:
        same, different = info.own_cosines
        return t("engine.from_page", same=same, different=different) + " " + own
    return own


def _keep(desk: Desk, limits: tuple[float, float] | None) -> None:
    try:
        set_thresholds(desk, limits, actor(desk, "set_thresholds"))
    except FaceDeskError as error:
        st.session_state.engine_failed = error_text(error)
    else:
        st.session_state.engine_said = t("engine.limits_kept")


def _distribution(desk: Desk, info: EngineInfo, same: float, different: float) -> None:
    """The plot and the counts, computed in the background when the gallery has changed."""
    job = desk.jobs.get(SCORES)
    if job is None or (job.state == "done" and not _fresh(desk, job.result, info)):
        job = start_scores(desk)
        job.wait(WAIT_S)
    if job.running:
        show_progress(job)
        return
    if job.state != "done":
        show_end(job)
        if st.button(t("engine.again"), key="engine_scores_again"):
            start_scores(desk)
            st.rerun()
        return
    scores: Scores = job.result
    if not len(scores.outcome.same) and not len(scores.outcome.different):
        st.info(t("engine.too_few"))
        return
    typed = replace(info, same_cosine=same, different_cosine=different)
    counted = histogram_of(scores.outcome.same, scores.outcome.different)
    spec, table = scores_plot(counted, typed)
    show_plot(spec, _sentence(scores), table, "engine_scores_plot")
    st.html(_counts(scores, same, different))


def _fresh(desk: Desk, scores: Scores, info: EngineInfo) -> bool:
    same_engine = scores.outcome.info.engine_id == info.engine_id
    return same_engine and scores.counter == desk.gallery.counter()


def _sentence(scores: Scores) -> str:
    outcome = scores.outcome
    said = t(
        "engine.scores_say",
        photos=scores.photos,
        people=scores.people,
        same=f"{len(outcome.same):,}",
        different=f"{len(outcome.different):,}",
    )
    return f"{said} {t('engine.sampled', all=scores.of_photos)}" if scores.sampled else said


def _counts(scores: Scores, same: float, different: float) -> str:
    """How many pairs each limit gets wrong, with what that is worth."""
    outcome = scores.outcome
    heads = (t("engine.limit"), t("engine.two_reach"), t("engine.one_below"))
    rows = [
        (f"{t('band.same')} ≥ {same:.3f}", same),
        (f"{t('band.different')} &lt; {different:.3f}", different),
    ]
    body = "".join(
        f'<tr><th scope="row">{name}</th><td>{_rate(outcome.false_matches(limit))}</td>'
        f"<td>{_rate(outcome.false_non_matches(limit))}</td></tr>"
        for name, limit in rows
    )
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    note = escape(t("engine.counts_note"))
    return (
        f'<div class="fd-scroll"><table class="fd-items"><thead><tr>{head}</tr></thead>'
        f'<tbody>{body}</tbody></table></div><p class="fd-legend">{note}</p>'
    )


def _rate(rate: Rate) -> str:
    if not rate.trials:
        return "–"
    return t(
        "engine.rate",
        errors=f"{rate.errors:,}",
        trials=f"{rate.trials:,}",
        share=f"{rate.value:.2%}",
        upper=f"{rate.upper:.2%}",
    )
