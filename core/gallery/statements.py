"""The statements of every change, built once, their values apart: SQLAlchemy then finds the SQL
that it made for them without looking at each value.
"""

from __future__ import annotations

from sqlalchemy import bindparam, func, insert, select, update

from core.gallery.reading import CURRENT, EMBEDDINGS, IDENTITIES, PHOTOS
from core.gallery.tables import AuditTable, ChangeRow, PhotoFileRow, table_of

CHANGE = table_of(ChangeRow)

HEAD = select(CHANGE).with_for_update()
SET_HEAD = update(CHANGE).values(
    {name: bindparam(name) for name in ("counter", "audit_id", "audit_hash")}
)
SUPERSEDE = (
    update(PHOTOS)
    .where(PHOTOS.c.id == bindparam("which"))
    .values(
        {
            "state": "superseded",
            "position": None,
            "superseded_at": bindparam("at"),
            "replaced_by": bindparam("by"),
            "change": bindparam("number"),
        }
    )
)
COUNT_CURRENT = select(func.count()).where(PHOTOS.c.identity_id == bindparam("id"), CURRENT)
SET_PERSON = update(IDENTITIES).where(IDENTITIES.c.identity_id == bindparam("which"))
"""Sets the columns whose values come with it."""

ADD_PHOTO, ADD_EMBEDDING = insert(PHOTOS), insert(EMBEDDINGS)
ADD_FILES, ADD_AUDIT = insert(table_of(PhotoFileRow)), insert(table_of(AuditTable))
