"""The gallery's state in five numbers."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.fiqa.report import Verdict
from core.health.checkup import Checkup
from pages.parts.marks import sign
from pages.parts.texts import t


def tiles(checkup: Checkup) -> None:
    """Each number with a mark that says whether there is something to do."""
    quality, likeness = checkup.quality, checkup.likeness
    shown: list[tuple[str, int, Verdict]] = [
        ("health.tile_low", quality.levels["no"], "fail"),
        ("health.tile_own", sum(likeness.disagreeing.values()), "fail"),
        ("health.tile_double", likeness.alike["same"], "fail"),
        ("health.tile_alike", likeness.alike["uncertain"], "advice"),
        ("health.tile_stale", checkup.stale, "fail"),
        ("health.tile_photoless", quality.photoless_count, "advice"),
    ]
    boxes = "".join(_tile(key, count, mark) for key, count, mark in shown)
    st.html(f'<div class="fd-tiles" role="list">{boxes}</div>')


def heading(text: str) -> None:
    """A part of the page."""
    st.html(f'<div class="fd-part" role="heading" aria-level="2">{escape(text)}</div>')


def _tile(key: str, count: int, mark: Verdict) -> str:
    shown: Verdict = mark if count else "pass"
    return (
        f'<div class="fd-tile fd-{shown}" role="listitem">'
        f"<b>{sign(shown)} {count}</b><span>{escape(t(key))}</span></div>"
    )
