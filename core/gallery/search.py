"""Exact search over one engine's current embeddings, in memory and in step with the database."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFeature
from core.gallery.embeddings import check_vector
from core.gallery.records import Match, Vector
from core.gallery.rows import Hit, UnitRows
from core.gallery.vectors import VectorChange, Vectors


class SearchMatrix:
    """All current embeddings of one engine; the database stays the only truth.

    Every call asks for the gallery's counter and reads what changed since, also when another
    process wrote it. Embeddings of other engines are never loaded. Safe to use from several
    threads.

    Args:
        gallery: where they are stored.
        engine_id: whose embeddings.
    """

    def __init__(self, gallery: Vectors, engine_id: str) -> None:
        self.engine_id = engine_id
        self._gallery = gallery
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

    def nearest(
        self, vector: Vector, top: int, exclude_identity: str | None = None
    ) -> tuple[Match, ...]:
        """The people nearest to an embedding, by their best photo, the best first.

        Args:
            vector: float32 (D,) of the same engine.
            top: how many people at most.
            exclude_identity: whom to leave out.

        Returns:
            Matches by falling cosine; equal ones by photo id.

        Raises:
            BadFeature: not finite, zero, or of another dimension.
        """
        with self._lock:
            query = self._follow_with(vector)
            hits = self._rows.best(query, top, exclude_identity) if len(self._rows) else []
        return self._named(hits)

    def own(self, vector: Vector, identity_id: str) -> Match | None:
        """A person's own photo nearest to an embedding; None when there is none to compare with.

        Raises:
            BadFeature: not finite, zero, or of another dimension.
        """
        with self._lock:
            query = self._follow_with(vector)
            hits = self._rows.own(query, identity_id) if len(self._rows) else []
        return next(iter(self._named(hits[:1])), None)

    def snapshot(self) -> tuple[list[str], list[str], NDArray[np.float32]]:
        """Photo ids, identity ids and a copy of the unit rows, float32 (N, D), one a photo."""
        with self._lock:
            self._follow()
            return self._rows.copied()

    def _named(self, hits: Iterable[Hit]) -> tuple[Match, ...]:
        """Hits with today's names; who was deleted this very moment is left out."""
        hits = tuple(hits)
        names = self._gallery.names([hit[0] for hit in hits]) if hits else {}
        return tuple(
            Match(identity_id, names[identity_id], photo_id, cosine)
            for identity_id, photo_id, cosine in hits
            if identity_id in names
        )

    def _follow_with(self, vector: Vector) -> NDArray[np.float64]:
        query = check_vector(vector).astype(np.float64)
        self._follow()
        if self._rows.dimension not in (None, len(query)):
            raise BadFeature(
                f"Expected an embedding of {self._rows.dimension} numbers, got {len(query)}."
            )
        unit: NDArray[np.float64] = query / np.linalg.norm(query)
        return unit

    def _forget(self) -> None:
        self._rows = UnitRows()
        self._stale: set[str] = set()
        self._seen = 0

    def _follow(self) -> None:
        counter = self._gallery.counter()
        if counter == self._seen:
            return
        # Below: an older database was put in the place of this one. Zero: a first load that
        # may have been cut short.
        if counter < self._seen or self._seen == 0:
            self._forget()
        for change in self._gallery.vector_changes(self._seen, self.engine_id):
            self._take(change)
        # Changes committed since the counter was read are taken already, and once more next time.
        self._seen = counter

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
