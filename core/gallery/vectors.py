"""Embeddings at rest: one engine's at a time, finite, little-endian float32."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import bindparam, func, select, update

from core.errors import BadFeature, NotFound
from core.gallery.base import Store
from core.gallery.cipher import Broken
from core.gallery.embeddings import check_length, check_vector, from_bytes, to_bytes
from core.gallery.loading import VectorBlock, load_blocks
from core.gallery.news import Head, News, VectorChange, read_changes, read_head, read_news
from core.gallery.opening import CONTENT, read_vector
from core.gallery.reading import EMBEDDINGS, IDENTITIES, IDS, PHOTOS
from core.gallery.records import Vector
from core.gallery.tables import ChangeRow, EmbeddingRow, PhotoRow
from core.gallery.vault import DAMAGED, Keyring, vector_place

# Built once: every replacement, and every re-extraction, asks for them.
_NAMES = select(IDENTITIES.c.identity_id, IDENTITIES.c.name).where(
    IDENTITIES.c.identity_id.in_(IDS)
)
_OWN = (
    select(PHOTOS.c.id, PHOTOS.c.identity_id, EMBEDDINGS.c.vector, EMBEDDINGS.c.dimension)
    .join(EMBEDDINGS, EMBEDDINGS.c.photo_id == PHOTOS.c.id)
    .where(PHOTOS.c.id.in_(IDS), EMBEDDINGS.c.engine_id == bindparam("engine"))
)

_STANDING = select(PHOTOS.c.id, PHOTOS.c.identity_id, PHOTOS.c.state).where(PHOTOS.c.id.in_(IDS))
_SET_EMBEDDING = update(EMBEDDINGS).where(EMBEDDINGS.c.photo_id == bindparam("which"))
_SET_CHANGE = update(PHOTOS).where(PHOTOS.c.id == bindparam("which"))


class Vectors(Store):
    """The gallery's embeddings, for the checks, the search matrix and the re-extraction."""

    def embedding(self, photo_id: str) -> tuple[Vector, str]:
        """A photo's embedding, float32 (D,), and its engine's id.

        Raises:
            NotFound: no such photo.
            BadFeature: it is damaged, or another photo's; NotReady: there is no key for it.
        """
        with self.database.read() as session:
            row = session.execute(CONTENT.where(PHOTOS.c.id == photo_id)).first()
            if row is None:
                raise NotFound
            plain = read_vector(Keyring(session, self.vault), row)
            return from_bytes(plain), row.engine_id

    def embeddings(self, photo_ids: Sequence[str], engine_id: str) -> dict[str, Vector]:
        """Embeddings of that engine by photo id, float32 (D,), in one query; not the others.

        Raises:
            BadFeature: one is damaged, or another photo's; NotReady: there is no key for it.
        """
        wanted = {"ids": photo_ids, "engine": engine_id}
        with self.database.read() as session:
            keys = Keyring(session, self.vault)
            found: dict[str, Vector] = {}
            for photo_id, identity_id, stored, dimension in session.execute(_OWN, wanted):
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
        if not self.reembed_some({photo_id: (vector, engine_id)}):
            raise NotFound

    def reembed_some(self, found: Mapping[str, tuple[Vector, str]]) -> int:
        """The same for several photos in one transaction: by id the embedding and its engine's id.

        Photos that are gone are left out; returns how many there were. Raises BadFeature.
        """
        checked = {photo_id: (check_vector(v), engine) for photo_id, (v, engine) in found.items()}
        if not checked:
            return 0
        with self.transaction() as tx:
            rows = tx.session.execute(_STANDING, {"ids": list(checked)}).all()
            for photo_id, identity_id, state in rows:
                vector, engine_id = checked[photo_id]
                plain, cipher = to_bytes(vector), tx.keys.cipher_for(identity_id)
                place = vector_place(photo_id, engine_id)
                values = {
                    "engine_id": engine_id,
                    "dimension": len(vector),
                    "vector": cipher.seal(plain, place) if cipher else plain,
                }
                tx.session.execute(_SET_EMBEDDING, {"which": photo_id, **values})
                if state == "current":  # of the others nobody keeps a copy in memory
                    tx.session.execute(_SET_CHANGE, {"which": photo_id, "change": tx.number()})
        return len(rows)

    def head(self) -> Head:
        """Where the gallery stands: it is another one after every change."""
        with self.database.read() as session:
            return read_head(session)

    def news(self, seen: Head, engine_id: str) -> News:
        """What happened since then, on one snapshot. Raises ``NotReady``: as ``vector_changes``."""
        with self.database.read() as session:
            return read_news(session, self.vault, seen, engine_id)

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
        with self.database.read() as session:
            yield from read_changes(session, self.vault, since, engine_id)

    def names(self, identity_ids: Sequence[str]) -> dict[str, str]:
        """Names of those of the people who exist, in one query."""
        with self.database.read() as session:
            rows = session.execute(_NAMES, {"ids": identity_ids})
            return {row.identity_id: row.name for row in rows}
