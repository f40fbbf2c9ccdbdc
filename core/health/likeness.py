"""Photos of one person that disagree, and people who look alike: exact, in blocks.

Every face is compared with every other one: N (N - 1) / 2 cosines, as matrix products of blocks,
so that memory does not grow with the square of the gallery. Of two people the best pair of their
photos counts, of one person the worst.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.contract.fields import Band
from core.engine.base import EngineInfo
from core.health.faces import Faces

BLOCK = 2048
"""Rows of a block; a block of cosines is BLOCK x BLOCK float32, 16 MB."""

MOST_LISTED = 200
"""Pairs that are listed by name; the counts are always of all."""

_NEVER = -2.0


@dataclass(frozen=True, slots=True)
class FacePair:
    """Two registered photos and their cosine, in float64; of one person or of two."""

    first_id: str
    first_photo: str
    second_id: str
    second_photo: str
    cosine: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """What comparing everybody with everybody found.

    Attributes:
        several: how many people have two comparable photos or more.
        disagreeing: people by the band of their two photos that are least alike: ``different``
            and ``uncertain``.
        least_alike: those people, the lowest cosine first, up to MOST_LISTED.
        pairs: how many pairs of people were compared.
        alike: pairs of people by the band of their two photos that are most alike: ``same`` and
            ``uncertain``.
        most_alike: those pairs, the highest cosine first, up to MOST_LISTED.
    """

    several: int
    disagreeing: dict[Band, int]
    least_alike: tuple[FacePair, ...]
    pairs: int
    alike: dict[Band, int]
    most_alike: tuple[FacePair, ...]


def find_likeness(
    faces: Faces, info: EngineInfo, step: Callable[[int], object] = lambda pairs: None
) -> Likeness:
    """Compare each person's photos, then everybody with everybody.

    ``step`` is told how many pairs of photos were compared so far; it may raise to stop.
    """
    own = list(_least_of_each(faces))
    low = sorted((p for p in own if info.band(p.cosine) != "same"), key=lambda p: p.cosine)
    close, counts = _closest(faces, info, step)
    people = len(faces.people)
    return Likeness(
        several=len(own),
        disagreeing=_count(low, info, ("different", "uncertain")),
        least_alike=tuple(low[:MOST_LISTED]),
        pairs=people * (people - 1) // 2,
        alike=counts,
        most_alike=close,
    )


def _count(pairs: list[FacePair], info: EngineInfo, bands: tuple[Band, ...]) -> dict[Band, int]:
    found = [info.band(pair.cosine) for pair in pairs]
    return {band: found.count(band) for band in bands}


def pair_cosines(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """Cosines of unit rows (A, D) and (B, D) in float64, (A, B)."""
    cosines = first.astype(np.float64) @ second.astype(np.float64).T
    return np.asarray(np.clip(cosines, -1, 1), np.float64)


def _least_of_each(faces: Faces) -> Iterator[FacePair]:
    """The two photos that are least alike, of everybody who has two or more."""
    for person in np.flatnonzero(np.diff(faces.starts) > 1).tolist():
        rows = faces.rows_of(person)
        cosines = pair_cosines(faces.vectors[rows], faces.vectors[rows])
        cosines[np.tril_indices(len(cosines))] = 2
        yield _pair(faces, person, person, cosines, int(cosines.argmin()))


def _pair(faces: Faces, first: int, second: int, cosines: NDArray[np.float64], at: int) -> FacePair:
    one, two = divmod(at, cosines.shape[1])
    return FacePair(
        faces.people[first],
        faces.photo_ids[faces.rows_of(first).start + one],
        faces.people[second],
        faces.photo_ids[faces.rows_of(second).start + two],
        float(cosines[one, two]),
    )


def _closest(
    faces: Faces, info: EngineInfo, step: Callable[[int], object]
) -> tuple[tuple[FacePair, ...], dict[Band, int]]:
    """The most alike people, and how many pairs of people there are in each band."""
    counts: dict[Band, int] = {"same": 0, "uncertain": 0}
    kept = np.empty((0, 3))
    compared = 0
    for first, second in _couples(people_blocks(faces.starts)):
        step(compared)
        best = _best_of_people(faces, first, second)
        if first == second:
            best[np.tril_indices(len(best))] = _NEVER
        same = int(np.count_nonzero(best >= np.float32(info.same_cosine)))
        above = int(np.count_nonzero(best >= np.float32(info.different_cosine)))
        counts["same"] += same
        counts["uncertain"] += above - same
        least = kept[:, 2].min() if len(kept) == MOST_LISTED else info.different_cosine
        near = np.argwhere(best >= np.float32(least))
        places = np.add(near, (first.start, second.start))
        found = np.column_stack([places, best[near[:, 0], near[:, 1]]])
        kept = _highest(np.concatenate([kept, found]))
        compared += _cells(faces, first, second)
    return tuple(_named(faces, kept)), counts


def people_blocks(starts: NDArray[np.int64]) -> list[range]:
    """People in runs of up to BLOCK rows; nobody's rows are torn apart."""
    blocks, first = [], 0
    for person in range(1, len(starts)):
        if person == len(starts) - 1 or starts[person + 1] - starts[first] > BLOCK:
            blocks.append(range(first, person))
            first = person
    return blocks


def _couples(blocks: list[range]) -> Iterator[tuple[range, range]]:
    """Every block with itself and with all after it."""
    for number, first in enumerate(blocks):
        for second in blocks[number:]:
            yield first, second


def _cells(faces: Faces, first: range, second: range) -> int:
    rows, columns = (int(faces.starts[b.stop] - faces.starts[b.start]) for b in (first, second))
    return rows * columns // (2 if first == second else 1)


def _best_of_people(faces: Faces, first: range, second: range) -> NDArray[np.float32]:
    """Best cosine of each person of one block with each of another."""
    starts = faces.starts
    rows, columns = (slice(int(starts[b.start]), int(starts[b.stop])) for b in (first, second))
    cosines = faces.vectors[rows] @ faces.vectors[columns].T
    if cosines.shape[0] > len(first):
        inside = starts[first.start : first.stop] - starts[first.start]
        cosines = np.maximum.reduceat(cosines, inside, axis=0)
    if cosines.shape[1] > len(second):
        inside = starts[second.start : second.stop] - starts[second.start]
        cosines = np.maximum.reduceat(cosines, inside, axis=1)
    return cosines


def _highest(found: NDArray[np.float64]) -> NDArray[np.float64]:
    """The MOST_LISTED rows with the highest cosine in column 2."""
    if len(found) <= MOST_LISTED:
        return found
    return found[np.argpartition(-found[:, 2], MOST_LISTED)[:MOST_LISTED]]


def _named(faces: Faces, found: NDArray[np.float64]) -> list[FacePair]:
    pairs = []
    for first, second in found[:, :2].astype(np.int64).tolist():
        vectors = faces.vectors[faces.rows_of(first)], faces.vectors[faces.rows_of(second)]
        cosines = pair_cosines(*vectors)
        pairs.append(_pair(faces, first, second, cosines, int(cosines.argmax())))
    return sorted(pairs, key=lambda pair: (-pair.cosine, pair.first_id, pair.second_id))
