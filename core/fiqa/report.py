"""The examiner's answer: items with value, limits, verdicts and one sentence each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from core.contract.fields import LEVELS, Level
from core.errors import LowQuality

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

DETECTION = "DetectionScore"
"""The measure that also names the engine, as its ``model``."""

LIVENESS = "LivenessScore"
"""The measure that says how likely a face is real, not printed or on a screen; never judged."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured quantity.

    Attributes:
        name: OFIQ's measure name (``DynamicRange``) or ours (``FaceShortSide``).
        native: value in its own unit, or None when it could not be measured.
        unit: ``px``, ``deg``, ``bit``, ``%``, or empty.
        score: 0..100 by OFIQ's formula, -1 when not assessed.
        source: ``ofiq`` (its formula), ``substitute`` (ours) or ``model`` (a network).
        model: the optional network it comes from, or whose points it is computed from; of
            ``DETECTION`` the engine; or empty.
    """

    name: str
    native: float | None
    unit: str
    score: int
    source: Source
    model: str = ""


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
        blocked: levels this item keeps the face from, weakest first: those whose limit it fails,
            and those whose limit its value could not be compared with.
        texts: ``text`` for each level that is blocked or advised against.
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
    blocked: tuple[Level, ...] = ()
    texts: dict[Level, Text] = field(default_factory=dict)

    def text_at(self, level: Level) -> Text:
        """The sentence for one level, ``text`` where that level says nothing of its own."""
        return self.texts.get(level, self.text)


@dataclass(frozen=True, slots=True)
class Report:
    """All items, worst first, judged at all levels at once.

    Attributes:
        items: every one of ``ITEMS``; failed ones first, not assessed ones last.
        overall: 0..100, on a scale where 25, 50 and 75 are the limits of low, normal and high,
            so that 75 or more passes high: where the unified model's score stands, at most what
            the level that is passed allows; without that model the weakest gating item. One that
            could not be assessed stands just below the first level it gates; if that is low, the
            overall is -1, unless another item fails at every level.
        overall_source: ``model``, or the name of that weakest item.
        measures: everything that was measured, also what stands under no item. Of a quantity
            that was measured twice, the one that counts comes first.
    """

    items: tuple[Item, ...]
    overall: int
    overall_source: str
    measures: tuple[Measure, ...] = ()

    def passes(self, level: Level) -> bool:
        """Whether no item keeps the face from this level; ``no`` always passes."""
        return not self.failed(level)

    def failed(self, level: Level) -> tuple[Item, ...]:
        """Items that keep the face from this level, worst first.

        Those with the verdict fail, and those that have a limit but no value to compare with it.
        """
        return tuple(item for item in self.items if level in item.blocked)

    def reasons(self, level: Level) -> tuple[Item, ...]:
        """``failed`` without the items that another failed one explains: what to tell a person."""
        return tuple(item for item in self.failed(level) if not item.hidden_by)

    def advice(self, level: Level) -> tuple[Item, ...]:
        """Items that pass this level with an advice, worst first."""
        return tuple(item for item in self.items if item.verdicts[level] == "advice")

    def item(self, name: str) -> Item:
        """The item of this name. Raises KeyError for a name that is not one of ``ITEMS``."""
        for item in self.items:
            if item.name == name:
                return item
        raise KeyError(name)

    def measure(self, name: str) -> Measure | None:
        """What was measured under this name, the one that counts; None when nothing was."""
        return next((measure for measure in self.measures if measure.name == name), None)

    @property
    def best_level(self) -> Level:
        """The strictest level this face passes."""
        return max((level for level in LEVELS if self.passes(level)), key=LEVELS.index)


def require_level(report: Report, level: Level) -> None:
    """Raise LowQuality, naming every reason, when the report fails at ``level``."""
    reasons = report.reasons(level)
    if not report.passes(level):
        message = "; ".join(f"{item.name}: {item.text_at(level).en}" for item in reasons)
        raise LowQuality(message, report=report, level=level)
