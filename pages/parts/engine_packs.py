"""Every pack as a table, one of them beside it, and the check of all files."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.desk import Desk
from core.fetching import CHECK, start_check
from core.fiqa.report import Verdict
from core.packs import BUILT_IN, PackView, list_packs
from core.switching import in_use
from pages.parts.engine_choice import commercial_use
from pages.parts.engine_pack import megabytes, pack_title, show_pack
from pages.parts.marks import sign
from pages.parts.progress import show_progress
from pages.parts.texts import both, t

ENDINGS = {
    " is missing": "engine.file_missing",
    " cannot be read": "engine.file_unreadable",
    " is not the file that was installed": "engine.file_changed",
    " is not the official file": "engine.file_other",
    " is damaged": "engine.file_damaged",
}
"""How a check's sentences end, and what that is in the reader's language."""
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
        name = st.selectbox(t("engine.pack"), names, format_func=pack_title, key="engine_pack")
        with st.container(border=True, key="engine_one_pack"):
            show_pack(desk, next(pack for pack in packs if pack.name == name))


def _first(packs: tuple[PackView, ...]) -> str:
    """What a newcomer may want: the first pack that may be used commercially and is not there."""
    wanted = [pack.name for pack in packs if pack.state == "no" and pack.commercial]
    return wanted[0] if wanted else packs[0].name


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
        f'<th scope="row"><b>{escape(pack_title(pack.name))}</b></th>',
        f"<td>{sign(there)} {escape(said)}</td>",
        f"<td>{sign(mark)} {escape(t(word))}</td>",
        f"<td>{escape(megabytes(pack.size))}</td>",
        f'<td class="fd-note">{escape(_note(pack))}</td>',
    )
    return f"<tr>{''.join(cells)}</tr>"


def _note(pack: PackView) -> str:
    if pack.name == BUILT_IN:
        return t("engine.note_builtin")
    return both(pack.note) if pack.note else t("engine.note_own")


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
    return f"{sign(mark)} <b>{escape(pack_title(name))}</b>: {escape(said)}"


def _problem(sentence: str) -> str:
    for ending, key in ENDINGS.items():
        if sentence.endswith(ending):
            return t(key, file=sentence.removesuffix(ending))
    return sentence
