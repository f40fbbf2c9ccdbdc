"""What became of the gallery's embeddings since somebody last looked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, bindparam, case, select
from sqlalchemy.orm import Session

from core.gallery.embeddings import from_bytes
from core.gallery.loading import opened
from core.gallery.reading import EMBEDDINGS, PHOTOS
from core.gallery.records import Vector
from core.gallery.statements import CHANGE
from core.gallery.tables import AuditTable, GonePhotoRow, PersonKeyRow, table_of
from core.gallery.vault import Keyring, Vault


@dataclass(frozen=True, slots=True)
class VectorChange:
    """What became of one photo's embedding, seen from one engine.

    Attributes:
        photo_id, identity_id: whose it is; ``identity_id`` is empty for a deleted photo.
        vector: float32 (D,) of the engine asked for; None when there is none (any more).
        stale: the photo is current, its embedding is of another engine.
    """

    photo_id: str
    identity_id: str = ""
    vector: Vector | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """Where a gallery stands: its change counter, and the end of its audit's chain."""

    counter: int = 0
    audit_id: int = 0
    audit_hash: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """What happened since.

    Attributes:
        head: where the gallery stands now.
        changes: in no order; None: everything is to be read anew, for nothing was read yet, or
            another gallery took this one's place.
    """

    head: Head
    changes: Sequence[VectorChange] | None


_AUDIT, _KEYS = table_of(AuditTable), table_of(PersonKeyRow)
_SINCE: BindParameter[int] = bindparam("since")
_OURS = EMBEDDINGS.c.engine_id == bindparam("engine")
_HEAD = select(CHANGE.c.counter, CHANGE.c.audit_id, CHANGE.c.audit_hash)
_AUDITED = select(_AUDIT.c.hash).where(_AUDIT.c.id == bindparam("id"))
_GONE = select(GonePhotoRow.photo_id).where(GonePhotoRow.change > _SINCE)
_CHANGED = (
    select(PHOTOS.c.id, PHOTOS.c.identity_id, PHOTOS.c.state, _OURS)
    .add_columns(case((_OURS, EMBEDDINGS.c.vector)), EMBEDDINGS.c.dimension, _KEYS.c.wrapped)
    .join(EMBEDDINGS, EMBEDDINGS.c.photo_id == PHOTOS.c.id)
    .outerjoin(_KEYS, _KEYS.c.identity_id == PHOTOS.c.identity_id)
    .where(PHOTOS.c.change > _SINCE)
    .execution_options(yield_per=1000)
)


def read_head(session: Session) -> Head:
    """As ``Vectors.head``, in an open session."""
    return Head(*session.execute(_HEAD).one())


def read_news(session: Session, vault: Vault, seen: Head, engine_id: str) -> News:
    """As ``Vectors.news``, in an open session."""
    head = read_head(session)
    if head != seen and not _goes_on(session, seen, head):
        return News(head, None)
    if head.counter == seen.counter:
        return News(head, ())
    return News(head, tuple(read_changes(session, vault, seen.counter, engine_id)))


def _goes_on(session: Session, seen: Head, head: Head) -> bool:
    """Whether today's gallery goes on from there: it does not once an older one took its place.

    The change counter alone would not tell: a standby that missed the last changes counts others
    under the same numbers. Without a counter nothing was read yet, or a first load was cut short.
    """
    if seen.counter == 0 or head.counter < seen.counter:
        return False
    return seen.audit_id == 0 or (
        session.scalar(_AUDITED, {"id": seen.audit_id}) == seen.audit_hash
    )


def read_changes(
    session: Session, vault: Vault, since: int, engine_id: str
) -> Iterator[VectorChange]:
    """As ``Vectors.vector_changes``, in an open session."""
    for photo_id in session.scalars(_GONE, {"since": since}):
        yield VectorChange(photo_id)
    keys = Keyring(session, vault)
    with session.execute(_CHANGED, {"since": since, "engine": engine_id}) as rows:
        for photo_id, identity_id, state, same, *stored in rows:
            if state != "current":
                yield VectorChange(photo_id, identity_id)
            elif same and (plain := opened(keys, photo_id, identity_id, engine_id, *stored)):
                yield VectorChange(photo_id, identity_id, from_bytes(plain))
            else:
                yield VectorChange(photo_id, identity_id, stale=True)
