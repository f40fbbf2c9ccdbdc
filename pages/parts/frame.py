"""What the pages tell the browser: language, how they are installed, Streamlit's own words."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.manifest import ADDRESS
from pages.parts.texts import CATALOGUES, language

JS = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
LANGUAGE_TAGS = {"en": "en", "zh": "zh-CN"}


FRAME = st.components.v2.component("facedesk_frame", js=JS)


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
