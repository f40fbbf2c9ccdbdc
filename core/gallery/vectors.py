"""Embeddings at rest: one engine's at a time, finite, little-endian float32."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select

from core.errors import BadFeature
from core.gallery.base import Store
from core.gallery.cipher import Broken
from core.gallery.embeddings import check_length, check_vector, from_bytes, to_bytes
from core.gallery.loading import VectorBlock, load_blocks, opened
from core.gallery.opening import read_vector
from core.gallery.reading import find_photo
from core.gallery.records import Vector
from core.gallery.tables import (
    AuditTable,
    ChangeRow,
    EmbeddingRow,
    GonePhotoRow,
    IdentityRow,
    PersonKeyRow,
    PhotoRow,
    table_of,
)
from core.gallery.vault import DAMAGED, Keyring, vector_place


@dataclass(frozen=True, slots=True)
class VectorChange:
    """What became of one photo's embedding, seen from one engine.

    Attributes:
        photo_id, identity_id: whose it is; ``identity_id`` is empty for a deleted photo.
        vector: float32 (D,) of the engine asked for; None when there is none (any more).
        stale: the photo is current, its embedding is of another engine.
    """

    photo_id: str
    identity_id: str = ""
    vector: Vector | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """Where a gallery stands: its change counter, and the end of its audit's chain."""

    counter: int = 0
    audit_id: int = 0
    audit_hash: str = ""


class Vectors(Store):
    """The gallery's embeddings, for the checks, the search matrix and the re-extraction."""

    def embedding(self, photo_id: str) -> tuple[Vector, str]:
        """A photo's embedding, float32 (D,), and its engine's id.

        Raises:
            NotFound: no such photo.
            BadFeature: it is damaged, or another photo's; NotReady: there is no key for it.
        """
        with self.database.read() as session:
            photo = find_photo(session, photo_id)
            plain = read_vector(Keyring(session, self.vault), photo)
            return from_bytes(plain), photo.embedding.engine_id

    def embeddings(self, photo_ids: Sequence[str], engine_id: str) -> dict[str, Vector]:
        """Embeddings of that engine by photo id, float32 (D,), in one query; not the others.

        Raises:
            BadFeature: one is damaged, or another photo's; NotReady: there is no key for it.
        """
        query = (
            select(PhotoRow.id, PhotoRow.identity_id, EmbeddingRow.vector, EmbeddingRow.dimension)
            .join(EmbeddingRow, EmbeddingRow.photo_id == PhotoRow.id)
            .where(PhotoRow.id.in_(photo_ids), EmbeddingRow.engine_id == engine_id)
        )
        with self.database.read() as session:
            keys = Keyring(session, self.vault)
            found: dict[str, Vector] = {}
            for photo_id, identity_id, stored, dimension in session.execute(query):
                try:
                    plain = keys.open(stored, identity_id, vector_place(photo_id, engine_id))
                except Broken:
                    raise BadFeature(DAMAGED) from None
                check_length(plain, dimension)
                found[photo_id] = from_bytes(plain)
        return found

    def engine_counts(self) -> dict[str, int]:
        """How many current photos have an embedding of each engine."""
        query = (
            select(EmbeddingRow.engine_id, func.count().label("photos"))
            .join(PhotoRow, PhotoRow.id == EmbeddingRow.photo_id)
            .where(PhotoRow.state == "current")
            .group_by(EmbeddingRow.engine_id)
            .order_by(EmbeddingRow.engine_id)
        )
        with self.database.read() as session:
            return {row.engine_id: row.photos for row in session.execute(query)}

    def stale_photos(self, engine_id: str, limit: int) -> tuple[str, ...]:
        """Ids of up to ``limit`` current photos whose embedding is of another engine."""
        query = (
            select(PhotoRow.id)
            .join(EmbeddingRow, EmbeddingRow.photo_id == PhotoRow.id)
            .where(PhotoRow.state == "current", EmbeddingRow.engine_id != engine_id)
            .order_by(PhotoRow.id)
            .limit(limit)
        )
        with self.database.read() as session:
            return tuple(session.scalars(query))

    def reembed(self, photo_id: str, vector: Vector, engine_id: str) -> None:
        """Put another engine's embedding in the place of the photo's.

        Raises:
            NotFound: no such photo.
            BadFeature: not finite, or zero.
        """
        checked = check_vector(vector)
        with self.transaction() as tx:
            photo = find_photo(tx.session, photo_id)
            photo.embedding.engine_id = engine_id
            photo.embedding.dimension = len(checked)
            plain, cipher = to_bytes(checked), tx.keys.cipher_for(photo.identity_id)
            place = vector_place(photo.id, engine_id)
            photo.embedding.vector = cipher.seal(plain, place) if cipher else plain
            if photo.state == "current":  # of the others nobody keeps a copy in memory
                photo.change = tx.number()

    def head(self) -> Head:
        """The newest change and the newest row of the audit."""
        columns = table_of(ChangeRow).c
        query = select(columns.counter, columns.audit_id, columns.audit_hash)
        with self.database.read() as session:
            return Head(*session.execute(query).one())

    def follows(self, head: Head) -> bool:
        """Whether today's gallery goes on from there: it does not once an older one took its place.

        The change counter alone would not tell: a standby that missed the last changes counts
        others under the same numbers.
        """
        columns = table_of(AuditTable).c
        query = select(columns.hash).where(columns.id == head.audit_id)
        with self.database.read() as session:
            return head.audit_id == 0 or session.scalar(query) == head.audit_hash

    def counter(self) -> int:
        """A number that grows with every change of the set of current embeddings."""
        with self.database.read() as session:
            return session.execute(select(ChangeRow.counter)).scalar_one()

    def current_vectors(self, engine_id: str) -> Iterator[VectorBlock]:
        """All current embeddings, a block at a time: the first load. Exhaust it soon.

        What does not open, or is of another engine, is counted as in ``vector_changes``.

        Raises:
            NotReady: there is no key, or another one.
        """
        with self.database.read() as session:
            yield from load_blocks(session, self.vault, engine_id)

    def vector_changes(self, since: int, engine_id: str) -> Iterator[VectorChange]:
        """What changed above that counter, which is not 0. Exhaust it soon.

        Vectors of other engines are not read from the database. One that does not open, as it was
        damaged or moved, is never compared: it counts as stale, and the log names its photo.

        Raises:
            NotReady: there is no key, or another one.
        """
        ours = EmbeddingRow.engine_id == engine_id
        query = (
            select(PhotoRow.id, PhotoRow.identity_id, PhotoRow.state, ours)
            .add_columns(case((ours, EmbeddingRow.vector)), EmbeddingRow.dimension)
            .add_columns(PersonKeyRow.wrapped)
            .join(EmbeddingRow, EmbeddingRow.photo_id == PhotoRow.id)
            .outerjoin(PersonKeyRow, PersonKeyRow.identity_id == PhotoRow.identity_id)
            .where(PhotoRow.change > since)
            .execution_options(yield_per=1000)
        )
        gone = select(GonePhotoRow.photo_id).where(GonePhotoRow.change > since)
        with self.database.read() as session:
            for photo_id in session.scalars(gone):
                yield VectorChange(photo_id)
            keys = Keyring(session, self.vault)
            with session.execute(query) as rows:
                for photo_id, identity_id, state, same, *stored in rows:
                    if state != "current":
                        yield VectorChange(photo_id, identity_id)
                    elif same and (
                        plain := opened(keys, photo_id, identity_id, engine_id, *stored)
                    ):
                        yield VectorChange(photo_id, identity_id, from_bytes(plain))
                    else:
                        yield VectorChange(photo_id, identity_id, stale=True)

    def names(self, identity_ids: Sequence[str]) -> dict[str, str]:
        """Names of those of the people who exist, in one query."""
        query = select(IdentityRow.id, IdentityRow.name).where(IdentityRow.id.in_(identity_ids))
        with self.database.read() as session:
            return {row.id: row.name for row in session.execute(query)}
