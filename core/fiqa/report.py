"""The examiner's answer: items with value, limits, verdicts and one sentence each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.contract.fields import LEVELS, Level

Verdict = Literal["pass", "fail", "advice", "not_assessed"]
Source = Literal["ofiq", "substitute", "model"]

ITEMS: tuple[str, ...] = (
    "headpose",
    "clarity",
    "face_size",
    "partial",
    "face_color",
    "brightness",
    "mask",
    "occlusion",
    "single_face",
    "detection",
    "eyes",
    "unified",
)
"""Stable item names: the family's eight, then ours."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured quantity.

    Attributes:
        name: OFIQ's measure name (``DynamicRange``) or ours (``FaceShortSide``).
        native: value in its own unit, or None when it could not be measured.
        unit: ``px``, ``deg``, ``bit``, ``%``, or empty.
        score: 0..100 by OFIQ's formula, -1 when not assessed.
        source: ``ofiq`` (its formula), ``substitute`` (ours) or ``model`` (a network).
    """

    name: str
    native: float | None
    unit: str
    score: int
    source: Source


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the report.

    Attributes:
        name: one of ``ITEMS``.
        value: what is compared with the limit, or None when not assessed.
        unit: unit of value and limits.
        higher_is_better: which side of the limit passes.
        limits: limit at each level; a level that sets none is missing.
        verdicts: verdict at each level.
        text: what is wrong, how much, what to do; at the weakest failing level, or that it passes.
        measures: the quantities behind it.
        hidden_by: the item that explains this one's failure (too small hides not sharp), or empty.
    """

    name: str
    value: float | None
    unit: str
    higher_is_better: bool
    limits: dict[Level, float]
    verdicts: dict[Level, Verdict]
    text: Text
    measures: tuple[Measure, ...]
    hidden_by: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All items, worst first, judged at all levels at once.

    Attributes:
        items: every one of ``ITEMS``; failed ones first, not assessed ones last.
        overall: 0..100: the unified model's score, else the weakest gating item's.
        overall_source: ``model``, or the name of that weakest item.
    """

    items: tuple[Item, ...]
    overall: int
    overall_source: str

    def passes(self, level: Level) -> bool:
        """Whether no item fails at this level; ``no`` always passes."""
        return not self.failed(level)

    def failed(self, level: Level) -> tuple[Item, ...]:
        """Items that fail at this level, worst first."""
        return tuple(item for item in self.items if item.verdicts[level] == "fail")

    @property
    def best_level(self) -> Level:
        """The strictest level this face passes."""
        return max((level for level in LEVELS if self.passes(level)), key=LEVELS.index)
