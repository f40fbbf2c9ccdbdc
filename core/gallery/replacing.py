"""The replacement of a registered photo, and its way back: one transaction each."""

from __future__ import annotations

import dataclasses

from sqlalchemy.orm import aliased

from core.errors import ParameterError
from core.gallery.base import Store
from core.gallery.opening import read_copy
from core.gallery.photos import rows_of
from core.gallery.reading import (
    PHOTO,
    PHOTOS,
    find_answer,
    find_person,
    find_photo,
    find_successor,
    to_photo,
)
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
        with self.transaction(audit) as tx:
            tx.check_repeat(repeat)
            person = find_person(tx.session, identity_id)
            old = find_photo(tx.session, old_photo_id, identity_id)
            # The version first: of two writers who both name one, the later one hears of that.
            tx.check_version(person, expected_version)
            tx.check_current(old)
            gone = tx.exchange(old, rows)
            tx.change(person, change)
            return tx.receipt(identity_id, gone, rows.id, audit, repeat)

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
        with self.transaction(audit) as tx:
            source = find_photo(tx.session, photo_id)
            person = find_person(tx.session, source.identity_id)
            tx.check_version(person, expected_version)
            if source.state == "current":
                raise ParameterError("This photo is the current one; there is nothing to restore.")
            old = find_successor(tx.session, source)
            if old is None:
                raise ParameterError(
                    "The photo that took this one's place was deleted; add this one as a new photo."
                )
            rows = read_copy(tx.keys, tx.session, source.id)
            gone = tx.exchange(old, rows)
            tx.change(person, IdentityChange())
            facts = {**audit.facts, "restored_from": source.id}
            entry = dataclasses.replace(audit, facts=facts)
            return tx.receipt(source.identity_id, gone, rows.id, entry)

    def in_place_of(self, photo_id: str) -> RegisteredPhoto | None:
        """The current photo that now stands where a superseded one stood; what restoring it ends.

        None when that one was deleted. Raises NotFound: no such photo.
        """
        with self.database.read() as session:
            return find_successor(session, find_photo(session, photo_id))

    def last_replacement(self, identity_id: str) -> tuple[RegisteredPhoto, RegisteredPhoto] | None:
        """The person's latest replacement that still stands: superseded photo, current photo."""
        current = aliased(PhotoRow)
        query = (
            PHOTO.join(current, current.id == PHOTOS.c.replaced_by)
            .where(PHOTOS.c.identity_id == identity_id, current.state == "current")
            .order_by(PHOTOS.c.change.desc())
            .limit(1)
        )
        with self.database.read() as session:
            row = session.execute(query).first()
            if row is None:
                return None
            return to_photo(row), find_photo(session, row.replaced_by)

    def answered(self, request_id: str, content_sha256: str) -> str | None:
        """The answer of a request that was carried out before, or None.

        Raises:
            RequestIdReused: the id was used with other content.
        """
        with self.database.read() as session:
            return find_answer(session, request_id, content_sha256)
