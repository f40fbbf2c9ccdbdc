"""What the desk knows of a new photo before anything is written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.contract.fields import Band, CheckMode
from core.engine.base import Embedding, Face
from core.fiqa.report import Report
from core.gallery.records import Match
from core.imaging.photo import Photo


@dataclass(slots=True)
class Stopwatch:
    """Milliseconds spent in each stage of one request."""

    timings_ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside; a stage that comes twice adds up."""
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = (time.perf_counter() - start) * 1000
            self.timings_ms[name] = round(self.timings_ms.get(name, 0.0) + spent, 2)


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """A photo with its faces, largest first, in pixels of the working copy.

    Attributes:
        photo: upright, its working copy fine enough for the face that was taken.
        faces: all faces found.
        taken: index of the face that counts.
        steps: what was needed beyond the first detection pass (``second_scale``, ``padded``,
            ``turned_90`` ...).
    """

    photo: Photo
    faces: tuple[Face, ...]
    taken: int
    steps: tuple[str, ...]

    @property
    def face(self) -> Face:
        """The face that counts, px of the working copy."""
        return self.faces[self.taken]

    @property
    def source_faces(self) -> tuple[Face, ...]:
        """All faces in pixels of the photo as it was sent (upright)."""
        return tuple(face.mapped(self.photo.scale) for face in self.faces)


@dataclass(frozen=True, slots=True)
class Checks:
    """The new face against the person's own photos and against everybody else's.

    Attributes:
        engine_id: of the embeddings compared.
        identity_mode, duplicate_mode: off, warn or strict.
        old_cosine: to the photo that is replaced; None when it cannot be compared.
        best_cosine: to the nearest of the person's photos; None when there is none to compare.
        same_band: what ``best_cosine`` means.
        same_limit: cosine from which on two faces are the same person.
        nearest: the nearest face of somebody else.
        nearest_band: what its cosine means.
        stale: the person's photos that are of another engine and must be re-extracted.
    """

    engine_id: str
    identity_mode: CheckMode
    duplicate_mode: CheckMode
    old_cosine: float | None
    best_cosine: float | None
    same_band: Band | None
    same_limit: float
    nearest: Match | None
    nearest_band: Band | None
    stale: int

    @property
    def wrong_person(self) -> bool:
        """Whether the face is clearly not this person's."""
        return self.same_band == "different"

    @property
    def double_person(self) -> bool:
        """Whether the face is registered under another identity."""
        return self.nearest_band == "same"

    @property
    def objections(self) -> tuple[str, ...]:
        """What speaks against this photo; who goes on all the same has to say why."""
        found = {"wrong_person": self.wrong_person, "double_person": self.double_person}
        return tuple(name for name, so in found.items() if so)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What the models say of a new photo, whoever it is for: seen, judged, embedded.

    ``pictures`` are the face's crop and thumbnail, JPEG files, where they were asked for.
    """

    sight: Sight
    report: Report
    embedding: Embedding
    watch: Stopwatch
    pictures: tuple[bytes, bytes] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """A look at a new photo, held against one identity and the rest of the gallery.

    ``notes`` are sentences on how the request was understood.
    """

    look: Look
    checks: Checks
    notes: tuple[str, ...] = ()
