"""Every other change: people and groups, further photos, deletion."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import delete, func, select, update

from core.errors import GalleryFull, IdentityExists, NotFound, ParameterError
from core.gallery.base import Store
from core.gallery.photos import rows_of
from core.gallery.reading import PHOTOS, find_person, find_photo
from core.gallery.records import (
    Actor,
    AuditEntry,
    Group,
    IdentityChange,
    NewPhoto,
    Receipt,
)
from core.gallery.repeat import Repeat
from core.gallery.tables import GroupRow, IdentityRow, PhotoRow
from core.gallery.transaction import Transaction

log = logging.getLogger(__name__)


class Editing(Store):
    """Create, change, delete. Every method is one transaction with one audit row."""

    def create_group(self, name: str, actor: Actor) -> Group:
        """A new permission group. Raises ``ParameterError`` when the name is taken."""
        facts = {"permission_name": name}
        with self.transaction(AuditEntry("create_group", facts=facts, actor=actor)) as tx:
            query = select(GroupRow.id).where(GroupRow.name == name)
            if taken := tx.session.execute(query).scalar():
                raise ParameterError(
                    "A permission group of this name exists already.", permission_id=taken
                )
            group = Group(str(uuid4()), name)
            tx.session.add(GroupRow(id=group.id, name=group.name))
            facts["permission_id"] = group.id
            tx.audit(AuditEntry("create_group", facts=facts, actor=actor))
        return group

    def create_identity(
        self,
        identity_id: str,
        change: IdentityChange,
        new: NewPhoto,
        audit: AuditEntry,
        repeat: Repeat | None = None,
    ) -> Receipt:
        """A new person with a first photo; fields that are None take the documented defaults.

        Raises:
            IdentityExists, GalleryFull, PermissionNotFound, BadFeature;
            AlreadyAnswered, RequestIdReused: as in ``replace``.
        """
        rows = rows_of(new)
        with self.transaction(audit) as tx:
            tx.check_repeat(repeat)
            if tx.session.get(IdentityRow, identity_id) is not None:
                raise IdentityExists
            count = tx.session.execute(select(func.count()).select_from(IdentityRow)).scalar_one()
            if count >= self.max_identities:
                raise GalleryFull(limit=self.max_identities)
            tx.create(identity_id, change)
            tx.insert(identity_id, 0, rows)
            return tx.receipt(identity_id, None, rows.id, audit, repeat)

    def update_identity(
        self,
        identity_id: str,
        change: IdentityChange,
        expected_version: int | None,
        audit: AuditEntry,
    ) -> Receipt:
        """Change a person's data only.

        Raises:
            NotFound, VersionConflict, PermissionNotFound.
        """
        with self.transaction(audit) as tx:
            person = find_person(tx.session, identity_id)
            tx.check_version(person, expected_version)
            tx.change(person, change)
            return tx.receipt(identity_id, None, None, audit)

    def add_photo(
        self,
        identity_id: str,
        new: NewPhoto,
        expected_version: int | None,
        audit: AuditEntry,
        repeat: Repeat | None = None,
    ) -> Receipt:
        """One more photo, after the others.

        Raises:
            NotFound, VersionConflict, GalleryFull, BadFeature;
            AlreadyAnswered, RequestIdReused: as in ``replace``.
        """
        rows = rows_of(new)
        with self.transaction(audit) as tx:
            tx.check_repeat(repeat)
            person = find_person(tx.session, identity_id)
            tx.check_version(person, expected_version)
            place = tx.place(identity_id)
            if place >= self.max_photos_each:
                raise GalleryFull(
                    f"This identity has {place} photos, the most allowed; replace one instead.",
                    limit=self.max_photos_each,
                )
            tx.insert(identity_id, place, rows)
            tx.change(person, IdentityChange())
            return tx.receipt(identity_id, None, rows.id, audit, repeat)

    def delete_photo(self, identity_id: str, photo_id: str, audit: AuditEntry) -> Receipt:
        """Remove a current photo for good; the later ones close up.

        Raises:
            NotFound: as in ``replace``.
            ParameterError: it is the person's last one.
        """
        with self.transaction(audit) as tx:
            person = find_person(tx.session, identity_id)
            old = find_photo(tx.session, photo_id, identity_id)
            tx.check_current(old)
            if tx.place(identity_id) == 1:
                raise ParameterError("This is the identity's last photo; replace it instead.")
            tx.bury(PhotoRow.id == photo_id)
            tx.session.execute(delete(PHOTOS).where(PHOTOS.c.id == photo_id))
            _close_up(tx, identity_id, old.position or 0)
            tx.change(person, IdentityChange())
            receipt = tx.receipt(identity_id, old, None, audit)
        self._erase_traces()
        return receipt

    def delete_identities(
        self, identity_ids: Sequence[str], actor: Actor
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Remove people with everything of theirs; returns (deleted ids, unknown ids)."""
        wanted = tuple(dict.fromkeys(identity_ids))
        facts = {"identity_ids": list(wanted)}
        with self.transaction(AuditEntry("delete", facts=facts, actor=actor)) as tx:
            known = {i for i in wanted if tx.session.get(IdentityRow, i) is not None}
            for identity_id in wanted:
                outcome = 0 if identity_id in known else NotFound.code
                if identity_id in known:
                    tx.bury(PhotoRow.identity_id == identity_id)
                    tx.session.execute(delete(IdentityRow).where(IdentityRow.id == identity_id))
                tx.audit(AuditEntry("delete", outcome, identity_id, actor=actor))
        if known:
            self._erase_traces()
        done = tuple(i for i in wanted if i in known)
        return done, tuple(i for i in wanted if i not in known)

    def _erase_traces(self) -> None:
        if not self.database.erase_traces():
            log.warning("deleted bytes stay in the database's log until its readers are done")


def _close_up(tx: Transaction, identity_id: str, gap: int) -> None:
    after = (PHOTOS.c.identity_id == identity_id, PHOTOS.c.position > gap)
    query = select(PHOTOS.c.id).where(*after).order_by(PHOTOS.c.position)
    # One by one from the gap on: no two may stand in one place, not even for a moment.
    for place, photo_id in enumerate(tx.session.scalars(query).all(), start=gap):
        moved = update(PHOTOS).where(PHOTOS.c.id == photo_id)
        tx.session.execute(moved.values(position=place))
