"""Reading what is sealed: files and embeddings in plain, or a clear error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.errors import BadFeature, NotReady
from core.gallery.cipher import Broken
from core.gallery.embeddings import check_length
from core.gallery.photos import Rows, copies_of
from core.gallery.reading import EMBEDDINGS, PHOTO, PHOTOS
from core.gallery.tables import PhotoFileRow, PhotoRow
from core.gallery.vault import DAMAGED, FILES, Keyring, file_place, vector_place

CONTENT = PHOTO.add_columns(EMBEDDINGS.c.dimension, EMBEDDINGS.c.vector)
"""Photos with their embeddings as they are stored."""


def read_files(
    keys: Keyring, session: Session, photo_ids: Sequence[str], column: InstrumentedAttribute[bytes]
) -> dict[str, bytes]:
    """One file of each photo, by photo id, in one query; unknown ids are left out.

    Raises:
        NotReady: there is no key, or one does not open.
    """
    query = (
        select(PhotoFileRow.photo_id, PhotoRow.identity_id, column)
        .join(PhotoRow, PhotoRow.id == PhotoFileRow.photo_id)
        .where(PhotoFileRow.photo_id.in_(photo_ids))
    )
    try:
        return {
            photo_id: keys.open(stored, identity_id, file_place(photo_id, column.key))
            for photo_id, identity_id, stored in session.execute(query)
        }
    except Broken:
        raise NotReady(DAMAGED) from None


def read_vector(keys: Keyring, row: Any) -> bytes:
    """The embedding of a row of ``CONTENT``, as bytes.

    Raises:
        BadFeature: it does not open, or has not the length it should have.
        NotReady: there is no key.
    """
    try:
        place = vector_place(row.id, row.engine_id)
        plain = keys.open(row.vector, row.identity_id, place)
    except Broken:
        raise BadFeature(DAMAGED) from None
    check_length(plain, row.dimension)
    return plain


def read_copy(keys: Keyring, session: Session, photo_id: str) -> Rows:
    """A stored photo's content under new ids. Raises as the two above."""
    source = session.execute(CONTENT.where(PHOTOS.c.id == photo_id)).one()
    files = {
        name: read_files(keys, session, [photo_id], getattr(PhotoFileRow, name))[photo_id]
        for name in FILES
    }
    return copies_of(source, read_vector(keys, source), files)
