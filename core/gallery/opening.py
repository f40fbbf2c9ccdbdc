"""Reading what is sealed: files and embeddings in plain, or a clear error."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.errors import BadFeature, NotReady
from core.gallery.cipher import Broken
from core.gallery.embeddings import check_length
from core.gallery.tables import PhotoFileRow, PhotoRow
from core.gallery.vault import DAMAGED, FILES, Keyring, file_place, vector_place


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


def read_vector(keys: Keyring, photo: PhotoRow) -> bytes:
    """A photo's embedding as bytes.

    Raises:
        BadFeature: it does not open, or has not the length it should have.
        NotReady: there is no key.
    """
    row = photo.embedding
    try:
        place = vector_place(photo.id, row.engine_id)
        plain = keys.open(row.vector, photo.identity_id, place)
    except Broken:
        raise BadFeature(DAMAGED) from None
    check_length(plain, row.dimension)
    return plain


def read_content(
    keys: Keyring, session: Session, photo: PhotoRow
) -> tuple[bytes, dict[str, bytes]]:
    """A photo's embedding and its files by column. Raises as the two above."""
    files = {
        name: read_files(keys, session, [photo.id], getattr(PhotoFileRow, name))[photo.id]
        for name in FILES
    }
    return read_vector(keys, photo), files
