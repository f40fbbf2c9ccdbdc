"""Rows of a photo to be stored: of one that is new, or of one that comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from core.gallery.embeddings import check_vector, to_bytes
from core.gallery.records import NewPhoto


@dataclass(frozen=True, slots=True)
class Rows:
    """A photo as columns, but for its place in the gallery; everything in plain.

    Attributes:
        id: the photo's new id.
        photo: of its row.
        embedding: of its embedding's row.
        files: its files.
    """

    id: str
    photo: dict[str, Any]
    embedding: dict[str, Any]
    files: dict[str, bytes]


COPIED = (
    "level", "overall", "best_level", "fiqa", "sha256", "stored_sha256", "width", "height",
    "box_xyxy", "points_xy", "score",
)  # fmt: skip
"""What a photo that comes back keeps of its row."""


def rows_of(new: NewPhoto) -> Rows:
    """Rows of a new photo, under new ids.

    Raises:
        BadFeature: its embedding is not finite, or zero.
    """
    vector = check_vector(new.vector)
    values = {
        "level": new.level,
        "overall": new.overall,
        "best_level": new.best_level,
        "fiqa": new.fiqa,
        "sha256": new.sha256,
        "stored_sha256": new.stored_sha256,
        "width": new.size_wh[0],
        "height": new.size_wh[1],
        "box_xyxy": [float(v) for v in new.box_xyxy],
        "points_xy": [[float(x), float(y)] for x, y in new.points_xy],
        "score": float(new.score),
    }
    files = {"thumb_jpeg": new.thumb_jpeg, "crop_jpeg": new.crop_jpeg, "jpeg": new.jpeg}
    return _under_new_ids(values, new.engine_id, len(vector), to_bytes(vector), files)


def copies_of(source: Any, vector: bytes, files: dict[str, bytes]) -> Rows:
    """Rows of a stored photo's content under new ids.

    Args:
        source: its row of ``opening.CONTENT``.
        vector, files: its embedding and its files in plain.
    """
    values = {name: getattr(source, name) for name in COPIED}
    return _under_new_ids(values, source.engine_id, source.dimension, vector, files)


def _under_new_ids(
    values: dict[str, Any], engine_id: str, dimension: int, vector: bytes, files: dict[str, bytes]
) -> Rows:
    photo_id = str(uuid4())
    embedding = {
        "photo_id": photo_id,
        "engine_id": engine_id,
        "dimension": dimension,
        "vector": vector,
    }
    return Rows(photo_id, {"id": photo_id, "face_id": str(uuid4()), **values}, embedding, files)
