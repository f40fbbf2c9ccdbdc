"""Search inside PostgreSQL: no process holds the vectors, and none has to load them."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from core.errors import NotReady
from core.gallery.face_search import FaceSearch
from core.gallery.rows import Hit, Snapshot
from core.gallery.search import SearchMatrix
from core.gallery.search_builder import MIN_RECALL, SEALED, TableBuilder
from core.gallery.search_query import approximate, exact
from core.gallery.search_table import MAKING, State, count_rows, make_state, read_state
from core.gallery.vectors import Vectors

MEASURE_AGAIN = 0.2
"""After the number of rows changed by this share."""


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
        self._builder = TableBuilder(gallery, engine_id, indexed)
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
            state = self._builder.build()
        if state.seen < counter:
            state = self._builder.take_changes()
        if self._indexed and state.dimension is not None:
            rows = self._counted(state)[0]
            if abs(rows - (state.measured or 0)) > MEASURE_AGAIN * rows:
                state = self._builder.index()
        return state

    def _counted(self, state: State) -> tuple[int, int]:
        """How many rows there are, and how many current photos have none."""
        if self._counts is None or self._counts[0] != state.seen:
            current = sum(self._gallery.engine_counts().values())
            with self._database.read() as session:
                rows = count_rows(session, self.engine_id) if state.dimension is not None else 0
            self._counts = (state.seen, rows, max(0, current - rows))
        return self._counts[1:]


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
