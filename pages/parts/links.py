"""Ways from a finding to the desk."""

from __future__ import annotations

import streamlit as st

from pages.parts.texts import t


def desk_link(identity_id: str, photo_id: str, number: int) -> None:
    """Opens the desk on this person with this photo chosen to be replaced."""
    st.page_link(
        "pages/replace.py",
        label=t("health.to_desk", id=identity_id, number=number),
        query_params={"person": identity_id, "photo": photo_id},
    )
