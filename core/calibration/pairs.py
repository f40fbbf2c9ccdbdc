"""Labelled pairs of photos, and the comparisons that follow from them."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.calibration.walk import CalibrationError, Sample

COLUMNS = ("file_x", "file_y", "Decision")
SAME, OTHER = {"yes", "true", "1"}, {"no", "false", "0"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two photos, by name, and whether they show the same person."""

    first: str
    second: str
    same: bool


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """Every comparison of two samples, one array element each.

    Attributes:
        cosine: float64 (N,).
        same: bool (N,), whether it is the same person.
        pair: int64 (N,), index of the labelled pair it follows from.
        defect: what was done to the spoiled side, empty where neither is.
        qualities: by name, float64 (N,): the lower quality of the two, -inf where unknown.
    """

    cosine: NDArray[np.float64]
    same: NDArray[np.bool_]
    pair: NDArray[np.int64]
    defect: NDArray[np.str_]
    qualities: dict[str, NDArray[np.float64]]


def read_pairs(file: Path, folder: Path) -> tuple[Pair, ...]:
    """The pairs of a CSV file with the columns file_x, file_y, Decision (Yes or No).

    Raises CalibrationError: the file cannot be read, lacks a column, has an unknown decision,
    holds no pair, or names photos that the folder does not have.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            lacking = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
            if lacking:
                raise CalibrationError(
                    f"{file} has no column {lacking[0]}; expected {', '.join(COLUMNS)}."
                )
            pairs = tuple(_pair(file, rows.line_num, row) for row in rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CalibrationError(f"{file} cannot be read as CSV ({error}).") from error
    if not pairs:
        raise CalibrationError(f"{file} holds no pairs.")
    names = dict.fromkeys(name for pair in pairs for name in (pair.first, pair.second))
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise CalibrationError(
            f"{file} names {len(missing)} photo(s) that are not in {folder}: {shown}."
        )
    return pairs


def _pair(file: Path, line: int, row: dict[str, str | None]) -> Pair:
    first, second, decision = ((row[name] or "").strip() for name in COLUMNS)
    if decision.lower() not in SAME | OTHER:
        raise CalibrationError(
            f"{file}, line {line}: Decision is {decision!r}; expected Yes or No."
        )
    return Pair(first, second, decision.lower() in SAME)


def half_of(pairs: Sequence[Pair], half: str) -> tuple[Pair, ...]:
    """The pairs of one half of the people, ``a`` or ``b``: what was fitted on the one half is
    tried on the other, whose faces it has not seen. Of two different people one is enough: they
    fix the threshold, and are never discarded.

    Who is one person follows from the pairs that say so. People with most such pairs are dealt
    out first, each to the half that has fewer. Raises CalibrationError when nothing is left.
    """
    person: dict[str, str] = {}
    for pair in pairs:
        first, second = (_root(person, name) for name in (pair.first, pair.second))
        if pair.same:
            person[max(first, second)] = min(first, second)
    known = Counter(_root(person, pair.first) for pair in pairs if pair.same)
    people = sorted({_root(person, name) for name in list(person)}, key=lambda p: (-known[p], p))
    halves: dict[str, set[str]] = {"a": set(), "b": set()}
    for one in people:
        fewer = min("ab", key=lambda h: (sum(known[p] for p in halves[h]), len(halves[h])))
        halves[fewer].add(one)
    mine = halves[half]
    kept = tuple(p for p in pairs if {_root(person, p.first), _root(person, p.second)} & mine)
    if not kept:
        raise CalibrationError(f"No pair is left in half {half} of the people.")
    return kept


def _root(person: dict[str, str], name: str) -> str:
    """The name that stands for a photo's person: follows who is the same as whom to the end."""
    while person.setdefault(name, name) != name:
        name = person[name]
    return name


def compare(pairs: Sequence[Pair], samples: Iterable[Sample]) -> Comparisons:
    """Compare each pair's photos, and each one's spoiled copies with the other as it is.

    So a registered photo is always as it is, and what is discarded is what comes in. Photos
    that could not be embedded take no part. Raises CalibrationError when nothing is left.
    """
    of_photo: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        of_photo[sample.photo].append(sample)
    rows: list[tuple[Sample, Sample, int]] = []
    for index, pair in enumerate(pairs):
        first, second = of_photo[pair.first], of_photo[pair.second]
        if first and second:
            rows += [(first[0], copy, index) for copy in second]
            rows += [(second[0], copy, index) for copy in first[1:]]
    if not rows:
        raise CalibrationError("No pair could be compared: in none were both faces found.")
    names = rows[0][0].qualities
    return Comparisons(
        cosine=np.array([float(a.vector @ b.vector) for a, b, _ in rows]),
        same=np.array([pairs[index].same for _, _, index in rows]),
        pair=np.array([index for _, _, index in rows]),
        defect=np.array([b.defect for _, b, _ in rows]),
        qualities={
            name: np.array([min(_known(a, name), _known(b, name)) for a, b, _ in rows])
            for name in names
        },
    )


def _known(sample: Sample, name: str) -> float:
    value = sample.qualities.get(name, np.nan)
    return value if np.isfinite(value) else -np.inf
