"""Makes the search's table in PostgreSQL, keeps it in step, builds its index."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.errors import NotReady
from core.gallery.loading import VectorBlock
from core.gallery.search_query import make_index, measure_recall
from core.gallery.search_table import (
    MAKING,
    State,
    analyse,
    copy_in,
    count_rows,
    drop_others,
    make_table,
    read_state,
    still_there,
    take_out,
    write_state,
)
from core.gallery.tables import VaultRow
from core.gallery.vectors import Vectors

log = logging.getLogger("facedesk")

MIN_RECALL = 0.99
"""Below this measured recall the index is not used."""

SEALED = (
    "The gallery is encrypted, and a search inside the database needs its embeddings in plain: "
    "set FACEDESK_SEARCH=memory."
)
BUILDING = "The search is being built in the database; try again shortly."


class TableBuilder:
    """One engine's table: made from the embeddings, brought in step with their changes.

    Args:
        gallery: in PostgreSQL, not encrypted.
        engine_id: whose embeddings.
        indexed: whether the table gets an HNSW index.
    """

    def __init__(self, gallery: Vectors, engine_id: str, indexed: bool) -> None:
        self.engine_id = engine_id
        self._gallery = gallery
        self._database = gallery.database
        self._indexed = indexed

    def build(self) -> State:
        """Make the table from all current embeddings. Nobody who writes photos has to wait."""
        with self.alone():
            seen, dimension = self._gallery.counter(), None
            with self._database.beside() as session:
                drop_others(session, self._gallery.engine_counts().keys() - {self.engine_id})
                write_state(session, self.engine_id, State(MAKING, None, None, None))
            for block in self._gallery.current_vectors(self.engine_id):
                if not len(block.photo_ids):
                    continue
                if dimension is None:
                    dimension = block.vectors.shape[1]
                    with self._database.beside() as session:
                        make_table(session, self.engine_id, dimension)
                if block.vectors.shape[1] == dimension:
                    self._take_block(block)
            state = State(seen, dimension, None, None)
            with self._database.beside() as session:
                if dimension is not None:
                    analyse(session, self.engine_id)
                    state = self._indexed_state(session, state)
                write_state(session, self.engine_id, state)
        log.info("search built in the database engine=%s change=%d", self.engine_id, seen)
        return state

    def _take_block(self, block: VectorBlock) -> None:
        known = set(block.photo_ids)
        while True:
            kept = [number for number, photo in enumerate(block.photo_ids) if photo in known]
            photo_ids = [block.photo_ids[number] for number in kept]
            identity_ids = [block.identity_ids[number] for number in kept]
            try:
                with self._database.beside() as session:
                    copy_in(session, self.engine_id, photo_ids, identity_ids, block.vectors[kept])
                return
            except IntegrityError:  # one was deleted since it was read
                with self._database.read() as session:
                    known = still_there(session, block.photo_ids)

    def take_changes(self) -> State:
        """What changed since, while no writer is at work: nothing can come in between."""
        with self._database.write() as session:
            counter = self._gallery.counter()
            state = read_state(session, self.engine_id)
            assert state is not None, "nobody drops a state of an engine in use"
            changes = {
                change.photo_id: change
                for change in self._gallery.vector_changes(state.seen, self.engine_id)
            }
            new = [(c.photo_id, c.identity_id, c.vector) for c in changes.values()]
            filled = [(p, i, v) for p, i, v in new if v is not None]
            if state.dimension is None and filled:
                state = replace(state, dimension=len(filled[0][2]))
                make_table(session, self.engine_id, len(filled[0][2]))
            if state.dimension is not None and changes:
                take_out(session, self.engine_id, list(changes))
                fitting = [row for row in filled if len(row[2]) == state.dimension]
                if fitting:
                    photo_ids, identity_ids, vectors = zip(*fitting, strict=True)
                    copy_in(session, self.engine_id, photo_ids, identity_ids, np.stack(vectors))
            state = replace(state, seen=counter)
            write_state(session, self.engine_id, state)
        return state

    def index(self) -> State:
        """Build the index where there is none, and measure what it finds."""
        with self.alone(), self._database.beside() as session:
            state = read_state(session, self.engine_id)
            assert state is not None, "nobody drops a state of an engine in use"
            state = self._indexed_state(session, state)
            write_state(session, self.engine_id, state)
        return state

    def _indexed_state(self, session: Session, state: State) -> State:
        if not self._indexed:
            return state
        make_index(session, self.engine_id)
        recall, rows = measure_recall(session, self.engine_id), count_rows(session, self.engine_id)
        used = "used" if recall >= MIN_RECALL else "NOT used, the search stays exact"
        log.warning("search index measured rows=%d recall=%.3f %s", rows, recall, used)
        return replace(state, recall=recall, measured=rows)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one who builds, and never with a plain copy of what is sealed.

        Raises:
            NotReady: another process builds; the gallery was encrypted meanwhile.
        """
        with self._database.beside() as session:
            if not session.scalar(text("SELECT pg_try_advisory_xact_lock(0x4661636544657364)")):
                raise NotReady(BUILDING)
            if session.get(VaultRow, 1) is not None:
                raise NotReady(SEALED)
            yield
