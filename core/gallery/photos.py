"""Rows of a photo to be stored: of one that is new, or of one that comes back."""

from __future__ import annotations

from uuid import uuid4

from core.gallery.embeddings import check_vector, to_bytes
from core.gallery.records import NewPhoto
from core.gallery.tables import EmbeddingRow, PhotoRow

Rows = tuple[PhotoRow, dict[str, bytes]]
"""A photo with its embedding, and its files by column; both in plain."""


def rows_of(new: NewPhoto) -> Rows:
    """Rows of a new photo, under new ids.

    Raises:
        BadFeature: its embedding is not finite, or zero.
    """
    vector = check_vector(new.vector)
    row = PhotoRow(
        id=str(uuid4()),
        face_id=str(uuid4()),
        level=new.level,
        overall=new.overall,
        best_level=new.best_level,
        fiqa=new.fiqa,
        sha256=new.sha256,
        stored_sha256=new.stored_sha256,
        width=new.size_wh[0],
        height=new.size_wh[1],
        box_xyxy=[float(v) for v in new.box_xyxy],
        points_xy=[[float(x), float(y)] for x, y in new.points_xy],
        score=float(new.score),
        embedding=EmbeddingRow(
            engine_id=new.engine_id, dimension=len(vector), vector=to_bytes(vector)
        ),
    )
    return row, {"thumb_jpeg": new.thumb_jpeg, "crop_jpeg": new.crop_jpeg, "jpeg": new.jpeg}


def copies_of(source: PhotoRow, vector: bytes, files: dict[str, bytes]) -> Rows:
    """Rows of a stored photo's content under new ids; ``vector`` and ``files`` in plain."""
    row = PhotoRow(
        id=str(uuid4()),
        face_id=str(uuid4()),
        level=source.level,
        overall=source.overall,
        best_level=source.best_level,
        fiqa=source.fiqa,
        sha256=source.sha256,
        stored_sha256=source.stored_sha256,
        width=source.width,
        height=source.height,
        box_xyxy=source.box_xyxy,
        points_xy=source.points_xy,
        score=source.score,
        embedding=EmbeddingRow(
            engine_id=source.embedding.engine_id,
            dimension=source.embedding.dimension,
            vector=vector,
        ),
    )
    return row, files
