"""Is everything in the gallery as it must be? Each rule reads; nothing is mended here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import groupby

import numpy as np
from sqlalchemy import ColumnElement, exists, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, aliased

from core.errors import NotFound, NotReady
from core.gallery.audit import Audit
from core.gallery.cipher import Broken
from core.gallery.embeddings import from_bytes
from core.gallery.reader import Reader
from core.gallery.records import Fault
from core.gallery.tables import (
    AuditTable,
    Base,
    ChangeRow,
    EmbeddingRow,
    GonePhotoRow,
    IdentityRow,
    PhotoRow,
    table_of,
)
from core.gallery.vault import Keyring, vector_place

UNIT_TOLERANCE = 1e-3
"""How far from 1 an embedding's length may be."""

UNREADABLE = (ValueError, TypeError, SQLAlchemyError)
"""What SQLAlchemy raises for a stored value that is not of its column's kind."""

Decodes = Callable[[bytes], bool]


class Integrity(Reader, Audit):
    """What ``python -m core verify`` asks."""

    def faults(self, decodes: Decodes) -> Iterator[Fault]:
        """Everything that is wrong; nothing when all is well.

        The rows are judged on one snapshot, so a writer at work does no harm; the photos' bytes
        are read one photo after the other.

        Args:
            decodes: whether a JPEG file can be decoded.
        """
        with self.database.read() as session:
            for rule in (_damage, _unreadable, _orphans, _places, _links, _origins):
                yield from rule(session)
            yield from _embeddings(session, Keyring(session, self.vault))
            photo_ids = session.scalars(select(PhotoRow.id).order_by(PhotoRow.id)).all()
        yield from self._chain()
        for photo_id in photo_ids:
            yield from self._files(photo_id, decodes)

    def _chain(self) -> Iterator[Fault]:
        if (bad := self.verify_chain()) is not None:
            sentence = f"Audit row {bad} is missing, was changed, or is out of place."
            yield Fault("audit", str(bad), sentence)

    def _files(self, photo_id: str, decodes: Decodes) -> Iterator[Fault]:
        query = select(PhotoRow.stored_sha256).where(PhotoRow.id == photo_id)
        try:
            files = {
                "photo": self.photo_jpeg(photo_id),
                "crop": self.crop_jpeg(photo_id),
                "thumbnail": self.thumb_jpeg(photo_id),
            }
        except NotFound:
            with self.database.read() as session:
                if session.scalar(query) is not None:  # else it was deleted this very moment
                    yield Fault("bytes", photo_id, f"Photo {photo_id} has no file.")
            return
        except (*UNREADABLE, NotReady):  # not of its kind, or sealed and does not open
            yield Fault("database", photo_id, f"The files of photo {photo_id} cannot be read.")
            return
        with self.database.read() as session:
            expected = session.scalar(query)
        if expected not in (None, hashlib.sha256(files["photo"]).hexdigest()):
            sentence = f"The file of photo {photo_id} is not the one that was registered."
            yield Fault("bytes", photo_id, sentence)
        for name, data in files.items():
            if not decodes(data):
                yield Fault("picture", photo_id, f"The {name} of photo {photo_id} is no picture.")


def _damage(session: Session) -> Iterator[Fault]:
    if session.get_bind().dialect.name == "sqlite":
        for said in session.scalars(text("PRAGMA integrity_check(10)")):
            if said != "ok":
                yield Fault("database", "", f"The database file is damaged: {said}.")


def _unreadable(session: Session) -> Iterator[Fault]:
    """Values that are not of their column's kind, such as broken JSON; the audit has its chain."""
    for model in (IdentityRow, PhotoRow):
        table = table_of(model)
        (key,) = table.primary_key
        for row_id in session.scalars(select(key)).all():
            try:
                session.execute(select(table).where(key == row_id)).one()
            except UNREADABLE:
                yield Fault("database", row_id, f"Row {row_id} of {table.name} cannot be read.")


def _orphans(session: Session) -> Iterator[Fault]:
    """Rows that point at nothing: every foreign key of every table."""
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            parent = key.column.table.alias()
            there = exists().where(parent.c[key.column.name] == key.parent)
            query = select(func.count()).select_from(table).where(~there)
            if count := session.execute(query).scalar_one():
                goal = key.column.table.name
                sentence = f"{count} row(s) of {table.name} belong to no row of {goal}."
                yield Fault("orphan", table.name, sentence)


def _places(session: Session) -> Iterator[Fault]:
    """Every person has current photos, in places 0, 1, 2 ..."""
    query = (
        select(IdentityRow.id, PhotoRow.position)
        .outerjoin(PhotoRow, (PhotoRow.identity_id == IdentityRow.id) & _is_current())
        .order_by(IdentityRow.id, PhotoRow.position)
        .execution_options(yield_per=1000)
    )
    for identity_id, rows in groupby(session.execute(query), key=lambda row: row[0]):
        places = [row.position for row in rows]
        if places == [None]:
            yield Fault("place", identity_id, f"Identity {identity_id} has no current photo.")
        elif places != list(range(len(places))):
            sentence = f"The photos of identity {identity_id} stand in places {places}."
            yield Fault("place", identity_id, sentence)


def _links(session: Session) -> Iterator[Fault]:
    """A superseded photo names its successor; ids that are gone are not in use; numbers fit."""
    there, gone = aliased(PhotoRow), GonePhotoRow
    known = exists().where(there.id == PhotoRow.replaced_by)
    buried = exists().where(gone.photo_id == PhotoRow.replaced_by)
    lost = select(PhotoRow.id).where(
        ~_is_current(), PhotoRow.replaced_by.is_(None) | (~known & ~buried)
    )
    for photo_id in session.scalars(lost):
        yield Fault("link", photo_id, f"What replaced photo {photo_id} is not known.")
    early = select(PhotoRow.id).where(_is_current(), PhotoRow.replaced_by.is_not(None))
    for photo_id in session.scalars(early):
        yield Fault("link", photo_id, f"Photo {photo_id} is current and replaced at once.")
    again = select(PhotoRow.id).where(
        PhotoRow.id.in_(select(gone.photo_id)) | PhotoRow.face_id.in_(select(gone.face_id))
    )
    for photo_id in session.scalars(again):
        yield Fault("link", photo_id, f"Photo {photo_id} bears an id that was deleted.")
    counter = session.execute(select(ChangeRow.counter)).scalar_one()
    newest = session.execute(select(func.max(PhotoRow.change))).scalar() or 0
    if newest > counter:
        sentence = f"The change counter is {counter}, but a photo bears number {newest}."
        yield Fault("link", "", sentence)


def _embeddings(session: Session, keys: Keyring) -> Iterator[Fault]:
    """Each photo has one: finite, of unit length; the current ones all of one engine."""
    # From the bare tables: the mapped class would join the embedding by itself, and so hide a
    # photo that has none.
    photos, stored = table_of(PhotoRow), table_of(EmbeddingRow)
    query = (
        select(photos.c.id, photos.c.identity_id, photos.c.state)
        .add_columns(stored.c.engine_id, stored.c.dimension)
        .add_columns(stored.c.vector)
        .select_from(photos.outerjoin(stored, stored.c.photo_id == photos.c.id))
        .order_by(photos.c.id)
        .execution_options(yield_per=1000)
    )
    engines: set[str] = set()
    for row in session.execute(query):
        if row.vector is None:
            yield Fault("embedding", row.id, f"Photo {row.id} has no embedding.")
            continue
        if row.state == "current":
            engines.add(row.engine_id)
        try:
            place = vector_place(row.id, row.engine_id)
            plain = keys.open(row.vector, row.identity_id, place)
        except Broken:
            yield Fault("embedding", row.id, f"The embedding of photo {row.id} does not open.")
            continue
        if len(plain) != 4 * row.dimension or not _is_unit(plain):
            sentence = f"The embedding of photo {row.id} is not finite and of unit length."
            yield Fault("embedding", row.id, sentence)
    if len(engines) > 1:
        names = ", ".join(sorted(engines))
        sentence = f"Current photos are of several engines ({names}): run 'python -m core reembed'."
        yield Fault("embedding", "", sentence)


def _is_unit(stored: bytes) -> bool:
    length = float(np.linalg.norm(from_bytes(stored).astype(np.float64)))
    return abs(length - 1) <= UNIT_TOLERANCE  # False as well when it is not finite


def _origins(session: Session) -> Iterator[Fault]:
    """Every photo came in by a change that the audit knows."""
    audited = select(AuditTable.new_photo_id).where(AuditTable.outcome == 0)
    for photo_id in session.scalars(select(PhotoRow.id).where(PhotoRow.id.not_in(audited))):
        yield Fault("audit", photo_id, f"The audit knows nothing of photo {photo_id}.")


def _is_current() -> ColumnElement[bool]:
    return PhotoRow.state == "current"
