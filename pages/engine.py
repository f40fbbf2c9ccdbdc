"""Engine: what is installed, what it may be used for, and what its limits do to this gallery."""

from __future__ import annotations

import streamlit as st

from core.desk import Desk
from pages.parts.engine_choice import show_engine
from pages.parts.engine_limits import show_limits
from pages.parts.engine_packs import show_packs
from pages.parts.engine_policy import show_policy
from pages.parts.shell import page_title, show, start, tell
from pages.parts.texts import error_text, t

VIEWS = {
    "packs": "engine.view_packs",
    "limits": "engine.view_limits",
    "policy": "engine.view_policy",
}


def main() -> None:
    """The page; it is there without an engine as well, for that is when another is chosen."""
    desk, head = start(engine=False)
    page_title(head, t("page.engine"))
    tell("engine")
    if (missing := desk.vision.engine_slot.error) is not None:
        st.error(t("engine.failed", reason=error_text(missing)))
        show_engine(desk)
        show_packs(desk)
        return
    _show(_view(), desk)


def _view() -> str:
    st.session_state.setdefault("engine_view", "packs")
    chosen = st.segmented_control(
        t("engine.view"),
        list(VIEWS),
        format_func=lambda name: t(VIEWS[name]),
        key="engine_view",
        label_visibility="collapsed",
        required=True,
    )
    return chosen or "packs"


def _show(view: str, desk: Desk) -> None:
    if view == "limits":
        show_limits(desk)
    elif view == "policy":
        show_policy(desk)
    else:
        show_engine(desk)
        show_packs(desk)


show(main)
