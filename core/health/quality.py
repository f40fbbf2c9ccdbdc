"""The registered photos by quality, from what is kept with them: no photo is examined again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.contract.fields import LEVELS, Level
from core.fiqa.policy import STRICT_LEVELS, Policy
from core.fiqa.report import ITEMS, Report, Text
from core.gallery.records import Identity, RegisteredPhoto
from core.kept import judged_again

BIN = 5
"""Width of a bar of the histogram of overall scores."""

BINS = 100 // BIN + 1
"""Bars: [0, 5), [5, 10), ... and 100 itself."""

MOST_LISTED = 500
"""Photos that are listed by name; the counts are always of all."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A registered photo's quality today.

    Attributes:
        overall: 0..100, or -1 when it could not be said.
        best_level: strictest level it passes.
        failed: names of the items that keep it from each level, worst first.
        reason: the worst item's sentence at the next level up; None when it passes all.
        anew: judged by today's limits; else the verdict is the one of its day.
    """

    overall: int
    best_level: Level
    failed: dict[Level, tuple[str, ...]]
    reason: Text | None
    anew: bool


@dataclass(frozen=True, slots=True)
class Poor:
    """A photo that should be replaced; ``number`` counts the person's photos from 1."""

    photo_id: str
    identity_id: str
    number: int
    judged: Judged


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """All registered photos by quality.

    Attributes:
        people, photos: how many there are.
        levels: photos by the strictest level they pass.
        overall: by that level, int64 (BINS,): photos by overall score; unknown ones are missing.
        failed: photos that fail each item, by item and level.
        as_kept: photos whose measures were not kept: their verdict is the one of their day.
        worst: the photos that do not pass ``high``, worst first, up to MOST_LISTED.
        photoless: ids of people without a photo, up to MOST_LISTED; ``photoless_count`` of all.
    """

    people: int
    photos: int
    levels: dict[Level, int]
    overall: dict[Level, NDArray[np.int64]]
    failed: dict[str, dict[Level, int]]
    as_kept: int
    worst: tuple[Poor, ...]
    photoless: tuple[str, ...]
    photoless_count: int


def judge_photo(photo: RegisteredPhoto, policy: Policy) -> Judged:
    """A registered photo under today's limits where its measures are kept, else as kept."""
    report = judged_again(photo.fiqa, policy)
    return _as_kept(photo) if report is None else _anew(report)


def _anew(report: Report) -> Judged:
    best = report.best_level
    failed = {level: tuple(i.name for i in report.failed(level)) for level in STRICT_LEVELS}
    upward = next_level(best)
    reasons = report.reasons(upward) if upward else ()
    reason = reasons[0].text_at(upward) if upward and reasons else None
    return Judged(report.overall, best, failed, reason, True)


def _as_kept(photo: RegisteredPhoto) -> Judged:
    items: dict[str, dict[str, Any]] = photo.fiqa
    failed = {
        level: tuple(
            name
            for name, item in items.items()
            if name in ITEMS and item.get("verdicts", {}).get(level) == "fail"
        )
        for level in STRICT_LEVELS
    }
    upward = next_level(photo.best_level)
    first = failed[upward][:1] if upward else ()
    reason = Text(**items[first[0]]["text"]) if first and "text" in items[first[0]] else None
    return Judged(photo.overall, photo.best_level, failed, reason, False)


def next_level(best: Level) -> Level | None:
    """The level above this one; None above the strictest."""
    rank = LEVELS.index(best) + 1
    return LEVELS[rank] if rank < len(LEVELS) else None


class QualityTally:
    """Adds people up, one after the other; its memory does not grow with the gallery."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._people = self._as_kept = 0
        self._overall = {level: np.zeros(BINS, np.int64) for level in LEVELS}
        self._levels = dict.fromkeys(LEVELS, 0)
        self._failed = {name: dict.fromkeys(STRICT_LEVELS, 0) for name in ITEMS}
        self._worst: list[Poor] = []
        self._photoless: list[str] = []
        self._photoless_count = 0

    def add(self, person: Identity) -> None:
        """Count a person's photos."""
        self._people += 1
        if not person.photos:
            self._photoless_count += 1
            self._photoless += [person.id] if len(self._photoless) < MOST_LISTED else []
        for number, photo in enumerate(person.photos, 1):
            self._add(Poor(photo.id, person.id, number, judge_photo(photo, self._policy)))

    def _add(self, photo: Poor) -> None:
        judged = photo.judged
        self._levels[judged.best_level] += 1
        if judged.overall >= 0:
            self._overall[judged.best_level][judged.overall // BIN] += 1
        for level, names in judged.failed.items():
            for name in names:
                self._failed[name][level] += 1
        self._as_kept += not judged.anew
        if judged.best_level != "high":
            self._worst.append(photo)
        if len(self._worst) >= 2 * MOST_LISTED:
            self._cut()

    def _cut(self) -> None:
        self._worst.sort(key=_need)
        del self._worst[MOST_LISTED:]

    def result(self) -> Quality:
        """What was counted so far."""
        self._cut()
        return Quality(
            people=self._people,
            photos=sum(self._levels.values()),
            levels=dict(self._levels),
            overall={level: counts.copy() for level, counts in self._overall.items()},
            failed={name: dict(counts) for name, counts in self._failed.items()},
            as_kept=self._as_kept,
            worst=tuple(self._worst),
            photoless=tuple(self._photoless),
            photoless_count=self._photoless_count,
        )


def _need(photo: Poor) -> tuple[int, int, str, int]:
    """Sort key, what needs replacing most first: the lowest level, then the lowest score."""
    judged = photo.judged
    return LEVELS.index(judged.best_level), judged.overall, photo.identity_id, photo.number
