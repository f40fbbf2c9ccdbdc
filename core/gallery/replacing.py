"""The replacement of a registered photo, and its way back: one transaction each."""

from __future__ import annotations

import dataclasses

from sqlalchemy import select
from sqlalchemy.orm import aliased

from core.errors import ParameterError
from core.gallery.base import Store
from core.gallery.opening import read_content
from core.gallery.photos import copies_of, rows_of
from core.gallery.reading import find_answer, find_identity, find_photo, find_successor, to_photo
from core.gallery.records import (
    AuditEntry,
    IdentityChange,
    NewPhoto,
    Receipt,
    RegisteredPhoto,
)
from core.gallery.repeat import Repeat
from core.gallery.tables import PhotoRow


class Replacing(Store):
    """Replace, restore, and what the two need to know."""

    def replace(
        self,
        identity_id: str,
        old_photo_id: str,
        new: NewPhoto,
        change: IdentityChange,
        expected_version: int | None,
        audit: AuditEntry,
        repeat: Repeat | None = None,
    ) -> Receipt:
        """Put a new photo in the old one's place, which is kept as superseded.

        After any exception the person, photo, embedding and ids are exactly as before.

        Args:
            identity_id: whose photo.
            old_photo_id: which photo; it must be this person's and current.
            new: the judged photo.
            change: the person's data that changes with it.
            expected_version: the version that the caller saw, or None.
            audit: the audit row; ids are filled in here.
            repeat: the caller's request id, to answer a repeat in the same way.

        Raises:
            AlreadyAnswered: the same request was carried out before.
            NotFound: unknown person or photo, or somebody else's photo, in the same words;
                a photo that was replaced names the current one in ``details["replaced_by"]``.
            VersionConflict: somebody else changed the person meanwhile.
            PermissionNotFound, RequestIdReused, BadFeature, NotReady, NoSpaceLeft.
        """
        rows = rows_of(new)
        with self.transaction() as tx:
            tx.check_repeat(repeat)
            identity = find_identity(tx.session, identity_id)
            old = find_photo(tx.session, old_photo_id, identity_id)
            # The version first: of two writers who both name one, the later one hears of that.
            tx.check_version(identity, expected_version)
            tx.check_current(old)
            current = tx.exchange(identity, old, rows)
            tx.change(identity, change)
            return tx.receipt(identity, to_photo(old), to_photo(current), audit, repeat)

    def restore(
        self, photo_id: str, audit: AuditEntry, expected_version: int | None = None
    ) -> Receipt:
        """Bring a superseded photo's content back, under new ids, where it once stood.

        The photo that stands there now is superseded in turn: a replacement like any other.

        Raises:
            NotFound: no such photo.
            ParameterError: it is current, or the photo in its place was deleted.
            VersionConflict: somebody else changed the person meanwhile.
        """
        with self.transaction() as tx:
            source = find_photo(tx.session, photo_id)
            identity = find_identity(tx.session, source.identity_id)
            tx.check_version(identity, expected_version)
            if source.state == "current":
                raise ParameterError("This photo is the current one; there is nothing to restore.")
            old = find_successor(tx.session, source)
            if old is None:
                raise ParameterError(
                    "The photo that took this one's place was deleted; add this one as a new photo."
                )
            vector, files = read_content(tx.keys, tx.session, source)
            current = tx.exchange(identity, old, copies_of(source, vector, files))
            tx.change(identity, IdentityChange())
            facts = {**audit.facts, "restored_from": source.id}
            entry = dataclasses.replace(audit, facts=facts)
            return tx.receipt(identity, to_photo(old), to_photo(current), entry)

    def last_replacement(self, identity_id: str) -> tuple[RegisteredPhoto, RegisteredPhoto] | None:
        """The person's latest replacement that still stands: superseded photo, current photo."""
        current = aliased(PhotoRow)
        query = (
            select(PhotoRow, current)
            .join(current, current.id == PhotoRow.replaced_by)
            .where(PhotoRow.identity_id == identity_id, current.state == "current")
            .order_by(PhotoRow.change.desc())
            .limit(1)
        )
        with self.database.read() as session:
            found = session.execute(query).first()
            return (to_photo(found[0]), to_photo(found[1])) if found else None

    def answered(self, request_id: str, content_sha256: str) -> str | None:
        """The answer of a request that was carried out before, or None.

        Raises:
            RequestIdReused: the id was used with other content.
        """
        with self.database.read() as session:
            return find_answer(session, request_id, content_sha256)
