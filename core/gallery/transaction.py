"""One write transaction: the steps from which every change of the gallery is made."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, literal, select
from sqlalchemy.orm import Session

from core.errors import PermissionNotFound, VersionConflict
from core.gallery.chain import link
from core.gallery.photos import Rows
from core.gallery.reading import IDENTITIES, find_answer, find_identity, missing
from core.gallery.records import (
    NAMELESS,
    AuditEntry,
    IdentityChange,
    Receipt,
    RegisteredPhoto,
)
from core.gallery.repeat import AlreadyAnswered, Repeat
from core.gallery.statements import (
    ADD_AUDIT,
    ADD_EMBEDDING,
    ADD_FILES,
    ADD_PHOTO,
    COUNT_CURRENT,
    HEAD,
    SET_HEAD,
    SET_PERSON,
    SUPERSEDE,
)
from core.gallery.tables import (
    AnsweredRow,
    GonePhotoRow,
    GroupRow,
    MembershipRow,
    PhotoRow,
)
from core.gallery.vault import Keyring, Vault, file_place, vector_place

Seam = Callable[[str], None]


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
        self._head = session.execute(HEAD).one()._asdict()
        self._next = self._head["counter"] + 1

    def number(self) -> int:
        """This change's number; to ask for it is to raise the gallery's counter."""
        self._head["counter"] = self._next
        return int(self._next)

    def finish(self) -> None:
        """Everything that is not yet in the database, and the counter row."""
        self.session.flush()  # accounts and tokens are objects
        self.session.execute(SET_HEAD, self._head)

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

    def check_version(self, person: Any, expected: int | None) -> None:
        """Raises ``VersionConflict`` when somebody changed the person meanwhile."""
        if expected is not None and expected != person.version:
            raise VersionConflict(current_version=person.version)

    def check_current(self, photo: RegisteredPhoto) -> None:
        """Raises ``NotFound`` for a superseded photo, naming the one in its place."""
        if photo.state != "current":
            raise missing(self.session, photo)

    def place(self, identity_id: str) -> int:
        """The first free place after the person's current photos."""
        return self.session.execute(COUNT_CURRENT, {"id": identity_id}).scalar_one()

    def insert(self, identity_id: str, position: int, rows: Rows) -> None:
        """Store a photo as current in that place."""
        embedding, files = rows.embedding, rows.files
        if cipher := self.keys.cipher_for(identity_id):
            files = {k: cipher.seal(v, file_place(rows.id, k)) for k, v in files.items()}
            place = vector_place(rows.id, embedding["engine_id"])
            embedding = {**embedding, "vector": cipher.seal(embedding["vector"], place)}
        standing = {
            "identity_id": identity_id,
            "position": position,
            "state": "current",
            "created_at": self.now,
            "change": self.number(),
        }
        self.session.execute(ADD_PHOTO, {**rows.photo, **standing})
        self.session.execute(ADD_EMBEDDING, embedding)
        self.session.execute(ADD_FILES, {"photo_id": rows.id, **files})
        self._seam("inserted")

    def exchange(self, old: RegisteredPhoto, rows: Rows) -> RegisteredPhoto:
        """Store a photo in the place of the old one; returns that one, kept as superseded."""
        assert old.position is not None, "checked by check_current and by the table"
        values = {"which": old.id, "at": self.now, "by": rows.id, "number": self.number()}
        self.session.execute(SUPERSEDE, values)
        self._seam("superseded")
        self.insert(old.identity_id, old.position, rows)
        return dataclasses.replace(
            old, state="superseded", position=None, superseded_at=self.now, replaced_by=rows.id
        )

    def bury(self, chosen: ColumnElement[bool]) -> None:
        """Remember the ids of the photos that are about to go."""
        gone = select(PhotoRow.id, PhotoRow.face_id, literal(self.number())).where(chosen)
        columns = ("photo_id", "face_id", "change")
        self.session.execute(insert(GonePhotoRow).from_select(columns, gone))

    def create(self, identity_id: str, change: IdentityChange) -> None:
        """A new person; fields that are None take the documented defaults. Raises as ``change``."""
        plain = {"name": NAMELESS, "user_type": "employee", "description": "", "ext_info": {}}
        values = {**plain, **_changed({"ext_info": {}, "version": 0}, change)}
        times = {"created_at": self.now, "updated_at": self.now}
        self.session.execute(insert(IDENTITIES), {"identity_id": identity_id, **values, **times})
        self._set_groups(identity_id, change.permission_ids)

    def change(self, person: Any, change: IdentityChange) -> None:
        """Set the person's data; counts as a new version, also when only the photos changed.

        Raises:
            PermissionNotFound: naming the groups that do not exist.
        """
        values = {**_changed(person._mapping, change), "updated_at": self.now}
        self.session.execute(SET_PERSON, {"which": person.identity_id, **values})
        self._set_groups(person.identity_id, change.permission_ids)

    def audit(self, entry: AuditEntry) -> int:
        """Add the entry to the audit; returns its number."""
        row = link(entry, self.now, self._head["audit_id"], self._head["audit_hash"])
        self.session.execute(ADD_AUDIT, row)
        self._head.update(audit_id=row["id"], audit_hash=row["hash"])
        self._seam("audited")
        return int(row["id"])

    def receipt(
        self,
        identity_id: str,
        old: RegisteredPhoto | None,
        new_id: str | None,
        entry: AuditEntry,
        repeat: Repeat | None = None,
    ) -> Receipt:
        """Write the audit row with its ids, and say what will be true after the commit.

        With ``repeat`` the caller's answer is kept, so that a repeat of the request finds it.
        """
        full = dataclasses.replace(
            entry,
            identity_id=identity_id,
            old_photo_id=old.id if old else "",
            new_photo_id=new_id or "",
        )
        audit_id = self.audit(full)
        identity = find_identity(self.session, identity_id)
        new = next((photo for photo in identity.photos if photo.id == new_id), None)
        receipt = Receipt(identity, old, new, audit_id)
        if repeat is not None:
            kept = {
                "request_id": repeat.request_id,
                "identity_id": identity_id,
                "content_sha256": repeat.content_sha256,
                "answer": repeat.answer(receipt),
                "at": self.now,
            }
            self.session.execute(insert(AnsweredRow).values(kept))
        return receipt

    def _set_groups(self, identity_id: str, permission_ids: Sequence[str] | None) -> None:
        if permission_ids is None:
            return
        group_ids = tuple(dict.fromkeys(permission_ids))
        known = set(self.session.scalars(select(GroupRow.id).where(GroupRow.id.in_(group_ids))))
        if missing := [group_id for group_id in group_ids if group_id not in known]:
            raise PermissionNotFound(permission_ids=missing)
        self.session.execute(delete(MembershipRow).where(MembershipRow.identity_id == identity_id))
        if group_ids:
            rows = [
                {"identity_id": identity_id, "group_id": group_id, "position": position}
                for position, group_id in enumerate(group_ids)
            ]
            self.session.execute(insert(MembershipRow), rows)


def _changed(now: Mapping[Any, Any], change: IdentityChange) -> dict[str, Any]:
    """The columns of a person that a change sets; ``now``: those as they are."""
    asked = {field: getattr(change, field) for field in ("name", "user_type", "description")}
    values = {field: value for field, value in asked.items() if value is not None}
    if change.ext_info:
        merged = {**now["ext_info"], **change.ext_info}
        values["ext_info"] = {key: value for key, value in merged.items() if value is not None}
    return {**values, "version": now["version"] + 1}
