"""How cosines of the same person and of different people are distributed in this gallery."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.health.faces import Faces

FINE = 400
"""Bins over -1 to 1 that are counted; what is shown is trimmed and merged from them."""

MOST_BARS = 60
MOST_FACES = 3000
"""Faces of different people that are compared: more of them would not change the picture."""

_CHUNK = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Two histograms over the same bins.

    Attributes:
        edges: float64 (B + 1,), cosines.
        same: int64 (B,), pairs of photos of one person: all there are.
        different: int64 (B,), pairs of photos of two people.
        sampled: whether ``different`` are those of evenly chosen people, not of all.
    """

    edges: NDArray[np.float64]
    same: NDArray[np.int64]
    different: NDArray[np.int64]
    sampled: bool


def gallery_scores(faces: Faces) -> Scores:
    """The gallery's histograms; exact but for ``sampled``."""
    same, different = np.zeros(FINE, np.int64), np.zeros(FINE, np.int64)
    for person in np.flatnonzero(np.diff(faces.starts) > 1).tolist():
        own = faces.vectors[faces.rows_of(person)]
        cosines = own @ own.T
        same += _counted(cosines[np.triu_indices(len(own), 1)])
    rows, owners = _chosen(faces)
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        cosines = faces.vectors[part] @ faces.vectors[rows].T
        other = owners[start : start + _CHUNK, None] < owners[None, :]
        different += _counted(cosines[other])
    return _shown(same, different, len(rows) < len(faces))


def histogram_of(same: NDArray[np.float64], different: NDArray[np.float64]) -> Scores:
    """Histograms of labelled cosines."""
    return _shown(_counted(same), _counted(different), False)


def _chosen(faces: Faces) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of everybody, or of evenly chosen people, with the number of whose they are."""
    people = np.arange(len(faces.people))
    if len(faces) > MOST_FACES:
        count = max(2, MOST_FACES * len(people) // len(faces))
        people = np.unique(np.linspace(0, len(people) - 1, count).astype(np.int64))
    ranges = [np.arange(faces.starts[p], faces.starts[p + 1]) for p in people.tolist()]
    owners = [np.full(len(rows), p) for p, rows in zip(people.tolist(), ranges, strict=True)]
    empty = np.empty(0, np.int64)
    return np.concatenate([empty, *ranges]), np.concatenate([empty, *owners])


def _counted(cosines: NDArray[np.floating]) -> NDArray[np.int64]:
    places = np.clip((cosines + 1) * (FINE / 2), 0, FINE - 1).astype(np.int64)
    return np.bincount(places.ravel(), minlength=FINE).astype(np.int64)


def _shown(same: NDArray[np.int64], different: NDArray[np.int64], sampled: bool) -> Scores:
    """Without the empty ends, neighbours merged until there are MOST_BARS at most."""
    filled = np.flatnonzero(same + different)
    if not len(filled):
        return Scores(np.array([-1.0]), same[:0], different[:0], sampled)
    first, width = int(filled[0]), int(filled[-1] - filled[0] + 1)
    merged = -(-width // MOST_BARS)
    bars = -(-width // merged)
    stop = first + bars * merged  # perhaps beyond the end: nothing is there
    counts = [
        np.pad(part, (0, max(0, stop - FINE)))[first:stop].reshape(bars, merged).sum(axis=1)
        for part in (same, different)
    ]
    places = np.minimum(np.arange(first, stop + 1, merged), FINE)
    return Scores(places * (2 / FINE) - 1, counts[0], counts[1], sampled)
