from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, select

from core.errors import NoSpaceLeft, NotReady
from core.gallery import database, migrations
from core.gallery.records import IdentityChange
from core.gallery.repeat import Repeat
from core.gallery.store import Gallery
from core.gallery.tables import Base, IdentityRow
from tests.gallery.material import ACTOR, add, create, entry, marks_of, new_photo, swap, traces

ROOT = Path(__file__).resolve().parents[2]


def test_migrations_and_models_agree(gallery: Gallery) -> None:
    with gallery.database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == database.HEAD
    heads = ScriptDirectory.from_config(migrations.config()).get_heads()
    assert heads == [database.HEAD]


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("busy_timeout", 20_000),
    ],
)
def test_every_connection_is_safe(gallery: Gallery, file: Path, pragma: str, value: object) -> None:
    engine = gallery.database.engine
    with engine.connect() as one, engine.connect() as two:
        for connection in (one, two):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_reads_wait_for_nobody(gallery: Gallery) -> None:
    create(gallery)
    with gallery.transaction():
        assert gallery.identity("p").version == 1


def test_opening_again_is_one_look(url: str, gallery: Gallery) -> None:
    code = (
        "import sys; from core.gallery.store import Gallery;"
        "Gallery.open(sys.argv[1], 1, 1).close(); assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, url], check=True, cwd=ROOT, timeout=60)


def test_several_may_open_a_new_database_at_once(url: str) -> None:
    start = Barrier(4)

    def work(i: int) -> None:
        start.wait()
        with Gallery.open(url, 10, 3) as own:
            create(own, f"n{i}", i)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with Gallery.open(url, 10, 3) as gallery:
        assert gallery.count() == 4
        assert gallery.verify_chain() is None


def test_a_reader_in_the_way_does_not_undo_a_deletion(gallery: Gallery, file: Path) -> None:
    create(gallery)
    create(gallery, "q", 2)
    with Gallery.open(f"sqlite:///{file}?timeout=0.05", 10, 3) as hasty:
        with gallery.database.read() as session:
            session.execute(select(IdentityRow)).all()
            assert hasty.delete_identities(["p"], ACTOR) == (("p",), ())
            assert hasty.database.traces_left
            assert traces(file, *marks_of(1))
            start = time.perf_counter()
            hasty.record(entry("replace"))  # tries again, and does not wait for the reader
            assert time.perf_counter() - start < 5
            assert hasty.database.traces_left
        hasty.record(entry("replace"))
        assert not hasty.database.traces_left
        assert not traces(file, *marks_of(1))
        with hasty.database.raw() as raw:
            assert raw.execute("PRAGMA busy_timeout").fetchone() == (50,)
    assert gallery.count() == 1


def test_the_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "50% b"
    Gallery.open(f"sqlite:///{folder / 'g.db'}", 1, 1).close()
    if os.name == "posix":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_busy_database_is_not_ready(gallery: Gallery, file: Path) -> None:
    with (
        Gallery.open(f"sqlite:///{file}?timeout=0.05", 10, 3) as hasty,
        gallery.transaction(),
        pytest.raises(NotReady),
    ):
        create(hasty)


def test_a_full_disk_is_said_and_changes_nothing(gallery: Gallery, file: Path) -> None:
    old = create(gallery).new

    def no_more_pages(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # not below what there is

    gallery.close()
    event.listen(gallery.database.engine, "connect", no_more_pages)
    big = new_photo(2, jpeg=bytes(3_000_000))
    with pytest.raises(NoSpaceLeft):
        gallery.replace("p", old.id, big, IdentityChange(), None, entry("replace"))
    assert gallery.identity("p").photos == (old,)


def test_what_cannot_be_opened_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    (tmp_path / "junk.db").write_bytes(b"no database at all " * 100)
    (tmp_path / "folder.db").mkdir()
    urls = [
        f"sqlite:///{tmp_path}/file/gallery.db",
        f"sqlite:///{tmp_path}/junk.db",
        f"sqlite:///{tmp_path}/folder.db",
        "sqlite://",
        "no url",
        "nosuchdatabase://host/name",
    ]
    for url in urls:
        with pytest.raises(NotReady) as caught:
            Gallery.open(url, 1, 1)
        assert str(tmp_path) not in caught.value.message


def test_a_newer_database_is_left_alone(url: str, gallery: Gallery, file: Path) -> None:
    gallery.close()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NotReady, match="newer"):
        Gallery.open(url, 1, 1)


def test_deletion_leaves_no_bytes(gallery: Gallery, file: Path) -> None:
    keep = create(gallery, "keep", 50).new
    old = create(gallery, name="Marker Name", description="Marker Text").new
    swap(gallery, old.id, 2, repeat=Repeat("r", "c", lambda receipt: "Marker Answer"))
    third = add(gallery, 3).new

    marks = [b"Marker Name", b"Marker Text", b"Marker Answer"]
    everything = {*marks, *marks_of(1, 2, 3)}
    assert traces(file, *everything) == everything
    gallery.delete_photo("p", third.id, entry("delete_photo"))
    assert not traces(file, *marks_of(3))
    assert gallery.delete_identities(["p", "none", "p"], ACTOR) == (("p",), ("none",))
    assert not traces(file, *everything)
    assert gallery.photo_jpeg(keep.id) == new_photo(50).jpeg
    assert [row.entry.outcome for row in gallery.audit_rows(2)] == [40401, 0]
    assert gallery.count() == 1
    assert gallery.verify_chain() is None
