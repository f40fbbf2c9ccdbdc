"""The tables, as typed SQLAlchemy models. Blobs stand apart, so that a listing never reads them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from core.contract.fields import Level, UserType
from core.gallery.records import PhotoState


class UtcTime(TypeDecorator[datetime]):
    """Aware datetimes at the door, UTC inside; SQLite forgets the zone, so it is put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; a naive time is a mistake of the caller."""
        if value is not None and value.tzinfo is None:
            raise ValueError("expected an aware datetime, got a naive one")
        return value and value.astimezone(timezone.utc)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To an aware UTC time, whatever the database keeps."""
        if value is not None and value.tzinfo is None:
            return value.replace(tzinfo=timezone.utc)
        return value and value.astimezone(timezone.utc)


class Base(DeclarativeBase):
    """Common ground: constraint names that a migration can refer to on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UtcTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


def table_of(model: type[Base]) -> Table:
    """The model's table, for whole rows in and out: half the cost of objects."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


class IdentityRow(Base):
    """A person; ``version`` counts every change of the person or the photos."""

    __tablename__ = "identity"

    id: Mapped[str] = mapped_column("identity_id", primary_key=True)
    name: Mapped[str]
    user_type: Mapped[UserType] = mapped_column(String)
    description: Mapped[str]
    ext_info: Mapped[dict[str, Any]]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class GroupRow(Base):
    """A permission group."""

    __tablename__ = "permission_group"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class MembershipRow(Base):
    """An identity's groups, in the order in which they were given."""

    __tablename__ = "identity_permission"

    identity_id: Mapped[str] = mapped_column(
        ForeignKey("identity.identity_id", ondelete="CASCADE"), primary_key=True
    )
    group_id: Mapped[str] = mapped_column(
        ForeignKey("permission_group.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]


class PhotoRow(Base):
    """A registered photo, current or superseded, without its bytes.

    ``change`` is the gallery's change number at which its embedding last came, went or changed;
    the search matrix reads only the rows above the number it has seen. ``sha256`` is of the file
    that was sent, ``stored_sha256`` of the one that is kept.
    """

    __tablename__ = "registered_photo"

    id: Mapped[str] = mapped_column(primary_key=True)
    face_id: Mapped[str] = mapped_column(unique=True)
    identity_id: Mapped[str] = mapped_column(
        ForeignKey("identity.identity_id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int | None]
    state: Mapped[PhotoState] = mapped_column(String)
    created_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
    replaced_by: Mapped[str | None]
    level: Mapped[Level] = mapped_column(String)
    overall: Mapped[int]
    best_level: Mapped[Level] = mapped_column(String)
    fiqa: Mapped[dict[str, Any]]
    sha256: Mapped[str]
    stored_sha256: Mapped[str] = mapped_column(server_default="")
    width: Mapped[int]
    height: Mapped[int]
    box_xyxy: Mapped[list[Any]]
    points_xy: Mapped[list[Any]]
    score: Mapped[float] = mapped_column(Double)
    change: Mapped[int] = mapped_column(index=True)

    embedding: Mapped[EmbeddingRow] = relationship(
        lazy="joined", innerjoin=True, passive_deletes=True
    )

    __table_args__ = (
        Index(
            "uq_registered_photo_place",
            "identity_id",
            "position",
            unique=True,
            sqlite_where=text("state = 'current'"),
            postgresql_where=text("state = 'current'"),
        ),
        CheckConstraint("(state = 'current') = (position IS NOT NULL)", name="place"),
    )


class PhotoFileRow(Base):
    """The bytes of a photo. The small ones come first: SQLite reads a row from its start."""

    __tablename__ = "photo_file"

    photo_id: Mapped[str] = mapped_column(
        ForeignKey("registered_photo.id", ondelete="CASCADE"), primary_key=True
    )
    thumb_jpeg: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    crop_jpeg: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    jpeg: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class EmbeddingRow(Base):
    """A photo's embedding: ``dimension`` little-endian float32 values of one engine."""

    __tablename__ = "face_embedding"

    photo_id: Mapped[str] = mapped_column(
        ForeignKey("registered_photo.id", ondelete="CASCADE"), primary_key=True
    )
    engine_id: Mapped[str] = mapped_column(index=True)
    dimension: Mapped[int]
    vector: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class GonePhotoRow(Base):
    """An id that was given once and deleted: never given again, and the matrix drops it."""

    __tablename__ = "gone_photo"

    photo_id: Mapped[str] = mapped_column(primary_key=True)
    face_id: Mapped[str]
    change: Mapped[int] = mapped_column(index=True)


class AuditTable(Base):
    """What happened and what was refused, each row sealed with the hash of the one before.

    ``content_sha256`` stands in the hash for the columns that may name a person; see ``chain.py``.
    """

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    action: Mapped[str]
    outcome: Mapped[int]
    identity_id: Mapped[str] = mapped_column(index=True)
    old_photo_id: Mapped[str]
    new_photo_id: Mapped[str]
    level: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]]
    operator: Mapped[str]
    source: Mapped[str]
    request_id: Mapped[str]
    address: Mapped[str] = mapped_column(server_default="")
    salt: Mapped[str] = mapped_column(server_default="")
    content_sha256: Mapped[str] = mapped_column(server_default="")
    prev_hash: Mapped[str]
    hash: Mapped[str]


class AnsweredRow(Base):
    """An answer given under a caller's ``request_id``, for the same answer to a repeat."""

    __tablename__ = "answered_request"

    request_id: Mapped[str] = mapped_column(primary_key=True)
    identity_id: Mapped[str] = mapped_column(
        ForeignKey("identity.identity_id", ondelete="CASCADE"), index=True
    )
    content_sha256: Mapped[str]
    answer: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class ChangeRow(Base):
    """One row: the change counter and the audit chain's head. Locked by whoever writes."""

    __tablename__ = "gallery_change"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    counter: Mapped[int]
    audit_id: Mapped[int]
    audit_hash: Mapped[str]


class PersonKeyRow(Base):
    """A person's data key, wrapped by the master key; it goes when the person goes."""

    __tablename__ = "person_key"

    identity_id: Mapped[str] = mapped_column(
        ForeignKey("identity.identity_id", ondelete="CASCADE"), primary_key=True
    )
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class VaultRow(Base):
    """One row once encryption is on: which master key, and whether nothing plain is left.

    ``proof`` is a known text sealed by the master key, so that a wrong key shows at once.
    """

    __tablename__ = "vault"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    master_id: Mapped[str]
    proof: Mapped[bytes] = mapped_column(LargeBinary)
    all_sealed: Mapped[bool]
