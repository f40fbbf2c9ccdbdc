"""Engine, transactions, and what the database's troubles are called in this house."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, TimeoutError
from sqlalchemy.orm import Session

from core.errors import NotReady
from core.gallery import postgresql, sqlite
from core.gallery.kind import Kind

HEAD = "0005"
"""The newest migration; a test holds it against the folder."""

UNFINISHED = (
    "A copy into this database was not finished: run 'python -m core copy' again, or delete it."
)

KINDS = {kind.name: kind for kind in (sqlite.KIND, postgresql.KIND)}


@contextmanager
def database_errors(kind: Kind) -> Iterator[None]:
    """Turn a database's trouble into ``NotReady`` or ``NoSpaceLeft``; the rest passes as it is."""
    try:
        yield
    except TimeoutError as error:  # every connection of the pool is in use
        raise NotReady("The database is busy; try again shortly.") from error
    except DBAPIError as error:
        if (known := kind.trouble(error)) is not None:
            raise known from error
        raise


class Database:
    """A migrated database: short read transactions, exclusive write transactions.

    Args:
        url: SQLAlchemy URL. A SQLite file's folder is created, for its owner only.
        for_copy: whether an unfinished copy may be opened, to be copied into again.

    Attributes:
        unfinished: it is such a copy.

    Raises:
        NotReady: the database cannot be opened, is newer than this program, or an unfinished copy.
        NoSpaceLeft: the disk is full.
    """

    COPYING = "copy-"
    """Stands before the version of a database into which a copy is not finished."""

    def __init__(self, url: str, for_copy: bool = False) -> None:
        self.engine, self.kind = _make_engine(url)
        self.traces_left = False
        self._reader = self.engine.execution_options(**self.kind.reads)
        self._writer = self.engine.execution_options(**self.kind.writes)
        try:
            with self._errors():
                revision = self._migrate()
            self.unfinished = revision.startswith(self.COPYING)
            if self.unfinished and not (for_copy and revision == self.COPYING + HEAD):
                raise NotReady(UNFINISHED)
        except BaseException:
            self.engine.dispose()
            raise

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session on one snapshot of the database; nothing is written."""
        with self._errors(), Session(self._reader, autoflush=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """The session of the one writer at a time; commits at the end, or nothing of it stays."""
        session = Session(self._writer, autoflush=False, expire_on_commit=False)
        with self._errors(), session, session.begin():
            yield session
        if self.traces_left:
            self.erase_traces(wait=False)

    @contextmanager
    def beside(self) -> Iterator[Session]:
        """A writing session that keeps no writer out: for what can be made again at any time."""
        session = Session(self.engine, autoflush=False)
        with self._errors(), session, session.begin():
            yield session

    def erase_traces(self, wait: bool = True) -> bool:
        """Remove the bytes that deletions left, as far as the database does that.

        SQLite: from its log, which is emptied. PostgreSQL: its dead rows give their space back.
        Returns False when that could not be done now, as a reader was in the way; then
        ``traces_left`` is set, and every change tries again, without waiting. The deletion itself
        is committed, so this must not look like its failure: no error is raised.
        """
        self.traces_left = not self.kind.erase_traces(self.engine, wait)
        return not self.traces_left

    @contextmanager
    def raw(self) -> Iterator[sqlite3.Connection]:
        """The connection of SQLite's driver, for what it does outside of transactions."""
        with self.engine.connect() as connection:
            yield sqlite.driver_of(connection)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _errors(self) -> AbstractContextManager[None]:
        return database_errors(self.kind)

    def _migrate(self) -> str:
        """Bring the database to the newest version, unless it is a copy; returns its version."""
        with self.engine.connect() as connection:
            revision = _revision(connection) or ""
            if revision == HEAD or revision.startswith(self.COPYING):
                return revision
        # One write transaction around look and change: of two processes one waits for the other.
        with self._writer.begin() as connection:
            if _revision(connection) != HEAD:
                from core.gallery.migrations import upgrade  # alembic takes long to import

                upgrade(connection)
        return HEAD


def mark(session: Session, version: str) -> None:
    """Set the version that the database claims to have."""
    session.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _make_engine(url: str) -> tuple[Engine, Kind]:
    # Not "from error": what SQLAlchemy says of a URL may hold its password.
    try:
        parsed = make_url(url)
        kind = KINDS[parsed.get_backend_name()]
        return kind.make_engine(parsed), kind
    except (ArgumentError, KeyError, ValueError, NoSuchModuleError, ImportError):
        raise NotReady(
            "The database's URL or driver is not usable; see FACEDESK_DATABASE."
        ) from None
