"""Small pieces of HTML: marks, dots, bars. Everything that comes from data is escaped."""

from __future__ import annotations

import base64
from html import escape

from core.contract.fields import LEVELS, Level
from core.fiqa.report import Verdict

SIGNS: dict[Verdict, str] = {"pass": "✔", "fail": "✘", "advice": "!", "not_assessed": "–"}


def sign(verdict: Verdict) -> str:
    """A mark that reads without its colour."""
    return f'<span class="fd-sign fd-{verdict}">{SIGNS[verdict]}</span>'


def quality_dot(best_level: Level) -> str:
    """A dot with as many filled quarters as the level is strict."""
    rank = LEVELS.index(best_level)
    return f'<span class="fd-dot fd-rank{rank}" aria-hidden="true">{"○◔◑●"[rank]}</span>'


def picture(jpeg: bytes, alt: str, css: str = "fd-crop") -> str:
    """An inline picture with its text alternative."""
    data = base64.b64encode(jpeg).decode("ascii")
    return f'<img class="{css}" alt="{escape(alt)}" src="data:image/jpeg;base64,{data}">'
