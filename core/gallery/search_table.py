"""The search's own tables in PostgreSQL: half-precision vectors, made from the embeddings.

They can be made again at any time, so no migration knows them: they come with the first search in
the database and go with encryption. Each engine has a table of its own, ``search_...``; in
``search_state`` stands up to which change of the gallery it is in step.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.errors import NotReady
from core.gallery.database import Database
from core.gallery.rows import units_of

MAKING = -1

NO_EXTENSION = (
    "This PostgreSQL has no pgvector that FaceDesk may use: install it, or let its owner "
    "run CREATE EXTENSION vector, or set FACEDESK_SEARCH=memory."
)

EXTENSION = "CREATE EXTENSION IF NOT EXISTS vector"

_STATE = """CREATE TABLE IF NOT EXISTS search_state (
    engine_id text PRIMARY KEY, seen integer NOT NULL, dimension integer, recall double precision,
    measured integer)"""
_FIELDS = "seen, dimension, recall, measured"
_TABLE = """CREATE TABLE {name} (
    photo_id varchar PRIMARY KEY REFERENCES registered_photo (id) ON DELETE CASCADE,
    identity_id varchar NOT NULL, vector halfvec({dimension}) NOT NULL)"""
_COPY_START, _COPY_END = b"PGCOPY\n\xff\r\n\0" + bytes(8), struct.pack(">h", -1)


@dataclass(frozen=True, slots=True)
class State:
    """How a table stands.

    Attributes:
        seen: the change of the gallery up to which it is in step; ``MAKING``: it is being made.
        dimension: of its vectors; None: there are none, and no table.
        recall: measured share of the right people that its index finds; None: no index.
        measured: how many rows there were then.
    """

    seen: int
    dimension: int | None
    recall: float | None
    measured: int | None


def name_of(engine_id: str) -> str:
    """The table of this engine's vectors."""
    return f"search_{hashlib.sha256(engine_id.encode()).hexdigest()[:16]}"


def make_state(session: Session) -> None:
    """Make the extension and the table of states, where there are none. Raises ``NotReady``."""
    if session.scalar(text("SELECT to_regclass('search_state')")) is None:
        try:
            session.execute(text(EXTENSION))
        except DBAPIError as error:
            raise NotReady(NO_EXTENSION) from error
        session.execute(text(_STATE))


def read_state(session: Session, engine_id: str) -> State | None:
    """How the engine's table stands; None: there is none."""
    query = text(f"SELECT {_FIELDS} FROM search_state WHERE engine_id = :engine")
    row = session.execute(query, {"engine": engine_id}).one_or_none()
    return State(*row) if row else None


def write_state(session: Session, engine_id: str, state: State) -> None:
    """Set how the engine's table stands."""
    query = text(
        f"INSERT INTO search_state (engine_id, {_FIELDS}) VALUES (:e, :s, :d, :r, :m) ON CONFLICT "
        "(engine_id) DO UPDATE SET seen = :s, dimension = :d, recall = :r, measured = :m"
    )
    values = {"s": state.seen, "d": state.dimension, "r": state.recall, "m": state.measured}
    session.execute(query, {"e": engine_id, **values})


def make_table(session: Session, engine_id: str, dimension: int) -> None:
    """An empty table for vectors of this length."""
    drop_table(session, engine_id)
    session.execute(text(_TABLE.format(name=name_of(engine_id), dimension=dimension)))


def drop_table(session: Session, engine_id: str) -> None:
    """Without the engine's vectors; its state stays."""
    session.execute(text(f"DROP TABLE IF EXISTS {name_of(engine_id)}"))


def drop_others(session: Session, engine_ids: Collection[str]) -> None:
    """Without the vectors of all but these engines."""
    if session.scalar(text("SELECT to_regclass('search_state')")) is None:
        return
    for engine_id in session.scalars(text("SELECT engine_id FROM search_state")).all():
        if engine_id not in engine_ids:
            drop_table(session, engine_id)
            gone = text("DELETE FROM search_state WHERE engine_id = :engine")
            session.execute(gone, {"engine": engine_id})


def copy_in(
    session: Session,
    engine_id: str,
    photo_ids: Sequence[str],
    identity_ids: Sequence[str],
    vectors: NDArray[np.float32],
) -> None:
    """Store vectors, (n, D), of photos that have no row there.

    Raises SQLAlchemy's ``IntegrityError``: one of the photos is gone.
    """
    halves = units_of(vectors).astype(">f2")
    head = struct.pack(">ihh", 4 + 2 * halves.shape[1], halves.shape[1], 0)
    parts = [_COPY_START]
    for photo_id, identity_id, half in zip(photo_ids, identity_ids, halves, strict=True):
        parts += (b"\0\3", _text(photo_id), _text(identity_id), head, half.tobytes())
    connection = session.connection()
    driver = connection.dialect.loaded_dbapi
    statement = f"COPY {name_of(engine_id)} FROM STDIN (FORMAT BINARY)"
    try:
        cursor: Any = connection.connection.cursor()  # psycopg's, which can copy
        with cursor, cursor.copy(statement) as copy:
            copy.write(b"".join((*parts, _COPY_END)))
    except driver.Error as error:  # as SQLAlchemy has it for every other statement
        raise DBAPIError.instance(
            statement, None, error, driver.Error, dialect=connection.dialect
        ) from error


def take_out(session: Session, engine_id: str, photo_ids: Sequence[str]) -> None:
    """Drop the vectors of these photos, as far as they are there."""
    query = text(f"DELETE FROM {name_of(engine_id)} WHERE photo_id IN :ids")
    session.execute(query.bindparams(bindparam("ids", expanding=True)), {"ids": list(photo_ids)})


def still_there(session: Session, photo_ids: Sequence[str]) -> set[str]:
    """Which of these photos exist."""
    query = text("SELECT id FROM registered_photo WHERE id IN :ids")
    found = query.bindparams(bindparam("ids", expanding=True))
    return set(session.scalars(found, {"ids": list(photo_ids)}))


def forget_search(database: Database) -> None:
    """Drop every half-precision vector: an encrypted gallery keeps none in plain."""
    if database.kind.name == "postgresql":
        with database.beside() as session:
            drop_others(session, ())


def count_rows(session: Session, engine_id: str) -> int:
    """How many vectors there are."""
    return int(session.execute(text(f"SELECT count(*) FROM {name_of(engine_id)}")).scalar_one())


def analyse(session: Session, engine_id: str) -> None:
    """Let the planner know how large the table is."""
    session.execute(text(f"ANALYZE {name_of(engine_id)}"))


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack(">i", len(data)) + data
