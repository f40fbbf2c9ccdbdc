"""From rows to records; every function reads inside a session that the caller holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, select
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


def find_identity(session: Session, identity_id: str) -> IdentityRow:
    """The person's row.

    Raises:
        NotFound: with the one text for everything unknown.
    """
    row = session.get(IdentityRow, identity_id)
    if row is None:
        raise NotFound
    return row


def find_photo(session: Session, photo_id: str, identity_id: str | None = None) -> PhotoRow:
    """A photo's row, current or superseded; with ``identity_id`` only that person's.

    Raises:
        NotFound: unknown or somebody else's, in the same words.
    """
    row = session.get(PhotoRow, photo_id)
    if row is None or identity_id not in (None, row.identity_id):
        raise NotFound
    return row


def find_successor(session: Session, row: PhotoRow) -> PhotoRow | None:
    """The current photo that stands, after any number of replacements, where this one stood."""
    at: PhotoRow | None = row
    while at is not None and at.replaced_by is not None:
        at = session.get(PhotoRow, at.replaced_by)
    return at if at is not None and at.state == "current" else None


def missing(session: Session, row: PhotoRow) -> NotFound:
    """The error for a superseded photo: it names the photo that now stands in its place."""
    successor = find_successor(session, row)
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
    row = session.get(AnsweredRow, request_id)
    if row is None:
        return None
    if row.content_sha256 != content_sha256:
        raise RequestIdReused
    return row.answer


def to_photo(row: PhotoRow) -> RegisteredPhoto:
    """The record of a photo's row."""
    return _record(row, row.embedding.engine_id)


def _record(row: Any, engine_id: str) -> RegisteredPhoto:
    """The record of a photo's row or of its columns."""
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
        engine_id=engine_id,
        sha256=row.sha256,
        size_wh=(row.width, row.height),
        box_xyxy=(x1, y1, x2, y2),
    )


def to_identities(session: Session, rows: Sequence[IdentityRow]) -> tuple[Identity, ...]:
    """The records of people with groups and current photos: two queries, however many they are."""
    ids = [row.id for row in rows]
    groups = _groups_of(session, ids)
    photos = _photos_of(session, ids)
    return tuple(
        Identity(
            id=row.id,
            name=row.name,
            user_type=row.user_type,
            description=row.description,
            groups=tuple(groups[row.id]),
            ext_info=row.ext_info,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            photos=tuple(photos[row.id]),
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


# Columns, not objects, and statements built once: every change reads its person twice.
_PHOTOS, _EMBEDDINGS = table_of(PhotoRow), table_of(EmbeddingRow)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_GROUPS_OF = (
    select(MembershipRow.identity_id, GroupRow.id, GroupRow.name)
    .join(GroupRow, GroupRow.id == MembershipRow.group_id)
    .where(MembershipRow.identity_id.in_(_IDS))
    .order_by(MembershipRow.position)
)
_PHOTOS_OF = (
    select(_PHOTOS, _EMBEDDINGS.c.engine_id)
    .join(_EMBEDDINGS, _EMBEDDINGS.c.photo_id == _PHOTOS.c.id)
    .where(_PHOTOS.c.identity_id.in_(_IDS), _PHOTOS.c.state == "current")
    .order_by(_PHOTOS.c.position)
)


def _groups_of(session: Session, ids: list[str]) -> dict[str, list[Group]]:
    found: dict[str, list[Group]] = defaultdict(list)
    for identity_id, group_id, name in session.execute(_GROUPS_OF, {"ids": ids}):
        found[identity_id].append(Group(group_id, name))
    return found


def _photos_of(session: Session, ids: list[str]) -> dict[str, list[RegisteredPhoto]]:
    found: dict[str, list[RegisteredPhoto]] = defaultdict(list)
    for row in session.execute(_PHOTOS_OF, {"ids": ids}):
        found[row.identity_id].append(_record(row, row.engine_id))
    return found
