"""A growing matrix of unit rows, one a photo, with whose they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.gallery.records import Vector

Hit = tuple[str, str, float]
"""Identity id, photo id, cosine."""

Snapshot = tuple[list[str], list[str], NDArray[np.float32]]
"""Photo ids, identity ids and the unit rows, float32 (N, D), one a photo."""

_ROUNDING = 1e-5
"""More than float32 can be off in a dot product of unit vectors."""

_BATCH = 512
"""Rows made unit vectors at a time: their float64 copy stays in the processor's cache."""


class UnitRows:
    """Embeddings of one dimension, float32 (N, D) with room to grow. Not thread-safe.

    Memory: 4 D bytes a row, about 350 more for its ids, and up to a quarter of that as room.
    """

    def __init__(self) -> None:
        self._matrix = np.empty((0, 0), dtype=np.float32)
        self._photo_ids: list[str] = []
        self._identity_ids: list[str] = []
        self._row_of: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._photo_ids)

    @property
    def dimension(self) -> int | None:
        """D, or None while there is no row."""
        return self._matrix.shape[1] if self._photo_ids else None

    def reserve(self, count: int, dimension: int) -> None:
        """Make room for so many rows in all, so that a first load copies nothing."""
        if not self._photo_ids and self._matrix.shape[1] != dimension:
            self._matrix = np.empty((max(count, 64), dimension), dtype=np.float32)
        elif count > len(self._matrix):
            more = np.empty((count + count // 4, dimension), dtype=np.float32)
            more[: len(self)] = self._matrix[: len(self)]
            self._matrix = more

    def put(self, photo_id: str, identity_id: str, vector: Vector) -> None:
        """Add a photo's embedding, or set it anew; it is made a unit vector."""
        row = self._row_of.get(photo_id)
        if row is None:
            self.extend([photo_id], [identity_id], vector[None])
        else:
            self._matrix[row] = units_of(vector[None])[0]

    def extend(
        self, photo_ids: Sequence[str], identity_ids: Sequence[str], vectors: NDArray[np.float32]
    ) -> None:
        """Add many photos' embeddings, (n, D), none of which is there yet."""
        start = len(self)
        self.reserve(start + len(vectors), vectors.shape[1])
        for first in range(0, len(vectors), _BATCH):
            part = units_of(vectors[first : first + _BATCH])
            self._matrix[start + first : start + first + len(part)] = part
        self._row_of.update(zip(photo_ids, range(start, start + len(vectors)), strict=True))
        self._photo_ids.extend(photo_ids)
        self._identity_ids.extend(identity_ids)

    def drop(self, photo_id: str) -> None:
        """Take a photo out, if it is there; the last row moves into the hole."""
        row = self._row_of.pop(photo_id, None)
        if row is None:
            return
        last = len(self) - 1
        self._matrix[row] = self._matrix[last]
        self._matrix[last] = 0  # nothing of a deleted person stays in memory
        for ids in (self._photo_ids, self._identity_ids):
            ids[row] = ids[last]
            ids.pop()
        if row != last:
            self._row_of[self._photo_ids[row]] = row

    def best(self, query: NDArray[np.float64], top: int, excluded: str | None) -> list[Hit]:
        """The ``top`` people by their best photo; exact, equal ones by photo id."""
        count = len(self)
        # Not by "@": BLAS takes several threads for it, which wait for each other on a busy
        # machine, and is the slower one even alone; this sum runs at the speed of the memory.
        cosines = np.einsum("ij,j->i", self._matrix[:count], query.astype(np.float32))
        wanted = min(max(4 * top, 32), count)
        while True:
            least = np.partition(cosines, count - wanted)[count - wanted]
            near = self._rank(query, np.flatnonzero(cosines >= least - _ROUNDING))[:wanted]
            hits = best_of_each(near, excluded)
            if len(hits) >= top or wanted == count:
                return hits[:top]
            wanted = min(4 * wanted, count)  # many photos of few people: look further

    def copied(self) -> Snapshot:
        """A copy of everything."""
        return list(self._photo_ids), list(self._identity_ids), self._matrix[: len(self)].copy()

    def _rank(self, query: NDArray[np.float64], rows: NDArray[np.intp]) -> list[Hit]:
        ids = [(self._identity_ids[row], self._photo_ids[row]) for row in rows.tolist()]
        return ranked(query, ids, self._matrix[rows])


def ranked(
    query: NDArray[np.float64], ids: Sequence[tuple[str, str]], units: NDArray[np.float32]
) -> list[Hit]:
    """Photos (identity id, photo id) with their unit vectors (n, D) by falling cosine."""
    # In float64 and row by row: a cosine must not depend on where in the matrix a row stands.
    cosines = (units.astype(np.float64) * query).sum(axis=1).clip(-1, 1).tolist()
    hits = [(*pair, cosine) for pair, cosine in zip(ids, cosines, strict=True)]
    return sorted(hits, key=lambda hit: (-hit[2], hit[1]))


def best_of_each(hits: Sequence[Hit], excluded: str | None) -> list[Hit]:
    """The first hit of each person, but for one person."""
    first: dict[str, Hit] = {}
    for hit in hits:
        first.setdefault(hit[0], hit)
    return [hit for identity_id, hit in first.items() if identity_id != excluded]


def units_of(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows (n, D) made unit vectors."""
    # Lengths in float64: a row must come out the same alone and among others, so that equal
    # photos tie.
    lengths = np.sqrt(np.square(vectors, dtype=np.float64).sum(axis=1, keepdims=True))
    units: NDArray[np.float32] = vectors * (1 / lengths).astype(np.float32)
    return units
