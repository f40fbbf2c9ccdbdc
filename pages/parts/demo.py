"""The empty gallery: one button to a first replacement."""

from __future__ import annotations

import streamlit as st

from core.demo import load_demo
from core.desk import Desk
from core.errors import FaceDeskError
from pages.parts.signin import actor, allowed, why_not
from pages.parts.texts import error_text, t


def offer_demo(desk: Desk) -> None:
    """Say that nobody is registered, and load the demo gallery when asked to."""
    with st.container(border=True):
        st.markdown(f"##### {t('empty.title')}")
        st.write(t("empty.text"))
        grey = not allowed("demo")
        if st.button(t("empty.button"), type="primary", key="load_demo", disabled=grey):
            bar = st.progress(0.0, t("empty.loading"))
            try:
                load_demo(
                    desk,
                    actor(desk, "demo"),
                    lambda done, of: bar.progress(done / of, t("empty.loading")),
                )
            except FaceDeskError as error:
                st.error(error_text(error))
                return
            st.session_state.person = "001"
            st.rerun()
        st.caption(why_not("demo") or t("empty.note"))
