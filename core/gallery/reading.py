"""From rows to records; every function reads inside a session that the caller holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, literal_column, select
from sqlalchemy.orm import Session

from core.errors import NotFound, RequestIdReused
from core.gallery.records import Group, Identity, IdentityFilter, RegisteredPhoto
from core.gallery.tables import (
    AnsweredRow,
    EmbeddingRow,
    GroupRow,
    IdentityRow,
    MembershipRow,
    PhotoRow,
    table_of,
)

# Columns, not objects, and statements built once: every change reads its person twice.
IDENTITIES, PHOTOS, EMBEDDINGS = table_of(IdentityRow), table_of(PhotoRow), table_of(EmbeddingRow)
IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_IDENTITY = select(IDENTITIES).where(IDENTITIES.c.identity_id == bindparam("id"))
PHOTO = select(PHOTOS, EMBEDDINGS.c.engine_id).join(
    EMBEDDINGS, EMBEDDINGS.c.photo_id == PHOTOS.c.id
)
"""Photos as ``to_photo`` takes them."""

_ONE_PHOTO = PHOTO.where(PHOTOS.c.id == bindparam("id"))
CURRENT = PHOTOS.c.state == literal_column("'current'")
"""Current photos; the word itself, else SQLite does not use the index of places."""

_PHOTOS_OF = PHOTO.where(PHOTOS.c.identity_id.in_(IDS), CURRENT).order_by(PHOTOS.c.position)
_GROUPS_OF = (
    select(MembershipRow.identity_id, GroupRow.id, GroupRow.name)
    .join(GroupRow, GroupRow.id == MembershipRow.group_id)
    .where(MembershipRow.identity_id.in_(IDS))
    .order_by(MembershipRow.position)
)
_ANSWER = select(AnsweredRow.content_sha256, AnsweredRow.answer).where(
    AnsweredRow.request_id == bindparam("id")
)


def find_person(session: Session, identity_id: str) -> Any:
    """The columns of a person's row.

    Raises:
        NotFound: with the one text for everything unknown.
    """
    row = session.execute(_IDENTITY, {"id": identity_id}).first()
    if row is None:
        raise NotFound
    return row


def find_identity(session: Session, identity_id: str) -> Identity:
    """A person with groups and current photos. Raises ``NotFound`` as above."""
    return to_identities(session, [find_person(session, identity_id)])[0]


def find_photo(session: Session, photo_id: str, identity_id: str | None = None) -> RegisteredPhoto:
    """A photo, current or superseded; with ``identity_id`` only that person's.

    Raises:
        NotFound: unknown or somebody else's, in the same words.
    """
    row = session.execute(_ONE_PHOTO, {"id": photo_id}).first()
    if row is None or identity_id not in (None, row.identity_id):
        raise NotFound
    return to_photo(row)


def find_successor(session: Session, photo: RegisteredPhoto) -> RegisteredPhoto | None:
    """The current photo that stands, after any number of replacements, where this one stood."""
    at: RegisteredPhoto | None = photo
    while at is not None and at.replaced_by is not None:
        row = session.execute(_ONE_PHOTO, {"id": at.replaced_by}).first()
        at = to_photo(row) if row else None
    return at if at is not None and at.state == "current" else None


def missing(session: Session, photo: RegisteredPhoto) -> NotFound:
    """The error for a superseded photo: it names the photo that now stands in its place."""
    successor = find_successor(session, photo)
    if successor is None:
        return NotFound()
    return NotFound(
        f"This photo was replaced before; in its place now stands {successor.id}.",
        replaced_by=successor.id,
        face_id=successor.face_id,
    )


def find_answer(session: Session, request_id: str, content_sha256: str) -> str | None:
    """The answer kept under a caller's request id.

    Raises:
        RequestIdReused: the id was used with other content.
    """
    row = session.execute(_ANSWER, {"id": request_id}).first()
    if row is None:
        return None
    if row.content_sha256 != content_sha256:
        raise RequestIdReused
    return str(row.answer)


def to_photo(row: Any) -> RegisteredPhoto:
    """The record of a row of ``PHOTO``."""
    x1, y1, x2, y2 = row.box_xyxy
    return RegisteredPhoto(
        id=row.id,
        face_id=row.face_id,
        identity_id=row.identity_id,
        position=row.position,
        state=row.state,
        created_at=row.created_at,
        superseded_at=row.superseded_at,
        replaced_by=row.replaced_by,
        level=row.level,
        overall=row.overall,
        best_level=row.best_level,
        fiqa=row.fiqa,
        engine_id=row.engine_id,
        sha256=row.sha256,
        size_wh=(row.width, row.height),
        box_xyxy=(x1, y1, x2, y2),
    )


def to_identities(session: Session, rows: Sequence[Any]) -> tuple[Identity, ...]:
    """The records of people's rows with groups and current photos: two queries, however many."""
    ids = [row.identity_id for row in rows]
    groups = _groups_of(session, ids)
    photos = _photos_of(session, ids)
    return tuple(
        Identity(
            id=row.identity_id,
            name=row.name,
            user_type=row.user_type,
            description=row.description,
            groups=tuple(groups[row.identity_id]),
            ext_info=row.ext_info,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            photos=tuple(photos[row.identity_id]),
        )
        for row in rows
    )


def conditions(wanted: IdentityFilter) -> list[ColumnElement[bool]]:
    """What a listing asks for; several groups mean: in any of them."""
    made: list[ColumnElement[bool]] = []
    if wanted.identity_id:
        made.append(IdentityRow.id == wanted.identity_id)
    if wanted.name_contains:
        made.append(IdentityRow.name.icontains(wanted.name_contains, autoescape=True))
    if wanted.user_type is not None:
        made.append(IdentityRow.user_type == wanted.user_type)
    if wanted.permission_ids:
        members = select(MembershipRow.identity_id).where(
            MembershipRow.group_id.in_(wanted.permission_ids)
        )
        made.append(IdentityRow.id.in_(members))
    return made


def _groups_of(session: Session, ids: list[str]) -> dict[str, list[Group]]:
    found: dict[str, list[Group]] = defaultdict(list)
    for identity_id, group_id, name in session.execute(_GROUPS_OF, {"ids": ids}):
        found[identity_id].append(Group(group_id, name))
    return found


def _photos_of(session: Session, ids: list[str]) -> dict[str, list[RegisteredPhoto]]:
    found: dict[str, list[RegisteredPhoto]] = defaultdict(list)
    for row in session.execute(_PHOTOS_OF, {"ids": ids}):
        found[row.identity_id].append(to_photo(row))
    return found
