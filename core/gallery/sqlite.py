"""The gallery in a SQLite file: how it is opened, locked, emptied of traces; its troubles."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from core.errors import FaceDeskError, NoSpaceLeft, NotReady
from core.gallery.kind import Kind

BUSY_SECONDS = 5.0
"""How long SQLite waits for another writer; ``?timeout=`` in the URL says otherwise."""

PRAGMAS = (
    "page_size=16384",  # photos are megabytes: fewer pages, half the time
    "cache_size=-16384",  # 16 MB: a photo's pages reach the disk once, at the commit
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
)

_WRITES = "facedesk_writes"
_FULL = ("database or disk is full", "no space left")
_NOT_READY = (
    "locked",
    "busy",
    "unable to open",
    "readonly database",
    "disk i/o error",
    "not a database",
    "malformed",
)


def trouble(error: DBAPIError) -> FaceDeskError | None:
    """What an error of the driver means; None: it is a mistake of ours."""
    said = str(error.orig).lower()
    if any(words in said for words in _FULL):
        return NoSpaceLeft()
    if error.connection_invalidated or any(words in said for words in _NOT_READY):
        return NotReady("The database is busy or not available; try again.")
    return None


def make_engine(url: URL) -> Engine:
    """An engine for the file; its folder is created. Raises ``NotReady``."""
    _make_folder(url)
    waits = {} if "timeout" in url.query else {"timeout": BUSY_SECONDS}
    engine = create_engine(url, connect_args=waits, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def erase_traces(engine: Engine, wait: bool) -> bool:
    """Bring deletions from the log into the file, and empty the log; False: a reader holds it."""
    try:
        with engine.connect() as connection:
            return _empty_log(driver_of(connection), wait)
    except (sqlite3.OperationalError, DBAPIError, TimeoutError):
        return False


def driver_of(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection, for what SQLite does outside of transactions."""
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _empty_log(raw: sqlite3.Connection, wait: bool) -> bool:
    # Not through execute() of SQLAlchemy: that opens a transaction, in which SQLite refuses it.
    (patience,) = raw.execute("PRAGMA busy_timeout").fetchone()
    try:
        if not wait:
            raw.execute("PRAGMA busy_timeout=0")
        busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        raw.execute(f"PRAGMA busy_timeout={patience}")
    return not busy


def _make_folder(url: URL) -> None:
    if not url.database or url.database == ":memory:":
        raise NotReady("The gallery needs a database file; one in memory is not shared by threads.")
    folder = Path(url.database).parent
    if folder.exists():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise NotReady("The database's folder cannot be created.") from error
    with suppress(OSError):  # a file system without such rights
        folder.chmod(0o700)


def _prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # The driver must not open transactions by itself: it would never say BEGIN IMMEDIATE.
    connection.isolation_level = None
    patience = time.monotonic() + BUSY_SECONDS
    for pragma in PRAGMAS:
        while True:
            try:
                connection.execute(f"PRAGMA {pragma}").close()
                break
            except sqlite3.OperationalError:
                # Two who turn a new file to WAL at once: SQLite refuses one without waiting.
                if time.monotonic() > patience:
                    raise
                time.sleep(0.02)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


KIND = Kind("sqlite", make_engine, trouble, erase_traces, {}, {_WRITES: True}, row_by_row=True)
