"""All embeddings of the engine in use, sorted by whose they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.desk import Desk


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Unit vectors, one a photo; a person's stand together.

    Attributes:
        photo_ids: N ids.
        people: P ids of people.
        starts: int64 (P + 1,): rows of person p are starts[p] to starts[p + 1].
        vectors: float32 (N, D).
    """

    photo_ids: tuple[str, ...]
    people: tuple[str, ...]
    starts: NDArray[np.int64]
    vectors: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.photo_ids)

    def rows_of(self, person: int) -> slice:
        """Rows of the person at this place."""
        return slice(int(self.starts[person]), int(self.starts[person + 1]))


def sorted_faces(photo_ids: list[str], owners: list[str], vectors: NDArray[np.float32]) -> Faces:
    """Faces from a snapshot of the search matrix: ids, whose they are, unit rows (N, D)."""
    if not photo_ids:
        return Faces((), (), np.zeros(1, np.int64), vectors)
    order = sorted(range(len(owners)), key=lambda row: (owners[row], photo_ids[row]))
    people = tuple(dict.fromkeys(owners[row] for row in order))
    place = {person: index for index, person in enumerate(people)}
    counts = np.bincount([place[owner] for owner in owners], minlength=len(people))
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    _sort_rows(vectors, order)
    return Faces(tuple(photo_ids[row] for row in order), people, starts, vectors)


def _sort_rows(vectors: NDArray[np.float32], order: list[int]) -> None:
    """Bring the rows into this order in place, cycle by cycle: a second copy would cost memory."""
    left = dict(enumerate(order))
    while left:
        place, source = left.popitem()
        if place == source:
            continue
        first = vectors[place].copy()
        while source in left:
            vectors[place] = vectors[source]
            place, source = source, left.pop(source)
        vectors[place] = first


def current_faces(desk: Desk) -> Faces:
    """The gallery's faces now. Raises NotReady."""
    return sorted_faces(*desk.matrix.snapshot())
