"""What crosses the cellar's door: frozen records, no ORM objects, no JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.contract.fields import Level, Role, UserType

Vector = NDArray[np.float32]
PhotoState = Literal["current", "superseded"]

NAMELESS = "佚名"
"""The name of an identity that is created without one, as documented."""


@dataclass(frozen=True, slots=True)
class Group:
    """A permission group."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class RegisteredPhoto:
    """A registered photo without its bytes.

    Attributes:
        id: ``register_image_id``, UUID4; never reused.
        face_id: UUID4 of its face; never reused.
        identity_id: whose it is.
        position: 0-based order among the identity's current photos; None once superseded.
        state: ``current`` or ``superseded``.
        created_at: UTC.
        superseded_at: UTC, or None.
        replaced_by: id of the photo that took its place, or None.
        level: quality level it was accepted at.
        overall: FIQA overall score 0..100, or -1.
        best_level: strictest level it passes.
        fiqa: the item verdicts as JSON-serialisable data, kept as they were.
        engine_id: engine of its embedding.
        sha256: hash of the file as it was uploaded.
        size_wh: width and height of the stored photo, px.
        box_xyxy: its face's box, px of the stored photo.
    """

    id: str
    face_id: str
    identity_id: str
    position: int | None
    state: PhotoState
    created_at: datetime
    superseded_at: datetime | None
    replaced_by: str | None
    level: Level
    overall: int
    best_level: Level
    fiqa: dict[str, Any]
    engine_id: str
    sha256: str
    size_wh: tuple[int, int]
    box_xyxy: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Identity:
    """A person with current photos in order."""

    id: str
    name: str
    user_type: UserType
    description: str
    groups: tuple[Group, ...]
    ext_info: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    photos: tuple[RegisteredPhoto, ...]


@dataclass(frozen=True, slots=True, eq=False)
class NewPhoto:
    """A judged photo, ready to be stored; ``stored_sha256`` is the hash of ``jpeg``."""

    jpeg: bytes
    stored_sha256: str
    crop_jpeg: bytes
    thumb_jpeg: bytes
    sha256: str
    size_wh: tuple[int, int]
    box_xyxy: tuple[float, float, float, float]
    points_xy: tuple[tuple[float, float], ...]
    score: float
    level: Level
    overall: int
    best_level: Level
    fiqa: dict[str, Any]
    vector: Vector
    engine_id: str


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """Data fields to change; None leaves the stored value alone.

    ``ext_info`` is merged key by key, a None value removes the key.
    """

    name: str | None = None
    user_type: UserType | None = None
    description: str | None = None
    permission_ids: tuple[str, ...] | None = None
    ext_info: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, and through which door.

    Attributes:
        operator: name of the person or token; empty when nobody signed in.
        source: ``page``, ``api``, ``function``, ``cli`` or ``keeper``.
        request_id: the caller's, or one made for this call.
        role: what they may do; whoever runs Python beside the database may do everything.
        address: of the caller's machine, or whom a believed proxy speaks for; empty without one.
    """

    operator: str = ""
    source: str = "function"
    request_id: str = ""
    role: Role = "admin"
    address: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that happened or was refused. Never holds pixels or embeddings.

    Attributes:
        action: ``replace``, ``create``, ``update``, ``delete``, ``add_photo``, ``delete_photo``,
            ``restore``, ``create_group``, ``reembed``, ``switch_engine``, ``set_thresholds``,
            ``get_models``, ``purge``, ``erase``, ``backup``, ``restore_backup``, ``copy``,
            ``encrypt``, ``rekey``; ``connect``, ``sign_in``, ``lock_out``, ``account`` and
            ``token`` of the door.
        outcome: 0 for done, else the error code.
        identity_id: the person, or empty.
        old_photo_id, new_photo_id: ids, or empty.
        level: FIQA level asked for, or empty.
        reason: what the operator typed.
        facts: JSON-serialisable scores (failed items, cosine to the old photo, ...).
        actor: who.
    """

    action: str
    outcome: int = 0
    identity_id: str = ""
    old_photo_id: str = ""
    new_photo_id: str = ""
    level: str = ""
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    actor: Actor = field(default_factory=Actor)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A stored audit entry with its number and time."""

    id: int
    at: datetime
    entry: AuditEntry


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which audit rows to list; empty fields do not filter.

    Attributes:
        person: part of a person's id or present name.
        actions: any of these.
        refused: True: only refusals; False: only what was done.
        since, until: aware times; from the first on, before the second.
    """

    person: str = ""
    actions: tuple[str, ...] = ()
    refused: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page of the audit and how many rows match in all."""

    rows: tuple[AuditRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the gallery that is not as it must be.

    Attributes:
        check: which rule: ``database``, ``orphan``, ``place``, ``link``, ``embedding``, ``bytes``,
            ``picture``, ``audit``.
        subject: id of the photo, person or row it is about; empty: the whole gallery.
        sentence: what is wrong, for a person.
    """

    check: str
    subject: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of a committed change."""

    identity: Identity
    old: RegisteredPhoto | None
    new: RegisteredPhoto | None
    audit_id: int


@dataclass(frozen=True, slots=True)
class Erasure:
    """What erasing a person did.

    Attributes:
        pseudonym: what the one remaining audit row calls the person; not derived from the id.
        photos: how many photos went, current and kept.
        audit_rows: how many earlier audit rows no longer name the person.
        audit_id: number of the remaining row.
        wiped: whether SQLite's log is wiped already; else a reader was in the way, and the
            running server, or the next change, does it.
    """

    pseudonym: str
    photos: int
    audit_rows: int
    audit_id: int
    wiped: bool


@dataclass(frozen=True, slots=True)
class Match:
    """One search hit: an identity by its nearest photo."""

    identity_id: str
    identity_name: str
    photo_id: str
    cosine: float


@dataclass(frozen=True, slots=True)
class IdentityFilter:
    """Which identities to list; empty fields do not filter."""

    identity_id: str = ""
    name_contains: str = ""
    permission_ids: tuple[str, ...] = ()
    user_type: UserType | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of identities and how many match in all."""

    identities: tuple[Identity, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who signs in with a password.

    Attributes:
        password_hash: argon2id, with its parameters.
        last_used_at: UTC of the last sign-in, or None.
    """

    name: str
    role: Role
    password_hash: str = field(repr=False)
    disabled: bool
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A program's key, without the secret.

    Attributes:
        id: public part of the token; the rest is its secret.
        secret_sha256: of the secret, as hex.
        expires_at, revoked_at, last_used_at: UTC, or None.
    """

    id: str
    name: str
    role: Role
    secret_sha256: str = field(repr=False)
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @property
    def is_valid(self) -> bool:
        """Whether it still lets somebody in."""
        over = self.expires_at is not None and self.expires_at <= datetime.now(timezone.utc)
        return self.revoked_at is None and not over
