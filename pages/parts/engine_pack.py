"""One pack in full: licence in plain words, origin, files, and fetching it."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.desk import Desk
from core.errors import FaceDeskError
from core.fetching import DOWNLOAD, start_download
from core.jobs import Job
from core.packs import BUILT_IN, PackView
from pages.parts.engine_choice import commercial_line
from pages.parts.progress import show_progress
from pages.parts.signin import actor, allowed, why_not
from pages.parts.texts import both, error_text, t

MB = 1e6
FAILURES = {
    "network": "engine.fail_network",
    "cut": "engine.fail_cut",
    "wrong": "engine.fail_wrong",
    "space": "engine.fail_space",
    "write": "engine.fail_write",
    "address": "engine.fail_address",
}
"""Why a download failed, by its kind."""
ROLES = {
    "detector": "engine.role_detector",
    "recogniser": "engine.role_recogniser",
    "landmarks": "engine.role_landmarks",
    "attributes": "engine.role_attributes",
    "quality": "engine.role_quality",
}


def show_pack(desk: Desk, pack: PackView) -> None:
    """What it may be used for, where it comes from, what is in it, and the way to get it."""
    st.markdown(f"##### {pack_title(pack.name)}")
    st.html(commercial_line(pack.commercial, both(pack.answer) or t("engine.licence_unknown")))
    facts = [
        (t("engine.licence"), pack.licence or "–"),
        (t("engine.origin"), ", ".join(pack.origin) or _unknown_origin(pack)),
        (t("engine.fetched"), pack.fetched[:10]),
        (t("engine.size"), megabytes(pack.size) if pack.size else ""),
    ]
    shown = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts if v)
    st.html(f'<dl class="fd-facts">{shown}</dl>')
    with st.expander(t("engine.files", count=len(pack.files))):
        st.html(_files(pack))
    if pack.known:
        _fetch(desk, pack)


def _unknown_origin(pack: PackView) -> str:
    return t("engine.origin_builtin" if pack.name == BUILT_IN else "engine.origin_unknown")


def _files(pack: PackView) -> str:
    rows = "".join(
        f"<tr><td>{escape(f.name)}</td>"
        f"<td>{escape(t(ROLES[f.role]) if f.role else '')}</td>"
        f"<td>{escape(megabytes(f.size))}</td></tr>"
        for f in pack.files
    )
    return f'<div class="fd-scroll"><table class="fd-items">{rows}</table></div>'


def _fetch(desk: Desk, pack: PackView) -> None:
    """Progress while any pack is fetched, how it ended, and the button."""
    job = desk.jobs.get(DOWNLOAD)
    if job is not None and job.running:
        show_progress(job, MB, "engine.download_progress")
        return
    if job is not None:
        _ended(job, pack)
    if pack.state == "yes":
        return
    accepted = bool(pack.commercial)
    if not pack.commercial:
        # Kept beside the widget, which is gone while a pack is fetched.
        before = pack.name in st.session_state.get("engine_accepted", ())
        accepted = st.checkbox(t("engine.accept"), before, key=f"engine_accept_{pack.name}")
    with st.expander(t("engine.elsewhere")):
        mirror = st.text_input(
            t("engine.mirror"), key="engine_mirror", placeholder="https://files.example.com/models"
        ).strip()
        st.markdown(t("engine.by_hand", name=pack.name, files=_by_hand(pack)))
    label = "engine.download" if pack.state == "no" else "engine.download_again"
    st.button(
        t(label, size=megabytes(pack.size)),
        key="engine_download",
        type="primary",
        disabled=not accepted or not allowed("get_models"),
        help=why_not("get_models") or (None if accepted else t("engine.accept_first")),
        on_click=_begin,
        args=(desk, pack, accepted, mirror),
    )


def _begin(desk: Desk, pack: PackView, accepted: bool, mirror: str) -> None:
    try:
        start_download(desk, pack.name, accepted, actor(desk, "get_models"), mirror or None)
        st.session_state.engine_accepted = (pack.name,) if accepted else ()
    except FaceDeskError as error:
        st.session_state.engine_failed = error_text(error)


def _by_hand(pack: PackView) -> str:
    """The addresses, as a list in the list of steps."""
    return "".join(f"\n    - `{url}`" for url in pack.pages)


def _ended(job: Job, pack: PackView) -> None:
    """How the last download ended, where it was of this pack."""
    if job.state == "done" and job.result == pack.name:
        st.success(t("engine.downloaded", name=pack.name))
    elif job.state == "cancelled":
        st.info(t("engine.download_cancelled"))
    elif job.error is not None and job.error.details.get("pack") in (None, pack.name):
        st.error(_failure(job.error))


def _failure(error: FaceDeskError) -> str:
    """Why there is no pack now, in one sentence of the reader's language."""
    key = FAILURES.get(error.details.get("kind", ""))
    if key is None:
        return error_text(error)
    return t(key, name=error.details["pack"], reason=error.details["reason"])


def megabytes(size: int | None) -> str:
    """Bytes in MB."""
    return "–" if size is None else f"{size / MB:.0f} MB" if size >= MB else f"{size / MB:.1f} MB"


def pack_title(name: str) -> str:
    """A pack's name for people."""
    return t("engine.builtin") if name == BUILT_IN else name
