"""Every pack as a table, and one of them in full: licence, files, fetching, checking."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.desk import Desk
from core.errors import FaceDeskError
from core.fiqa.report import Verdict
from core.jobs import Job
from core.packs import BUILT_IN, CHECK, DOWNLOAD, PackView, list_packs, start_check, start_download
from core.switching import in_use
from pages.parts.engine_choice import commercial_line, commercial_use
from pages.parts.marks import sign
from pages.parts.progress import show_progress
from pages.parts.signin import actor, allowed, why_not
from pages.parts.texts import both, error_text, t

MB = 1e6
ENDINGS = {
    " is missing": "engine.file_missing",
    " cannot be read": "engine.file_unreadable",
    " is not the file that was installed": "engine.file_changed",
    " is not the official file": "engine.file_other",
    " is damaged": "engine.file_damaged",
}
"""How a check's sentences end, and what that is in the reader's language."""
FAILURES = {
    "network": "engine.fail_network",
    "cut": "engine.fail_cut",
    "wrong": "engine.fail_wrong",
    "space": "engine.fail_space",
    "write": "engine.fail_write",
    "address": "engine.fail_address",
}
"""Why a download failed, by its kind."""
COLUMNS = (
    "engine.name",
    "engine.state",
    "engine.commercial_short",
    "engine.size",
    "engine.good_for",
)
STATES: dict[str, tuple[Verdict, str]] = {
    "yes": ("pass", "engine.state_yes"),
    "no": ("not_assessed", "engine.state_no"),
    "damaged": ("fail", "engine.state_damaged"),
}
ROLES = {
    "detector": "engine.role_detector",
    "recogniser": "engine.role_recogniser",
    "landmarks": "engine.role_landmarks",
    "attributes": "engine.role_attributes",
    "quality": "engine.role_quality",
}


def show_packs(desk: Desk) -> None:
    """The table of packs, the check of all files, and one pack in full."""
    packs = list_packs(desk)
    st.markdown(f"##### {t('engine.packs')}")
    left, right = st.columns([1.35, 1], gap="medium")
    with left:
        used = in_use(desk)
        st.html(_table(packs, (used.pack or BUILT_IN) if used else ""))
        _check(desk)
    with right:
        names = [pack.name for pack in packs]
        st.session_state.setdefault("engine_pack", _first(packs))
        if st.session_state.engine_pack not in names:
            st.session_state.engine_pack = names[0]
        name = st.selectbox(t("engine.pack"), names, format_func=_title, key="engine_pack")
        with st.container(border=True, key="engine_one_pack"):
            _one(desk, next(pack for pack in packs if pack.name == name))


def _first(packs: tuple[PackView, ...]) -> str:
    """What a newcomer may want: the first pack that may be used commercially and is not there."""
    wanted = [pack.name for pack in packs if pack.state == "no" and pack.commercial]
    return wanted[0] if wanted else packs[0].name


def _title(name: str) -> str:
    return t("engine.builtin") if name == BUILT_IN else name


def _table(packs: tuple[PackView, ...], used: str) -> str:
    heads = "".join(f'<th scope="col">{escape(t(name))}</th>' for name in COLUMNS)
    rows = "".join(_row(pack, pack.name == used) for pack in packs)
    return (
        f'<div class="fd-scroll"><table class="fd-items fd-packs"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(pack: PackView, used: bool) -> str:
    mark, word = commercial_use(pack.commercial)
    there, state = STATES[pack.state]
    said = t("engine.state_used" if used else state)
    cells = (
        f'<th scope="row"><b>{escape(_title(pack.name))}</b></th>',
        f"<td>{sign(there)} {escape(said)}</td>",
        f"<td>{sign(mark)} {escape(t(word))}</td>",
        f"<td>{escape(_mb(pack.size))}</td>",
        f'<td class="fd-note">{escape(_note(pack))}</td>',
    )
    return f"<tr>{''.join(cells)}</tr>"


def _note(pack: PackView) -> str:
    if pack.name == BUILT_IN:
        return t("engine.note_builtin")
    return both(pack.note) if pack.note else t("engine.note_own")


def _mb(size: int | None) -> str:
    return "–" if size is None else f"{size / MB:.0f} MB" if size >= MB else f"{size / MB:.1f} MB"


def _check(desk: Desk) -> None:
    """Hash every file again; what differs is said by name."""
    job = desk.jobs.get(CHECK)
    if job is not None and job.running:
        show_progress(job)
        return
    if st.button(t("engine.check"), key="engine_check"):
        start_check(desk)
        st.rerun()
    if job is None or job.state != "done":
        st.caption(t("engine.check_note"))
        return
    lines = [_verdict(name, v.checked, v.problems) for name, v in job.result.items()]
    st.html(f'<div class="fd-fact">{"<br>".join(lines)}</div>')


def _verdict(name: str, checked: int, problems: tuple[str, ...]) -> str:
    mark: Verdict = "fail" if problems else "pass" if checked else "not_assessed"
    said = "; ".join(_problem(problem) for problem in problems)
    if not problems:
        said = t("engine.checked", count=checked) if checked else t("engine.nothing_to_compare")
    return f"{sign(mark)} <b>{escape(_title(name))}</b>: {escape(said)}"


def _problem(sentence: str) -> str:
    for ending, key in ENDINGS.items():
        if sentence.endswith(ending):
            return t(key, file=sentence.removesuffix(ending))
    return sentence


def _one(desk: Desk, pack: PackView) -> None:
    st.markdown(f"##### {_title(pack.name)}")
    st.html(commercial_line(pack.commercial, both(pack.answer) or t("engine.licence_unknown")))
    facts = [
        (t("engine.licence"), pack.licence or "–"),
        (t("engine.origin"), ", ".join(pack.origin) or _unknown_origin(pack)),
        (t("engine.fetched"), pack.fetched[:10]),
        (t("engine.size"), _mb(pack.size) if pack.size else ""),
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
        f"<td>{escape(_mb(f.size))}</td></tr>"
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
        accepted = st.checkbox(t("engine.accept"), key=f"engine_accept_{pack.name}")
    with st.expander(t("engine.elsewhere")):
        mirror = st.text_input(
            t("engine.mirror"), key="engine_mirror", placeholder="https://files.example.com/models"
        ).strip()
        st.markdown(t("engine.by_hand", name=pack.name, files=_by_hand(pack)))
    label = "engine.download" if pack.state == "no" else "engine.download_again"
    st.button(
        t(label, size=_mb(pack.size)),
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
