"""The engine in use, the choice of another one, and re-extraction after a change."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.desk import Desk
from core.engine.base import EngineInfo
from core.errors import FaceDeskError
from core.fiqa.report import Verdict
from core.packs import plain
from core.switching import (
    REEMBED,
    Option,
    engine_is_set,
    in_use,
    options,
    start_reembedding,
    switch_engine,
)
from pages.parts.marks import sign
from pages.parts.progress import show_end, show_progress
from pages.parts.signin import actor, allowed, why_not
from pages.parts.texts import both, error_text, t

_ACCELERATORS = {"cuda": "CUDA", "coreml": "Core ML", "openvino": "OpenVINO"}


def show_engine(desk: Desk) -> None:
    """What runs, on the left; what can be done about it, on the right."""
    failed = desk.vision.engine_slot.error is not None
    left, right = st.columns(2, gap="medium")
    if not failed:
        with left, st.container(border=True, key="engine_in_use"):
            _describe(desk, desk.vision.engine.info)
    with left if failed else right:
        with st.container(border=True, key="engine_choice"):
            _choose(desk)
        if not failed:
            with st.container(border=True, key="engine_reembed"):
                _reembed(desk)


def option_name(option: Option) -> str:
    """An engine as people know it."""
    return option.pack or t("engine.builtin")


def commercial_use(commercial: bool | None) -> tuple[Verdict, str]:
    """A sign and the key of one word: yes, no, not known."""
    if commercial is None:
        return "advice", "engine.unknown"
    return ("pass", "engine.yes") if commercial else ("fail", "engine.no")


def commercial_line(commercial: bool | None, answer: str) -> str:
    """May I use this commercially? With a sign, and the answer in words; HTML."""
    mark, short = commercial_use(commercial)
    asked = f"{t('engine.commercial')} {t(short)}"
    return f'<div class="fd-use">{sign(mark)} <b>{escape(asked)}</b><br>{escape(answer)}</div>'


def _describe(desk: Desk, info: EngineInfo) -> None:
    dlib = info.name == "dlib"
    title = t("engine.builtin") if dlib else f"{info.pack} ({info.name})"
    st.markdown(f"##### {t('engine.in_use')}")
    commercial, answer = plain(info.licence)
    finder = t("engine.hog", file=info.files[0]) if dlib and info.files else info.files[:1]
    lines = [
        (t("engine.name"), title),
        (t("engine.detector"), finder if isinstance(finder, str) else ", ".join(finder)),
        (t("engine.recogniser"), ", ".join(info.files[1:])),
        (t("engine.dimension"), str(info.dimension)),
        (t("engine.id"), info.engine_id),
        (t("engine.runs_on"), _hardware(desk, info)),
        (t("engine.quality"), _quality_networks(desk)),
    ]
    facts = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in lines if value
    )
    st.html(f'{commercial_line(commercial, both(answer))}<dl class="fd-facts">{facts}</dl>')


def _hardware(desk: Desk, info: EngineInfo) -> str:
    """What the engine runs on, and that it is not what was asked for where that is so."""
    if info.runs_on != "cpu":
        return _ACCELERATORS[info.runs_on]
    asked = desk.settings.accelerator
    if asked == "cpu" or info.name == "dlib":
        return t("engine.on_cpu")
    return t("engine.not_there", asked=_ACCELERATORS[asked])


def _quality_networks(desk: Desk) -> str:
    models = desk.vision.quality_slot.get()
    named = [f"{model.name} ({model.file_name})" for model in models]
    return "\n".join(named) or t("engine.quality_none")


def _choose(desk: Desk) -> None:
    """Pick an installed engine; what follows from it is said before."""
    st.markdown(f"##### {t('engine.change')}")
    if engine_is_set(desk):
        st.info(t("engine.set_outside"))
        return
    found, now = options(desk), in_use(desk)
    option = st.selectbox(
        t("engine.installed_ones"),
        found,
        index=found.index(now) if now in found else 0,
        format_func=option_name,
        key=f"engine_option_{now.engine if now else ''}_{now.pack if now else ''}",
    )
    st.caption(t("engine.change_note"))
    grey = not allowed("switch_engine") or option == now
    st.button(
        t("engine.use", name=option_name(option)) if option != now else t("engine.is_used"),
        key="engine_use",
        type="primary",
        disabled=grey,
        help=why_not("switch_engine") or None,
        on_click=_switch,
        args=(desk, option),
    )


def _switch(desk: Desk, option: Option) -> None:
    try:
        switch_engine(desk, option, actor(desk, "switch_engine"))
    except FaceDeskError as error:
        st.session_state.engine_failed = error_text(error)
    else:
        st.session_state.engine_said = t("engine.switched", name=option_name(option))


def _reembed(desk: Desk) -> None:
    """How many photos are of another engine, and the job that brings them over."""
    st.markdown(f"##### {t('engine.reembed')}")
    job = desk.jobs.get(REEMBED)
    if job is not None and job.running:
        st.caption(t("engine.reembed_note"))
        show_progress(job)
        return
    if job is not None:
        show_end(job)
        if job.state == "done":
            st.success(t("engine.reembedded", count=job.result.done))
            if job.result.failed:
                st.warning(t("engine.reembed_failed", count=len(job.result.failed)))
    stale = desk.matrix.stale
    if not stale:
        st.html(f'<div class="fd-fact">{sign("pass")} {escape(t("engine.all_current"))}</div>')
        return
    st.warning(t("engine.stale", count=stale))
    st.caption(t("engine.reembed_note"))
    st.button(
        t("engine.reembed_button", count=stale),
        key="engine_reembed_go",
        type="primary",
        disabled=not allowed("reembed"),
        help=why_not("reembed") or None,
        on_click=_begin,
        args=(desk,),
    )


def _begin(desk: Desk) -> None:
    try:
        start_reembedding(desk, actor(desk, "reembed"))
    except FaceDeskError as error:
        st.session_state.engine_failed = error_text(error)
