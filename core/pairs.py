"""How well an engine's thresholds tell people apart, measured on photos in labelled pairs."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from core.assessment import Stopwatch
from core.engine.base import Embedding, EngineInfo
from core.errors import FaceDeskError
from core.rates import Rate
from core.vision import Vision

Pair = frozenset[str]
"""Names of two photos."""

RIVAL = 0.5
"""A second face of this share of the main one's area makes it unclear whom a photo shows."""


@dataclass(frozen=True, slots=True, eq=False)
class Gauge:
    """One engine with the photos' embeddings, by name."""

    info: EngineInfo
    embeddings: Mapping[str, Embedding]

    def cosine(self, pair: Pair) -> float:
        """Cosine similarity of the two photos' main faces."""
        one, two = sorted(pair)
        return self.embeddings[one].cosine(self.embeddings[two])


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What an engine's thresholds do to pairs whose truth is known.

    Attributes:
        info: which engine.
        same, different: cosines of the pairs of one person, and of two, ascending.
    """

    info: EngineInfo
    same: np.ndarray
    different: np.ndarray

    def false_matches(self, limit: float) -> Rate:
        """Pairs of two people that reach the limit (FMR)."""
        return Rate(int((self.different >= limit).sum()), len(self.different))

    def false_non_matches(self, limit: float) -> Rate:
        """Pairs of one person that stay below the limit (FNMR)."""
        return Rate(int((self.same < limit).sum()), len(self.same))


def read_pairs(file: Path) -> dict[Pair, bool]:
    """A CSV with ``file_x,file_y,Decision`` (Yes: the same person). Raises ValueError."""
    with file.open(newline="", encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    if not rows or not {"file_x", "file_y", "Decision"} <= set(rows[0]):
        raise ValueError("The CSV needs the columns file_x, file_y and Decision.")
    named = ((row["file_x"].strip(), row["file_y"].strip(), row["Decision"]) for row in rows)
    return {frozenset((x, y)): said.strip().lower() == "yes" for x, y, said in named if x != y}


def gauge(vision: Vision, photos: Sequence[Path], progress: Callable[[], object]) -> Gauge:
    """Embed each photo's main face as the product does.

    Photos without a face, or with two that could be meant, are left out.
    """
    embeddings = {}
    for path in photos:
        progress()
        try:
            sight = vision.see(path.read_bytes(), None, Stopwatch())
        except FaceDeskError:
            continue
        if len(sight.faces) > 1 and sight.faces[1].area > RIVAL * sight.faces[0].area:
            continue
        embeddings[path.name] = vision.engine.embed(sight.photo.pixels_bgr, sight.face)
    return Gauge(vision.engine.info, embeddings)


def common(gauges: Iterable[Gauge]) -> set[Pair]:
    """All pairs of photos that every engine could use."""
    names = set.intersection(*(set(each.embeddings) for each in gauges))
    return {frozenset(pair) for pair in combinations(sorted(names), 2)}


def judge(own: Gauge, others: Sequence[Gauge], labels: Mapping[Pair, bool]) -> Outcome:
    """One engine against the labels.

    A pair that nobody labelled counts where at least two other engines all clearly say the same
    of it; an engine never labels its own pairs.
    """
    same: list[float] = []
    different: list[float] = []
    for pair in common([own, *others]):
        truth = labels.get(pair)
        if truth is None and len(others) > 1:
            truth = _agreed(pair, others)
        if truth is not None:
            (same if truth else different).append(own.cosine(pair))
    return Outcome(own.info, np.sort(same), np.sort(different))


def _agreed(pair: Pair, others: Sequence[Gauge]) -> bool | None:
    bands = {other.info.band(other.cosine(pair)) for other in others}
    return {"same": True, "different": False}.get(bands.pop()) if len(bands) == 1 else None
