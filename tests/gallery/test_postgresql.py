"""What only PostgreSQL has: its lock, its lost connections, its errors, its passwords."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.errors import NoSpaceLeft, NotReady
from core.gallery import postgresql
from core.gallery.search import SearchMatrix
from core.gallery.store import Gallery
from tests import databases
from tests.gallery.material import ACTOR, create, entry, swap, unit

PASSWORD = "s3cret-pass"


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    with Gallery.open(databases.url_of(tmp_path / "gallery.pg"), 20, 3) as opened:
        yield opened


def test_a_reader_sees_one_moment_and_changes_nothing(gallery: Gallery) -> None:
    create(gallery)
    with gallery.database.read() as session:
        count = text("SELECT count(*) FROM identity")
        assert session.scalar(count) == 1
        create(gallery, "q", 2)
        assert session.scalar(count) == 1
        with pytest.raises(DBAPIError, match="read-only"):
            session.execute(text("DELETE FROM identity"))


def test_a_writer_has_patience_and_no_more(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "_LOCK", postgresql._LOCK.replace("'5s'", "'100ms'"))
    start = time.perf_counter()
    with gallery.transaction(), ThreadPoolExecutor(1) as pool:
        with pytest.raises(NotReady):
            pool.submit(create, gallery).result()
        assert 0.1 <= time.perf_counter() - start < 5
    create(gallery)


def test_a_reader_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As while somebody runs VACUUM FULL."""
    monkeypatch.setattr(postgresql, "BUSY_SECONDS", 0.1)
    url = databases.url_of(tmp_path / "gallery.pg")
    with Gallery.open(url, 20, 3) as hasty, hasty.database.beside() as session:
        session.execute(text("LOCK TABLE identity IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(NotReady):
            hasty.count()


def test_a_deletion_does_not_wait_for_a_reader(gallery: Gallery) -> None:
    """VACUUM would, to shorten the files: five seconds a table, while pg_dump runs."""
    create(gallery)
    tables = ", ".join(postgresql.TRACED)
    with gallery.database.beside() as session:
        for table in ("photo_file", "face_embedding", "registered_photo", "identity"):
            session.execute(text(f"DELETE FROM {table}"))
    with gallery.database.read() as session:
        session.execute(text(f"SELECT count(*) FROM {tables}"))
        start = time.perf_counter()
        assert gallery.database.erase_traces()
        assert time.perf_counter() - start < 4


def test_a_lost_connection_is_not_ready_and_heals(gallery: Gallery) -> None:
    photo = create(gallery).new
    with pytest.raises(NotReady), gallery.transaction() as tx:
        (pid,) = tx.session.execute(text("SELECT pg_backend_pid()")).one()
        _terminate(pid, gallery)
        tx.audit(entry("replace"))
    assert swap(gallery, photo.id, 2).identity.version == 2
    assert gallery.verify_chain() is None


def _terminate(pid: int, gallery: Gallery) -> None:
    with gallery.database.engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


def test_updates_are_seen_in_every_process_at_once(gallery: Gallery, tmp_path: Path) -> None:
    """Two galleries of one database stand for two processes: they share nothing but it."""
    with Gallery.open(databases.url_of(tmp_path / "gallery.pg"), 20, 3) as other:
        matrix = SearchMatrix(other, "toy-1")
        photo = create(gallery).new
        for seed in range(2, 5):
            photo = swap(gallery, photo.id, seed).new
            assert matrix.nearest(unit(seed), 1)[0].photo_id == photo.id
        gallery.delete_identities(["p"], ACTOR)
        assert len(matrix) == 0


ERRORS = [
    (psycopg.errors.DiskFull, NoSpaceLeft),
    (psycopg.errors.TooManyConnections, NotReady),
    (psycopg.errors.AdminShutdown, NotReady),
    (psycopg.errors.CannotConnectNow, NotReady),
    (psycopg.errors.LockNotAvailable, NotReady),
    (psycopg.errors.DeadlockDetected, NotReady),
    (psycopg.errors.ReadOnlySqlTransaction, NotReady),
    (psycopg.errors.InvalidPassword, NotReady),
    (psycopg.errors.InvalidCatalogName, NotReady),
    (psycopg.errors.InsufficientPrivilege, NotReady),
    (psycopg.OperationalError, NotReady),
    (psycopg.errors.UndefinedTable, type(None)),
    (psycopg.errors.NotNullViolation, type(None)),
]


@pytest.mark.parametrize(("said", "meant"), ERRORS)
def test_what_its_errors_mean(said: type[psycopg.Error], meant: type[object]) -> None:
    error = DBAPIError.instance("SELECT 1", {}, said("text"), psycopg.Error, dialect=_dialect())
    assert isinstance(error, DBAPIError)
    assert type(postgresql.trouble(error)) is meant


def _dialect() -> Any:
    from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

    return PGDialect_psycopg(dbapi=PGDialect_psycopg.import_dbapi())


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://ann:{PASSWORD}@127.0.0.1:9/gallery",
        f"postgresql://ann:{PASSWORD}@127.0.0.1:9/gallery",
        f"postgresql+nosuchdriver://ann:{PASSWORD}@127.0.0.1/gallery",
        f"postgresql+psycopg://ann:{PASSWORD}@127.0.0.1:port/gallery",
        f"postgresql+psycopg//ann:{PASSWORD}@127.0.0.1/gallery",
    ],
)
def test_no_password_is_shown(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(NotReady) as caught:
        Gallery.open(url, 1, 1)
    error: BaseException | None = caught.value
    while error is not None:
        assert PASSWORD not in f"{error!r} {error}"
        error = error.__cause__
    assert PASSWORD not in caplog.text


def test_a_missing_driver_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(NotReady, match="requirements-postgresql"):
        Gallery.open("postgresql+psycopg://127.0.0.1/gallery", 1, 1)
