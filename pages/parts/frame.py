"""What the pages tell the browser: language, how they are installed, Streamlit's own words."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.manifest import ADDRESS
from pages.parts.texts import CATALOGUES, language

HERE = Path(__file__).parent
LANGUAGE_TAGS = {"en": "en", "zh": "zh-CN"}
INSTEAD = {
    "The page that you have requested does not seem to exist. Running the app's main page.": (
        "server.no_page"
    ),
    "Streamlit server is not responding. Are you connected to the internet?": "server.silent",
    "Is Streamlit still running? If you accidentally stopped Streamlit, just restart it in your "
    "terminal:": "server.silent_here",
    "streamlit run yourscript.py": "server.start",
}
"""What Streamlit says of itself and nobody here could make use of, and what is said instead."""


FRAME = st.components.v2.component("facedesk_frame", js=(HERE / "frame.js").read_text("utf-8"))
HANDS = st.components.v2.component("facedesk_hands", js=(HERE / "hands.js").read_text("utf-8"))


def show_frame() -> None:
    """Tell the browser; shows nothing."""
    spoken, told = CATALOGUES["en"], CATALOGUES[language()]
    words = {said: told[key] for said, key in INSTEAD.items()}
    if told is not spoken:
        words |= {spoken[key]: told[key] for key in spoken if key.startswith("streamlit.")}
    data = {"lang": LANGUAGE_TAGS[language()], "manifest": ADDRESS, "words": words}
    FRAME(key="frame", data=data)
    HANDS(key="hands")
