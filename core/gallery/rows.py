"""A growing matrix of unit rows, one a photo, with whose they are."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from core.gallery.records import Vector

Hit = tuple[str, str, float]
"""Identity id, photo id, cosine."""

_ROUNDING = 1e-5
"""More than float32 can be off in a dot product of unit vectors."""


class UnitRows:
    """Embeddings of one dimension, float32 (N, D) with room to grow. Not thread-safe."""

    def __init__(self) -> None:
        self._matrix = np.empty((0, 0), dtype=np.float32)
        self._photo_ids: list[str] = []
        self._identity_ids: list[str] = []
        self._row_of: dict[str, int] = {}
        self._photos_of: defaultdict[str, set[str]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._photo_ids)

    @property
    def dimension(self) -> int | None:
        """D, or None while there is no row."""
        return self._matrix.shape[1] if self._photo_ids else None

    def put(self, photo_id: str, identity_id: str, vector: Vector) -> None:
        """Add a photo's embedding, or set it anew; it is made a unit vector."""
        row = self._row_of.get(photo_id)
        if row is None:
            row = len(self)
            self._make_room(row + 1, len(vector))
            self._row_of[photo_id] = row
            self._photo_ids.append(photo_id)
            self._identity_ids.append(identity_id)
            self._photos_of[identity_id].add(photo_id)
        self._matrix[row] = vector / np.linalg.norm(vector)

    def drop(self, photo_id: str) -> None:
        """Take a photo out, if it is there; the last row moves into the hole."""
        row = self._row_of.pop(photo_id, None)
        if row is None:
            return
        self._photos_of[self._identity_ids[row]].discard(photo_id)
        if not self._photos_of[self._identity_ids[row]]:
            del self._photos_of[self._identity_ids[row]]
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
        cosines = self._matrix[:count] @ query.astype(np.float32)
        wanted = min(max(4 * top, 32), count)
        while True:
            least = np.partition(cosines, count - wanted)[count - wanted]
            near = self._rank(query, np.flatnonzero(cosines >= least - _ROUNDING))[:wanted]
            first: dict[str, Hit] = {}
            for hit in near:
                first.setdefault(hit[0], hit)
            hits = [hit for identity_id, hit in first.items() if identity_id != excluded]
            if len(hits) >= top or wanted == count:
                return hits[:top]
            wanted = min(4 * wanted, count)  # many photos of few people: look further

    def own(self, query: NDArray[np.float64], identity_id: str) -> list[Hit]:
        """A person's photos, the nearest first."""
        rows = [self._row_of[photo_id] for photo_id in self._photos_of.get(identity_id, ())]
        return self._rank(query, np.array(rows, dtype=np.intp))

    def copied(self) -> tuple[list[str], list[str], NDArray[np.float32]]:
        """Photo ids, identity ids and the rows (N, D) as they are now."""
        return list(self._photo_ids), list(self._identity_ids), self._matrix[: len(self)].copy()

    def _rank(self, query: NDArray[np.float64], rows: NDArray[np.intp]) -> list[Hit]:
        # In float64 and row by row: a cosine must not depend on where in the matrix a row stands.
        cosines = (self._matrix[rows].astype(np.float64) * query).sum(axis=1).clip(-1, 1)
        hits = [
            (self._identity_ids[row], self._photo_ids[row], cosine)
            for row, cosine in zip(rows.tolist(), cosines.tolist(), strict=True)
        ]
        return sorted(hits, key=lambda hit: (-hit[2], hit[1]))

    def _make_room(self, count: int, dimension: int) -> None:
        if count == 1 and self._matrix.shape[1] != dimension:
            self._matrix = np.empty((64, dimension), dtype=np.float32)
        elif count > len(self._matrix):
            more = np.empty((2 * count, dimension), dtype=np.float32)
            more[: count - 1] = self._matrix[: count - 1]
            self._matrix = more
