"""What the pages tell the browser: language, how they are installed, Streamlit's own words."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.manifest import ADDRESS
from pages.parts.texts import CATALOGUES, language

HERE = Path(__file__).parent
LANGUAGE_TAGS = {"en": "en", "zh": "zh-CN"}


FRAME = st.components.v2.component("facedesk_frame", js=(HERE / "frame.js").read_text("utf-8"))
HANDS = st.components.v2.component("facedesk_hands", js=(HERE / "hands.js").read_text("utf-8"))


def show_frame() -> None:
    """Tell the browser; shows nothing."""
    spoken, told = CATALOGUES["en"], CATALOGUES[language()]
    words = {spoken[key]: told[key] for key in spoken if key.startswith("streamlit.")}
    data = {
        "lang": LANGUAGE_TAGS[language()],
        "manifest": ADDRESS,
        "words": {} if told is spoken else words,
    }
    FRAME(key="frame", data=data)
    HANDS(key="hands")
