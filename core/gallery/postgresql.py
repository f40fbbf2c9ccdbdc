"""The gallery in PostgreSQL: how it is opened and locked, and what its troubles mean."""

from __future__ import annotations

import logging
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from core.errors import FaceDeskError, NoSpaceLeft, NotReady
from core.gallery.kind import Kind

log = logging.getLogger("facedesk")

BUSY_SECONDS = 5.0
"""How long a writer waits for another one."""

LOST_SECONDS = 60
"""After so long in the middle of a change, the server takes a silent writer for lost."""

CONNECTING: Final = {
    "connect_timeout": 5,
    # A server that vanishes without a word, as in a fail-over, is noticed within half a minute.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
    "application_name": "facedesk",
}
"""What the driver is told, unless the URL says otherwise."""

_WRITES = "facedesk_writes"

# "FaceDesk" as a number: nobody else's advisory lock in the same database.
_LOCK = (
    f"SET LOCAL lock_timeout = '{BUSY_SECONDS:.0f}s'; "
    f"SET LOCAL idle_in_transaction_session_timeout = '{LOST_SECONDS}s'; "
    "SELECT pg_advisory_xact_lock(0x4661636544657363)"
)

_NOT_READY = ("08", "25P03", "25006", "28", "3D", "40", "53", "55", "57", "58", "XX")
"""Beginnings of SQLSTATE: connection, read-only after a fail-over, login, no such database, lost
against another transaction, resources, locks, shutdown, disk, damage."""

_NO_RIGHT, _FULL, _READ_ONLY = "42501", "53100", "25006"

TRACED = (
    "photo_file", "face_embedding", "registered_photo", "identity", "audit", "answered_request",
    "person_key",
)  # fmt: skip
"""Tables in which a deletion leaves bytes."""


def trouble(error: DBAPIError) -> FaceDeskError | None:
    """What an error of the driver means; None: it is a mistake of ours."""
    state = _state_of(error)
    if state == _FULL:
        return NoSpaceLeft()
    if state == _NO_RIGHT:
        return NotReady("The database's user lacks a right that FaceDesk needs; see its log.")
    lost = state is None and isinstance(error, OperationalError | InterfaceError)
    if lost or error.connection_invalidated or (state or "").startswith(_NOT_READY):
        return NotReady("The database is busy or not available; try again.")
    return None


def make_engine(url: URL) -> Engine:
    """An engine for the server. Raises ``NotReady``: there is no driver."""
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    try:
        engine = create_engine(
            url,
            connect_args={k: v for k, v in CONNECTING.items() if k not in url.query},
            pool_pre_ping=True,
            pool_timeout=10,
            hide_parameters=True,
        )
    except ImportError:
        raise NotReady(
            "PostgreSQL needs its driver: pip install -r requirements-postgresql.txt"
        ) from None
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", _leave_old_primary)
    return engine


def erase_traces(engine: Engine, wait: bool) -> bool:
    """Give the space of deleted rows back. Its bytes are overwritten when the space is used again.

    Without ``wait`` nothing is done: autovacuum comes by itself. False: it could not be done now.
    """
    if not wait:
        return True
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # To shorten the files it would wait for every reader, as long as pg_dump, say, takes.
            connection.exec_driver_sql(f"VACUUM (TRUNCATE FALSE) {', '.join(TRACED)}")
    except (DBAPIError, TimeoutError):
        log.warning("deleted rows are not vacuumed yet; autovacuum will do it")
        return False
    return True


def _state_of(error: DBAPIError) -> str | None:
    state = getattr(error.orig, "sqlstate", None)
    return str(state) if state else None


def _prepare(connection: Any, _: ConnectionPoolEntry) -> None:
    # Nobody waits for ever, as for somebody's VACUUM FULL.
    connection.execute(f"SET lock_timeout = '{int(1000 * BUSY_SECONDS)}ms'")
    connection.commit()


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES):
        connection.exec_driver_sql(_LOCK)


def _leave_old_primary(context: ExceptionContext) -> None:
    """A server that became read-only was the primary: every connection to it is useless."""
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True


KIND = Kind(
    "postgresql",
    make_engine,
    trouble,
    erase_traces,
    # One snapshot, as in SQLite.
    reads={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    # Each statement sees what was committed before the lock was had.
    writes={"isolation_level": "READ COMMITTED", _WRITES: True},
    row_by_row=False,
)
