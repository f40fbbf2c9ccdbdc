"""Verify: two faces, one face against everybody, or many labelled pairs; nothing is stored."""

from __future__ import annotations

import streamlit as st

from core.desk import Desk
from pages.parts.shell import page_title, show, start
from pages.parts.texts import t
from pages.parts.verify_batch import compare_batch
from pages.parts.verify_pair import compare_two
from pages.parts.verify_search import search_all

MODES = ("pair", "search", "batch")


def main() -> None:
    """The page."""
    desk, head = start()
    page_title(head, t("page.verify"))
    _show(desk, _mode())


def _mode() -> str:
    """Which of the three; the address of the page names it."""
    asked = st.query_params.get("mode")
    st.session_state.setdefault("verify_mode", asked if asked in MODES else MODES[0])
    chosen = st.segmented_control(
        t("verify.mode"),
        MODES,
        format_func=lambda mode: t(f"verify.mode_{mode}"),
        key="verify_mode",
        label_visibility="collapsed",
        required=True,
    )
    mode = chosen or MODES[0]
    if asked != mode:
        st.query_params["mode"] = mode
    st.caption(t(f"verify.says_{mode}"))
    return mode


def _show(desk: Desk, mode: str) -> None:
    {"pair": compare_two, "search": search_all, "batch": compare_batch}[mode](desk)


show(main)
