"""One write transaction: the steps from which every change of the gallery is made."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime, timezone

from sqlalchemy import ColumnElement, delete, func, insert, literal, select, update
from sqlalchemy.orm import Session

from core.errors import PermissionNotFound, VersionConflict
from core.gallery.chain import link
from core.gallery.photos import Rows
from core.gallery.reading import find_answer, missing, to_identities
from core.gallery.records import AuditEntry, IdentityChange, Receipt, RegisteredPhoto
from core.gallery.repeat import AlreadyAnswered, Repeat
from core.gallery.tables import (
    AnsweredRow,
    AuditTable,
    ChangeRow,
    GonePhotoRow,
    GroupRow,
    IdentityRow,
    MembershipRow,
    PhotoFileRow,
    PhotoRow,
    table_of,
)
from core.gallery.vault import Keyring, Vault, file_place, vector_place

Seam = Callable[[str], None]

AUDIT, CHANGE, FILES = table_of(AuditTable), table_of(ChangeRow), table_of(PhotoFileRow)


class Transaction:
    """Steps of a change, on a session that holds the write lock.

    Attributes:
        session: the open session.
        keys: opens and seals people's data in it.
        now: the one time of everything in this change, UTC.
    """

    def __init__(self, session: Session, vault: Vault, seam: Seam) -> None:
        self.session = session
        self.keys = Keyring(session, vault)
        self.now = datetime.now(timezone.utc)
        self._seam = seam
        # SQLite's BEGIN IMMEDIATE keeps other writers out already, and it ignores FOR UPDATE;
        # on PostgreSQL this row is the lock.
        self._head = session.execute(select(CHANGE).with_for_update()).one()._asdict()
        self._next = self._head["counter"] + 1

    def number(self) -> int:
        """This change's number; to ask for it is to raise the gallery's counter."""
        self._head["counter"] = self._next
        return int(self._next)

    def finish(self) -> None:
        """Everything that is not yet in the database, and the counter row."""
        self.session.flush()
        self.session.execute(update(CHANGE).values(self._head))

    def check_repeat(self, repeat: Repeat | None) -> None:
        """Stop a request that was carried out before.

        Raises:
            AlreadyAnswered: same id, same content.
            RequestIdReused: same id, other content.
        """
        if repeat is not None:
            answer = find_answer(self.session, repeat.request_id, repeat.content_sha256)
            if answer is not None:
                raise AlreadyAnswered(answer)

    def check_version(self, identity: IdentityRow, expected: int | None) -> None:
        """Raises ``VersionConflict`` when somebody changed the person meanwhile."""
        if expected is not None and expected != identity.version:
            raise VersionConflict(current_version=identity.version)

    def check_current(self, photo: PhotoRow) -> None:
        """Raises ``NotFound`` for a superseded photo, naming the one in its place."""
        if photo.state != "current":
            raise missing(self.session, photo)

    def place(self, identity: IdentityRow) -> int:
        """The first free place after the person's current photos."""
        query = select(func.count()).where(
            PhotoRow.identity_id == identity.id, PhotoRow.state == "current"
        )
        return self.session.execute(query).scalar_one()

    def insert(self, identity: IdentityRow, position: int, rows: Rows) -> PhotoRow:
        """Store a photo as current in that place."""
        photo, files = rows
        if cipher := self.keys.cipher_for(identity.id):
            files = {k: cipher.seal(v, file_place(photo.id, k)) for k, v in files.items()}
            embedding = photo.embedding
            place = vector_place(photo.id, embedding.engine_id)
            embedding.vector = cipher.seal(embedding.vector, place)
        photo.identity_id, photo.position, photo.state = identity.id, position, "current"
        photo.created_at, photo.change = self.now, self.number()
        self.session.add(photo)
        self.session.flush()
        self.session.execute(insert(FILES).values(photo_id=photo.id, **files))
        self._seam("inserted")
        return photo

    def exchange(self, identity: IdentityRow, old: PhotoRow, rows: Rows) -> PhotoRow:
        """Store a photo in the place of the old one, which is kept as superseded."""
        position = old.position
        assert position is not None, "checked by check_current and by the table"
        old.state, old.position = "superseded", None
        old.superseded_at, old.replaced_by, old.change = self.now, rows[0].id, self.number()
        self.session.flush()
        self._seam("superseded")
        return self.insert(identity, position, rows)

    def bury(self, chosen: ColumnElement[bool]) -> None:
        """Remember the ids of the photos that are about to go."""
        gone = select(PhotoRow.id, PhotoRow.face_id, literal(self.number())).where(chosen)
        columns = ("photo_id", "face_id", "change")
        self.session.execute(insert(GonePhotoRow).from_select(columns, gone))

    def change(self, identity: IdentityRow, change: IdentityChange) -> None:
        """Set the person's data; counts as a new version, also when only the photos changed.

        Raises:
            PermissionNotFound: naming the groups that do not exist.
        """
        for field in ("name", "user_type", "description"):
            if (value := getattr(change, field)) is not None:
                setattr(identity, field, value)
        if change.ext_info:
            merged = {**identity.ext_info, **change.ext_info}
            identity.ext_info = {key: value for key, value in merged.items() if value is not None}
        identity.version += 1
        identity.updated_at = self.now
        self.session.flush()
        if change.permission_ids is not None:
            self._set_groups(identity, tuple(dict.fromkeys(change.permission_ids)))

    def audit(self, entry: AuditEntry) -> int:
        """Add the entry to the audit; returns its number."""
        row = link(entry, self.now, self._head["audit_id"], self._head["audit_hash"])
        self.session.execute(insert(AUDIT).values(row))
        self._head.update(audit_id=row["id"], audit_hash=row["hash"])
        self._seam("audited")
        return int(row["id"])

    def receipt(
        self,
        identity: IdentityRow,
        old: RegisteredPhoto | None,
        new: RegisteredPhoto | None,
        entry: AuditEntry,
        repeat: Repeat | None = None,
    ) -> Receipt:
        """Write the audit row with its ids, and say what will be true after the commit.

        With ``repeat`` the caller's answer is kept, so that a repeat of the request finds it.
        """
        full = dataclasses.replace(
            entry,
            identity_id=identity.id,
            old_photo_id=old.id if old else "",
            new_photo_id=new.id if new else "",
        )
        audit_id = self.audit(full)
        receipt = Receipt(to_identities(self.session, [identity])[0], old, new, audit_id)
        if repeat is not None:
            kept = {
                "request_id": repeat.request_id,
                "identity_id": identity.id,
                "content_sha256": repeat.content_sha256,
                "answer": repeat.answer(receipt),
                "at": self.now,
            }
            self.session.execute(insert(AnsweredRow).values(kept))
        return receipt

    def _set_groups(self, identity: IdentityRow, group_ids: Sequence[str]) -> None:
        known = set(self.session.scalars(select(GroupRow.id).where(GroupRow.id.in_(group_ids))))
        if missing := [group_id for group_id in group_ids if group_id not in known]:
            raise PermissionNotFound(permission_ids=missing)
        self.session.execute(delete(MembershipRow).where(MembershipRow.identity_id == identity.id))
        if group_ids:
            rows = [
                {"identity_id": identity.id, "group_id": group_id, "position": position}
                for position, group_id in enumerate(group_ids)
            ]
            self.session.execute(insert(MembershipRow), rows)
