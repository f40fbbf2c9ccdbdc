"""The first load of the search: all current embeddings of one engine, in blocks."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import case, select
from sqlalchemy.orm import Session

from core.errors import BadFeature
from core.gallery.cipher import Broken, is_sealed
from core.gallery.embeddings import check_length, have_direction
from core.gallery.tables import EmbeddingRow, PersonKeyRow, PhotoRow, table_of
from core.gallery.vault import Keyring, Vault, vector_place

log = logging.getLogger("facedesk")

BLOCK = 2000
"""Photos a block."""


@dataclass(frozen=True, slots=True, eq=False)
class VectorBlock:
    """Some of the current embeddings.

    Attributes:
        photo_ids, identity_ids: whose they are, n of each.
        vectors: float32 (n, D), as they are stored.
        stale: current photos without an embedding of the engine that can be compared.
        expected: how many current photos there are in all blocks together.
    """

    photo_ids: Sequence[str]
    identity_ids: Sequence[str]
    vectors: NDArray[np.float32]
    stale: Sequence[str]
    expected: int


def load_blocks(session: Session, vault: Vault, engine_id: str) -> Iterator[VectorBlock]:
    """As ``Vectors.current_vectors``, in an open session."""
    # Two walks through two tables, each in its own order: to join them takes several times longer.
    photos, stored = table_of(PhotoRow).c, table_of(EmbeddingRow).c
    current = select(photos.id, photos.identity_id).where(photos.state == "current")
    owners: dict[str, str] = dict(map(tuple, session.execute(current).all()))
    wrapped = _wrapped_keys(session) if vault.master else {}
    keys = Keyring(session, vault)
    ours = case((stored.engine_id == engine_id, stored.vector))
    query = select(stored.photo_id, ours, stored.dimension)
    with session.execute(query.execution_options(yield_per=BLOCK)) as rows:
        for part in rows.partitions():
            known = [(p, owners[p], v, d) for p, v, d in part if p in owners]
            yield _block(keys, wrapped, engine_id, known, len(owners))


def opened(
    keys: Keyring,
    photo_id: str,
    identity_id: str,
    engine_id: str,
    stored: bytes,
    dimension: int,
    wrapped: bytes | None,
) -> bytes | None:
    """An embedding in plain; None for one that does not open, which the log names."""
    place = vector_place(photo_id, engine_id)
    try:
        if wrapped is not None and is_sealed(stored):
            plain = keys.unwrap(wrapped, identity_id).open(stored, place)
        else:
            plain = keys.open(stored, identity_id, place)
        check_length(plain, dimension)
    except (Broken, BadFeature):
        log.error("embedding not readable, not compared photo=%s", photo_id)
        return None
    return plain


def _wrapped_keys(session: Session) -> dict[str, bytes]:
    query = select(PersonKeyRow.identity_id, PersonKeyRow.wrapped)
    return {row[0]: row[1] for row in session.execute(query)}


def _block(
    keys: Keyring, wrapped: dict[str, bytes], engine_id: str, rows: list[Any], expected: int
) -> VectorBlock:
    stale: list[str] = []
    photo_ids: list[str] = []
    identity_ids: list[str] = []
    plains: list[bytes] = []
    dimension = next((row[3] for row in rows if row[2] is not None), 0)
    for photo_id, identity_id, stored, length in rows:
        plain = None
        if stored is not None and length == dimension:
            if keys.is_plain(stored) and len(stored) == 4 * length:
                plain = stored
            else:
                key = wrapped.get(identity_id)
                plain = opened(keys, photo_id, identity_id, engine_id, stored, length, key)
        if plain is None:
            stale.append(photo_id)
        else:
            photo_ids.append(photo_id)
            identity_ids.append(identity_id)
            plains.append(plain)
    vectors = np.frombuffer(b"".join(plains), dtype="<f4").astype(np.float32, copy=False)
    vectors = vectors.reshape(len(plains), dimension)
    usable = have_direction(vectors)
    if not usable.all():
        stale += [photo for photo, use in zip(photo_ids, usable, strict=True) if not use]
        photo_ids, identity_ids = (
            [one for one, use in zip(ids, usable, strict=True) if use]
            for ids in (photo_ids, identity_ids)
        )
        vectors = vectors[usable]
    return VectorBlock(photo_ids, identity_ids, vectors, stale, expected)
