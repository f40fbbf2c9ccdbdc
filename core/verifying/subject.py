"""Who or what is compared: a photo from outside, or a person by their registered photos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.contract.fields import Band
from core.desk import Desk
from core.engine.base import Embedding
from core.errors import NotFound, NotReady, PhotoError
from core.gallery.records import Vector
from core.health.likeness import pair_cosines
from core.pictures import aligned_jpeg
from core.reembedding import registered_sight

OUTSIDE = ""
"""Stands for the id of a photo that is not registered."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Unit vectors, float32 (D,), by photo id; one under ``OUTSIDE`` for a photo from outside."""

    faces: Mapping[str, Vector]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two subjects by their photos that are most alike.

    Attributes:
        cosine: cosine similarity, in float64.
        band, score: what the engine's limits make of it.
        first_photo, second_photo: which photos; ``OUTSIDE`` for one from outside.
    """

    cosine: float
    band: Band
    score: int
    first_photo: str
    second_photo: str


def from_embedding(embedding: Embedding) -> Subject:
    """A photo from outside."""
    return Subject({OUTSIDE: embedding.vector})


def registered_person(desk: Desk, identity_id: str) -> Subject:
    """A person. Raises NotFound; NotReady: all photos are of another engine, or there is none."""
    person = desk.gallery.identity(identity_id)
    return _of(desk, [photo.id for photo in person.photos])


def registered_photo(desk: Desk, photo_id: str) -> Subject:
    """One current photo. Raises NotFound, NotReady (another engine's)."""
    photo = desk.gallery.photo(photo_id)
    if photo.state != "current":
        raise NotFound
    return _of(desk, [photo_id])


def _of(desk: Desk, photo_ids: list[str]) -> Subject:
    vectors = desk.gallery.embeddings(photo_ids, desk.vision.engine.info.engine_id)
    if not vectors:
        raise NotReady(
            "There is no registered photo of the engine in use to compare with; "
            "run 'python -m core reembed'."
        )
    return Subject({photo_id: unit(vector) for photo_id, vector in vectors.items()})


def unit(vector: Vector) -> Vector:
    """The same direction with length 1."""
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def compare(desk: Desk, first: Subject, second: Subject) -> Comparison:
    """The best pair of their photos counts, as in the check before a replacement."""
    info = desk.vision.engine.info
    ones, twos = list(first.faces), list(second.faces)
    cosines = pair_cosines(
        np.stack([first.faces[key] for key in ones]), np.stack([second.faces[key] for key in twos])
    )
    one, two = divmod(int(cosines.argmax()), len(twos))
    cosine = float(cosines[one, two])
    return Comparison(cosine, info.band(cosine), info.score(cosine), ones[one], twos[two])


def aligned_registered(desk: Desk, photo_id: str) -> bytes:
    """A registered face, eyes level; its crop as it is where the face is not found again.

    Raises NotFound.
    """
    try:
        return aligned_jpeg(registered_sight(desk, desk.gallery.photo(photo_id)))
    except PhotoError:
        return desk.gallery.crop_jpeg(photo_id)
