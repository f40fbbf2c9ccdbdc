"""Exact search over one engine's current embeddings, in memory and in step with the database."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from core.gallery.face_search import FaceSearch
from core.gallery.loading import VectorBlock
from core.gallery.news import Head, VectorChange
from core.gallery.rows import Hit, Snapshot, UnitRows
from core.gallery.vectors import Vectors


class SearchMatrix(FaceSearch):
    """The embeddings in this process's memory."""

    def __init__(self, gallery: Vectors, engine_id: str) -> None:
        super().__init__(gallery, engine_id)
        self._lock = threading.Lock()
        self._forget()

    @property
    def stale(self) -> int:
        """How many current photos cannot be found here, as another engine embedded them."""
        with self._lock:
            self._follow()
            return len(self._stale)

    def __len__(self) -> int:
        with self._lock:
            self._follow()
            return len(self._rows)

    def _hits(self, query: NDArray[np.float64], top: int, excluded: str | None) -> list[Hit]:
        with self._lock:
            self._follow()
            self._check_dimension(self._rows.dimension, query)
            return self._rows.best(query, top, excluded) if len(self._rows) else []

    def snapshot(self) -> Snapshot:
        """A copy of the rows."""
        with self._lock:
            self._follow()
            return self._rows.copied()

    def _forget(self) -> None:
        self._rows = UnitRows()
        self._stale: set[str] = set()
        self._seen = Head()

    def _follow(self) -> None:
        news = self._gallery.news(self._seen, self.engine_id)
        if news.changes is None:
            self._forget()
            for block in self._gallery.current_vectors(self.engine_id):
                self._take_block(block)
        for change in news.changes or ():
            self._take(change)
        # What was committed during a first load is in it already, and taken once more next time.
        self._seen = news.head

    def _take_block(self, block: VectorBlock) -> None:
        self._stale.update(block.stale)
        if not block.photo_ids:
            return
        if self._rows.dimension not in (None, block.vectors.shape[1]):
            self._stale.update(block.photo_ids)
            return
        if not len(self._rows):
            self._rows.reserve(block.expected, block.vectors.shape[1])
        self._rows.extend(block.photo_ids, block.identity_ids, block.vectors)

    def _take(self, change: VectorChange) -> None:
        vector, dimension = change.vector, self._rows.dimension
        foreign = vector is not None and dimension not in (None, len(vector))
        if vector is None or foreign:
            self._rows.drop(change.photo_id)
        else:
            self._rows.put(change.photo_id, change.identity_id, vector)
        if change.stale or foreign:
            self._stale.add(change.photo_id)
        else:
            self._stale.discard(change.photo_id)
