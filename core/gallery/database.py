"""Engine, transactions, and what the database's troubles are called in this house."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, TimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from core.errors import NoSpaceLeft, NotReady

HEAD = "0005"
"""The newest migration; a test holds it against the folder."""

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


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn a database's trouble into ``NotReady`` or ``NoSpaceLeft``; the rest passes as it is."""
    try:
        yield
    except TimeoutError as error:  # every connection of the pool is in use
        raise NotReady("The database is busy; try again shortly.") from error
    except DBAPIError as error:
        said = str(error.orig).lower()
        if any(words in said for words in _FULL):
            raise NoSpaceLeft from error
        if error.connection_invalidated or any(words in said for words in _NOT_READY):
            raise NotReady("The database is busy or not available; try again.") from error
        raise


class Database:
    """A migrated database: short read transactions, exclusive write transactions.

    Args:
        url: SQLAlchemy URL. A SQLite file's folder is created, for its owner only.

    Raises:
        NotReady: the database cannot be opened or is newer than this program.
        NoSpaceLeft: the disk is full.
    """

    def __init__(self, url: str) -> None:
        self.engine = _make_engine(url)
        self.traces_left = False
        self._writer = self.engine.execution_options(**{_WRITES: True})
        try:
            with database_errors():
                self._migrate()
        except BaseException:
            self.engine.dispose()
            raise

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session on one snapshot of the database; nothing is written."""
        with database_errors(), Session(self.engine, autoflush=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """The session of the one writer at a time; commits at the end, or nothing of it stays."""
        session = Session(self._writer, autoflush=False, expire_on_commit=False)
        with database_errors(), session, session.begin():
            yield session
        if self.traces_left:
            self.erase_traces(wait=False)

    def erase_traces(self, wait: bool = True) -> bool:
        """Bring deletions from SQLite's log into its file, and empty the log.

        Returns False when that could not be done, as a reader held the log for too long; then
        ``traces_left`` is set, and every change tries again, without waiting. The deletion itself
        is committed, so this must not look like its failure: no error is raised.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        try:
            with self.raw() as raw:
                self.traces_left = not _empty_log(raw, wait)
        except (sqlite3.OperationalError, DBAPIError, TimeoutError):
            self.traces_left = True
        return not self.traces_left

    @contextmanager
    def raw(self) -> Iterator[sqlite3.Connection]:
        """The driver's own connection, for what SQLite does outside of transactions."""
        with self.engine.connect() as connection:
            driver = connection.connection.dbapi_connection
            assert isinstance(driver, sqlite3.Connection)
            yield driver

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _migrate(self) -> None:
        with self.engine.connect() as connection:
            if _revision(connection) == HEAD:
                return
        # One write transaction around look and change: of two processes one waits for the other.
        with self._writer.begin() as connection:
            if _revision(connection) != HEAD:
                from core.gallery.migrations import upgrade  # alembic takes long to import

                upgrade(connection)


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


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _make_engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            return create_engine(parsed)
        _make_folder(parsed)
        waits = {} if "timeout" in parsed.query else {"timeout": BUSY_SECONDS}
        engine = create_engine(parsed, connect_args=waits)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise NotReady(
            "The database's URL or driver is not usable; see FACEDESK_DATABASE."
        ) from error
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


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
