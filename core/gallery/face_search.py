"""What every search of faces offers, wherever its vectors are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from core.errors import BadFeature
from core.gallery.embeddings import check_vector
from core.gallery.records import Match, Vector
from core.gallery.rows import Hit, Snapshot
from core.gallery.vectors import Vectors


class FaceSearch(ABC):
    """All current embeddings of one engine; the database stays the only truth.

    Every call asks for the gallery's counter and takes what changed since, also when another
    process wrote it. Embeddings of other engines are never compared. Safe to use from several
    threads.

    Args:
        gallery: where they are stored.
        engine_id: whose embeddings.
    """

    def __init__(self, gallery: Vectors, engine_id: str) -> None:
        self.engine_id = engine_id
        self._gallery = gallery

    @property
    @abstractmethod
    def stale(self) -> int:
        """How many current photos cannot be found here, as another engine embedded them."""

    @property
    def recall(self) -> float | None:
        """The measured share of nearest people that are found; None: the search is exact."""
        return None

    @abstractmethod
    def __len__(self) -> int: ...

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
        query = check_vector(vector).astype(np.float64)
        return self._named(self._hits(query / np.linalg.norm(query), top, exclude_identity))

    @abstractmethod
    def _hits(self, query: NDArray[np.float64], top: int, excluded: str | None) -> list[Hit]:
        """The nearest to a unit vector."""

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """Everything as it is now, in this process's memory."""

    def _check_dimension(self, dimension: int | None, query: NDArray[np.float64]) -> None:
        if dimension not in (None, len(query)):
            raise BadFeature(f"Expected an embedding of {dimension} numbers, got {len(query)}.")

    def _named(self, hits: Iterable[Hit]) -> tuple[Match, ...]:
        """Hits with today's names; who was deleted this very moment is left out."""
        hits = tuple(hits)
        names = self._gallery.names([hit[0] for hit in hits]) if hits else {}
        return tuple(
            Match(identity_id, names[identity_id], photo_id, cosine)
            for identity_id, photo_id, cosine in hits
            if identity_id in names
        )
