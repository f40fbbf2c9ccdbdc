"""What thresholds do to this very gallery: the cosines of its photos, counted in a job."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.desk import Desk
from core.jobs import Job
from core.pairs import Outcome

SCORES = "engine_scores"
"""Name of the job."""

MOST_FACES = 2000
"""Photos that are compared with one another: two million pairs, done in about a second."""

_BLOCK = 500

Step = Callable[[int, int], object]


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Cosines of this gallery's photos.

    Attributes:
        outcome: the engine and the cosines of pairs of one person, and of two.
        photos, people: how many were compared.
        of_photos: how many of this engine there are; more than ``photos``: it is a sample.
        counter: the gallery's number of changes then.
    """

    outcome: Outcome
    photos: int
    people: int
    of_photos: int
    counter: int

    @property
    def sampled(self) -> bool:
        """Whether people were left out."""
        return self.photos < self.of_photos


def start_scores(desk: Desk) -> Job:
    """Compare the gallery's photos in the background. Raises VersionConflict, NotReady."""
    return desk.jobs.start(SCORES, lambda job: gallery_scores(desk, job.step))


def gallery_scores(desk: Desk, step: Step, most: int = MOST_FACES) -> Scores:
    """Cosines of all pairs of photos, in a large gallery of people drawn by chance."""
    counter, info = desk.gallery.counter(), desk.vision.engine.info
    _, owners, vectors = desk.matrix_of(info.engine_id).snapshot()
    rows = _drawn(owners, most)
    names = [owners[row] for row in rows]
    same, different = _cosines(names, vectors[rows], step)
    outcome = Outcome(info, np.sort(same), np.sort(different))
    return Scores(outcome, len(rows), len(set(names)), len(owners), counter)


def _drawn(owners: Sequence[str], most: int) -> list[int]:
    """Rows of all people, or of so many, whole, as fit: the same ones each time."""
    if len(owners) <= most:
        return list(range(len(owners)))
    rows: dict[str, list[int]] = {}
    for row, owner in enumerate(owners):
        rows.setdefault(owner, []).append(row)
    taken: list[int] = []
    for owner in sorted(rows, key=lambda name: zlib.crc32(name.encode())):
        if len(taken) + len(rows[owner]) > most:
            break
        taken += rows[owner]
    return taken


def _cosines(
    owners: Sequence[str], vectors: NDArray[np.float32], step: Step
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosines of pairs of one person and of two, each pair once."""
    _, person = np.unique(np.asarray(owners, dtype=str), return_inverse=True)
    same, different = [np.empty(0, np.float32)], [np.empty(0, np.float32)]
    for start in range(0, len(vectors), _BLOCK):
        step(start, len(vectors))
        rows = np.arange(start, min(start + _BLOCK, len(vectors)))
        cosines = vectors[rows] @ vectors.T
        once = rows[:, None] < np.arange(len(vectors))[None, :]
        one = person[rows][:, None] == person[None, :]
        same.append(cosines[once & one])
        different.append(cosines[once & ~one])
    step(len(vectors), len(vectors))
    return np.concatenate(same), np.concatenate(different)
