"""Every sentence of the pages, by key, in the reader's language."""

from __future__ import annotations

import re
from typing import Literal

import streamlit as st

from core.errors import FaceDeskError, NotReady
from core.fiqa.report import Text
from pages.parts.texts_en import EN
from pages.parts.texts_zh import ZH

_SIGN = re.compile(r"([!-/:-@\[-`{-~])")
_FOUND_LATER = re.compile(r":(?=[\w/+-]+:)|https?:(?=//)|www(?=\.)|@", re.IGNORECASE)

Language = Literal["en", "zh"]

CATALOGUES: dict[Language, dict[str, str]] = {"en": EN, "zh": ZH}
NAMES: dict[Language, str] = {"zh": "中文", "en": "English"}


def language() -> Language:
    """What the reader chose, else what the browser asks for, else English."""
    chosen = st.session_state.get("language")
    if chosen in CATALOGUES:
        return "zh" if chosen == "zh" else "en"
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def t(key: str, **values: object) -> str:
    """The sentence ``key``, with ``values`` filled in."""
    text = CATALOGUES[language()][key]
    return text.format(**values) if values else text


def plain(text: str) -> str:
    """Somebody's words (a name, an id), for an element that reads Markdown: shown as they are.

    Most of Streamlit's elements read it, labels too. Each sign that could mean something gets a
    backslash (CommonMark 0.31, section 2.4); shortcodes and bare addresses, which are looked for in
    the text that comes of that, get an invisible sign within.
    """
    one_line = " ".join(text.split())
    return _SIGN.sub(r"\\\1", _FOUND_LATER.sub("\\g<0>\u2060", one_line))


def both(text: Text) -> str:
    """A sentence that comes in both languages."""
    return text.zh if language() == "zh" else text.en


def error_text(error: FaceDeskError) -> str:
    """An error as a sentence: its own in English, its status' in Chinese.

    Some bring their own Chinese sentence along. What is not ready, and what to do about it, only
    the error itself says: it is added.
    """
    if language() == "en":
        return error.message
    if isinstance(own := error.details.get("zh"), str):
        return own
    general = ZH.get(f"error.{error.status}", error.message)
    return f"{general}（{error.message}）" if isinstance(error, NotReady) else general
