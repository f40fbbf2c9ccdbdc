"""Search inside PostgreSQL: no process holds the vectors, and none has to load them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.errors import NotReady
from core.gallery.face_search import FaceSearch
from core.gallery.loading import VectorBlock
from core.gallery.rows import Hit, Snapshot
from core.gallery.search import SearchMatrix
from core.gallery.search_query import approximate, exact, make_index, measure_recall
from core.gallery.search_table import (
    MAKING,
    State,
    analyse,
    copy_in,
    count_rows,
    drop_others,
    make_state,
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

MEASURE_AGAIN = 0.2
"""After the number of rows changed by this share."""

SEALED = (
    "The gallery is encrypted, and a search inside the database needs its embeddings in plain: "
    "set FACEDESK_SEARCH=memory."
)
BUILDING = "The search is being built in the database; try again shortly."


class DatabaseSearch(FaceSearch):
    """The embeddings in a table of half-precision vectors, in step like the one in memory.

    Args:
        gallery: in PostgreSQL, not encrypted.
        engine_id: whose embeddings.
        indexed: whether to build and use an HNSW index; it is used only while its recall, measured
            against the exact search, is at least ``MIN_RECALL``.

    Raises:
        NotReady: there is no pgvector, or the gallery is encrypted.
    """

    def __init__(self, gallery: Vectors, engine_id: str, indexed: bool = False) -> None:
        super().__init__(gallery, engine_id)
        require_search(gallery, "database")
        self._database = gallery.database
        self._indexed = indexed
        self._lock = threading.Lock()
        self._state: State | None = None
        self._counts: tuple[int, int, int] | None = None
        with self._database.write() as session:
            make_state(session)

    @property
    def stale(self) -> int:  # noqa: D102 - as in the class above
        return self._counted(self._follow())[1]

    @property
    def recall(self) -> float | None:  # noqa: D102
        state = self._follow()
        return state.recall if self._uses_index(state) else None

    def __len__(self) -> int:
        return self._counted(self._follow())[0]

    def _hits(self, query: NDArray[np.float64], top: int, excluded: str | None) -> list[Hit]:
        state = self._follow()
        self._check_dimension(state.dimension, query)
        if state.dimension is None:
            return []
        if self._uses_index(state):
            with self._database.read() as session:
                hits = approximate(session, self.engine_id, query, top, excluded)
            if len(hits) == top:
                return hits
        with self._database.read() as session:
            return exact(session, self.engine_id, query, top, excluded)

    def snapshot(self) -> Snapshot:  # noqa: D102
        return SearchMatrix(self._gallery, self.engine_id).snapshot()

    def _uses_index(self, state: State) -> bool:
        return self._indexed and state.recall is not None and state.recall >= MIN_RECALL

    def _follow(self) -> State:
        with self._lock:
            counter = self._gallery.counter()
            if self._state is None or self._state.seen != counter:
                self._state = self._catch_up(counter)
            return self._state

    def _catch_up(self, counter: int) -> State:
        with self._database.read() as session:
            state = read_state(session, self.engine_id)
        # Above: an older database was put in the place of this one.
        if state is None or state.seen > counter or state.seen == MAKING:
            state = self._build()
        if state.seen < counter:
            state = self._take_changes()
        if self._indexed and state.dimension is not None:
            rows = self._counted(state)[0]
            if abs(rows - (state.measured or 0)) > MEASURE_AGAIN * rows:
                state = self._index()
        return state

    def _counted(self, state: State) -> tuple[int, int]:
        """How many rows there are, and how many current photos have none."""
        if self._counts is None or self._counts[0] != state.seen:
            current = sum(self._gallery.engine_counts().values())
            with self._database.read() as session:
                rows = count_rows(session, self.engine_id) if state.dimension is not None else 0
            self._counts = (state.seen, rows, max(0, current - rows))
        return self._counts[1:]

    def _build(self) -> State:
        """Make the table from all current embeddings. Nobody who writes photos has to wait."""
        with self._alone():
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

    def _take_changes(self) -> State:
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

    def _index(self) -> State:
        """Build the index where there is none, and measure what it finds."""
        with self._alone(), self._database.beside() as session:
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
    def _alone(self) -> Iterator[None]:
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


def open_search(gallery: Vectors, engine_id: str, where: str) -> FaceSearch:
    """The search of the settings: ``memory``, ``database`` or ``hnsw``. Raises ``NotReady``."""
    require_search(gallery, where)
    if where == "memory":
        return SearchMatrix(gallery, engine_id)
    return DatabaseSearch(gallery, engine_id, indexed=where == "hnsw")


def require_search(gallery: Vectors, where: str) -> None:
    """Raises ``NotReady`` when this gallery cannot be searched there."""
    if where != "memory" and gallery.database.kind.name != "postgresql":
        raise NotReady(
            f"FACEDESK_SEARCH={where} needs a gallery in PostgreSQL (FACEDESK_DATABASE); "
            "set FACEDESK_SEARCH=memory."
        )
    if where != "memory" and gallery.vault.master is not None:
        raise NotReady(SEALED)
