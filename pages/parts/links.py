"""Ways from one page to another."""

from __future__ import annotations

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from pages.parts.texts import t


def page_link(page: str, label: str, **query: str) -> None:
    """A link to a page, by its file below ``pages``; ``query`` goes into the address.

    A page's file that runs alone, without app.py, knows of no other page: there it is a word only.
    """
    try:
        st.page_link(f"pages/{page}.py", label=label, query_params=query, width="stretch")
    except StreamlitPageNotFoundError:
        st.caption(label)


def desk_link(identity_id: str, photo_id: str, number: int) -> None:
    """Opens the desk on this person with this photo chosen to be replaced."""
    label = t("health.to_desk", id=identity_id, number=number)
    page_link("replace", label, person=identity_id, photo=photo_id)


def engine_link() -> None:
    """Opens the page of engines."""
    page_link("engine", t("engine.open"))
