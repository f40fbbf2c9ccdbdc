"""What the gallery tells: people, groups, photos and their bytes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from core.errors import NotFound
from core.gallery.base import Store
from core.gallery.opening import read_files
from core.gallery.reading import (
    IDENTITIES,
    PHOTO,
    PHOTOS,
    conditions,
    find_identity,
    find_photo,
    missing,
    to_identities,
    to_photo,
)
from core.gallery.records import Group, Identity, IdentityFilter, Page, RegisteredPhoto
from core.gallery.tables import GroupRow, IdentityRow, PhotoFileRow, PhotoRow
from core.gallery.vault import Keyring

THUMB = PhotoFileRow.thumb_jpeg


class Reader(Store):
    """Reads, each on one snapshot of the database."""

    def identity(self, identity_id: str) -> Identity:
        """A person with groups and current photos. Raises ``NotFound``."""
        with self.database.read() as session:
            return find_identity(session, identity_id)

    def has_identity(self, identity_id: str) -> bool:
        """Whether there is such a person."""
        query = select(IdentityRow.id).where(IdentityRow.id == identity_id)
        with self.database.read() as session:
            return session.scalar(query) is not None

    def list_identities(self, wanted: IdentityFilter, page_index: int, page_limit: int) -> Page:
        """One page of the people who match, by id; the page's number counts from 0."""
        matches = conditions(wanted)
        query = (
            select(IDENTITIES)
            .where(*matches)
            .order_by(IdentityRow.id)
            .offset(page_index * page_limit)
            .limit(page_limit)
        )
        total = select(func.count()).select_from(IdentityRow).where(*matches)
        with self.database.read() as session:
            rows = session.execute(query).all()
            return Page(to_identities(session, rows), session.execute(total).scalar_one())

    def count(self) -> int:
        """How many people there are."""
        with self.database.read() as session:
            return session.execute(select(func.count()).select_from(IdentityRow)).scalar_one()

    def count_photos(self) -> int:
        """How many current photos there are."""
        query = select(func.count()).select_from(PhotoRow).where(PhotoRow.state == "current")
        with self.database.read() as session:
            return session.execute(query).scalar_one()

    def sample_photos(self, limit: int) -> tuple[str, ...]:
        """Ids of up to ``limit`` current photos: by chance, and the same ones each time.

        Ids are random, so their order is by chance.
        """
        query = select(PhotoRow.id).where(PhotoRow.state == "current")
        with self.database.read() as session:
            return tuple(session.scalars(query.order_by(PhotoRow.id).limit(limit)))

    def groups(self) -> tuple[Group, ...]:
        """All permission groups, by name."""
        with self.database.read() as session:
            rows = session.scalars(select(GroupRow).order_by(GroupRow.name, GroupRow.id))
            return tuple(Group(row.id, row.name) for row in rows)

    def photo(self, photo_id: str) -> RegisteredPhoto:
        """A photo, current or superseded. Raises ``NotFound``."""
        with self.database.read() as session:
            return find_photo(session, photo_id)

    def photo_of_face(self, face_id: str) -> RegisteredPhoto:
        """The photo, current or superseded, that shows this face. Raises ``NotFound``."""
        with self.database.read() as session:
            row = session.execute(PHOTO.where(PHOTOS.c.face_id == face_id)).first()
            if row is None:
                raise NotFound
            return to_photo(row)

    def explain_missing(
        self, identity_id: str, photo_id: str | None, face_id: str | None = None
    ) -> None:
        """Say what became of a photo of this person that is not current any more.

        Nothing is said of an unknown photo, or of somebody else's. The photo's id counts when
        both are given.

        Raises:
            NotFound: it was replaced; ``details`` hold ``replaced_by`` and ``face_id`` of the
                photo that now stands in its place.
        """
        named = PhotoRow.id == photo_id if photo_id else PhotoRow.face_id == face_id
        query = PHOTO.where(named, PhotoRow.identity_id == identity_id)
        with self.database.read() as session:
            row = session.execute(query).first()
            if row is not None and row.state != "current":
                raise missing(session, to_photo(row))

    def photo_jpeg(self, photo_id: str) -> bytes:
        """The stored photo's file. Raises ``NotFound``; ``NotReady`` when it does not decrypt."""
        return self._bytes(photo_id, PhotoFileRow.jpeg)

    def crop_jpeg(self, photo_id: str) -> bytes:
        """The aligned face's file. Raises ``NotFound``; ``NotReady`` when it does not decrypt."""
        return self._bytes(photo_id, PhotoFileRow.crop_jpeg)

    def thumb_jpeg(self, photo_id: str) -> bytes:
        """The thumbnail's file. Raises ``NotFound``; ``NotReady`` when it does not decrypt."""
        return self._bytes(photo_id, THUMB)

    def thumbs(self, photo_ids: Sequence[str]) -> dict[str, bytes]:
        """Thumbnails by photo id, in one query; unknown ids are left out. Raises ``NotReady``."""
        with self.database.read() as session:
            return read_files(Keyring(session, self.vault), session, photo_ids, THUMB)

    def _bytes(self, photo_id: str, column: InstrumentedAttribute[bytes]) -> bytes:
        with self.database.read() as session:
            found = read_files(Keyring(session, self.vault), session, [photo_id], column)
        if photo_id not in found:
            raise NotFound
        return found[photo_id]
