from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import stat
import tarfile
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime, timezone
from pathlib import Path
from threading import Event, Thread
from time import sleep

import pytest

from core.errors import NoSpaceLeft, NotFound, NotReady, ParameterError, VersionConflict
from core.gallery.backup import keys_beside
from core.gallery.records import ApiToken
from core.gallery.restoring import Restored, database_file, restore_backup
from core.gallery.store import Gallery
from tests.gallery.material import ACTOR, create, marks_of, new_photo, swap, unit, verified

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))


ONLY_SQLITE = "a backup is a copy of its file"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return tmp_path / "saved.tar"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "gallery.db"


def opened(file: Path, key: bytes | None = None) -> Gallery:
    return Gallery.open(f"sqlite:///{file}", 50, 3, key=key)


def consistent(gallery: Gallery) -> int:
    """Photos in all, after a look at each: its file and embedding are those of its own seed."""
    with gallery.database.raw() as raw:
        rows = raw.execute("SELECT id, identity_id, state FROM registered_photo").fetchall()
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        places = "SELECT identity_id FROM registered_photo WHERE state = 'current'"
        assert len(raw.execute(places).fetchall()) == gallery.count()
    for photo_id, _, _ in rows:
        seed = gallery.photo(photo_id).fiqa["items"][0]["score"]
        assert gallery.photo_jpeg(photo_id) == new_photo(seed).jpeg
        assert gallery.embedding(photo_id)[0].tobytes() == unit(seed).tobytes()
    assert gallery.verify_chain() is None
    return len(rows)


@pytest.fixture
def writers(gallery: Gallery, url: str) -> Iterator[list[int]]:
    """Two who replace photos all the time; how many each has done."""
    stop, done = Event(), [0, 0]
    for number in range(2):
        create(gallery, f"w{number}", number)

    def write(number: int) -> None:
        with Gallery.open(url, 20, 3) as own:
            while not stop.is_set():
                old = own.identity(f"w{number}").photos[0].id
                seed = 2 * done[number] + number + 2
                with suppress(NotFound, VersionConflict):
                    swap(own, old, seed, f"w{number}")
                done[number] += 1

    threads = [Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    yield done
    stop.set()
    for thread in threads:
        thread.join(60)


def test_a_backup_under_two_writers_is_one_moment(
    gallery: Gallery, writers: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.gallery.backup.PAGES", 2)  # many steps: writes fall between them
    told: list[tuple[int, int]] = []
    for number in range(3):
        while writers[0] < 5 * number + 5 or writers[1] < 5 * number + 5:
            sleep(0.01)
        before = sum(writers)
        told.clear()
        saved = tmp_path / f"{number}.tar"
        manifest = gallery.backup(saved, ACTOR, lambda done, of: told.append((done, of)))
        assert told[-1][0] == told[-1][1] > 0
        assert len(told) > 5
        assert sum(writers) >= before
        elsewhere = tmp_path / str(number) / "gallery.db"
        done = restore_backup(saved, elsewhere, ACTOR)
        assert done == Restored(manifest, 0, None)
        with opened(elsewhere) as restored:
            assert consistent(restored) == manifest.photos
            assert restored.count() == manifest.people == 2
            newest = restored.audit_rows(1)[0]
            assert newest.entry.action == "restore_backup"
            assert newest.id == manifest.audit_rows + 1
            old = restored.identity("w0").photos[0].id
            assert swap(restored, old, 7, "w0").old


def test_any_tar_program_reads_it_and_nothing_else_is_left(
    gallery: Gallery, saved: Path, tmp_path: Path
) -> None:
    create(gallery)
    before = {path.name for path in tmp_path.iterdir()}
    manifest = gallery.backup(saved, ACTOR)
    assert {path.name for path in tmp_path.iterdir()} - before == {saved.name}
    with tarfile.open(saved) as tar:
        assert tar.getnames() == ["manifest.json", "gallery.db"]
        content = tar.extractfile("manifest.json")
        assert content and json.load(content)["sha256"] == manifest.sha256
    assert (manifest.people, manifest.photos, manifest.audit_rows) == (1, 1, 1)
    assert gallery.audit_rows(1)[0].entry.action == "backup"
    assert os.name != "posix" or stat.S_IMODE(saved.stat().st_mode) == 0o600
    with pytest.raises(ParameterError, match="overwrites nothing"):
        gallery.backup(saved, ACTOR)


def test_a_failed_backup_leaves_no_file(gallery: Gallery, saved: Path, tmp_path: Path) -> None:
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    create(gallery)
    before = {path.name for path in tmp_path.iterdir()}
    with pytest.raises(KeyboardInterrupt):
        gallery.backup(saved, ACTOR, stop)
    assert {path.name for path in tmp_path.iterdir()} == before
    with pytest.raises(NotReady):
        gallery.backup(tmp_path / "no folder" / "x.tar", ACTOR)
    create(gallery, "q", 2)


def test_a_full_disk_is_said(gallery: Gallery, saved: Path, tmp_path: Path) -> None:
    create(gallery)

    def full(done: int, of: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    def sqlite_full(done: int, of: int) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    for fault in (full, sqlite_full):
        with pytest.raises(NoSpaceLeft):
            gallery.backup(saved, ACTOR, fault)
        assert not saved.exists()
    assert gallery.audit_rows(1)[0].entry.action == "create"


def spoil(saved: Path, name: str) -> None:
    content = bytearray(saved.read_bytes())
    if name == "empty":
        content.clear()
    elif name == "cut short":
        del content[len(content) // 2 :]
    elif name == "one bit":
        content[len(content) // 2] ^= 1
    elif name == "junk":
        content[:] = b"no backup at all" * 5000
    elif name == "manifest":
        at = content.index(b'"sha256"')
        content[at : at + 8] = b'"sha255"'
    saved.write_bytes(content)


@pytest.mark.parametrize("fault", ["empty", "cut short", "one bit", "junk", "manifest"])
def test_a_damaged_backup_is_refused(
    gallery: Gallery, saved: Path, elsewhere: Path, fault: str
) -> None:
    create(gallery)
    gallery.backup(saved, ACTOR)
    spoil(saved, fault)
    with pytest.raises(ParameterError):
        restore_backup(saved, elsewhere, ACTOR)
    assert not list(elsewhere.parent.iterdir())


def test_a_gallery_that_is_there_is_kept(gallery: Gallery, saved: Path, file: Path) -> None:
    create(gallery)
    gallery.backup(saved, ACTOR)
    create(gallery, "later", 2)
    with pytest.raises(ParameterError, match="--force"):
        restore_backup(saved, file, ACTOR)
    with pytest.raises(NotReady, match="in use"):
        restore_backup(saved, file, ACTOR, force=True)
    assert gallery.count() == 2
    gallery.close()
    done = restore_backup(saved, file, ACTOR, force=True)
    with opened(file) as back:
        assert back.count() == consistent(back) == 1
    assert done.aside
    with opened(done.aside) as old:
        assert old.count() == consistent(old) == 2


def test_a_broken_gallery_is_kept_as_it_is(gallery: Gallery, saved: Path, file: Path) -> None:
    create(gallery)
    gallery.backup(saved, ACTOR)
    gallery.close()
    file.write_bytes(b"broken" * 1000)
    done = restore_backup(saved, file, ACTOR, force=True)
    assert done.aside and done.aside.read_bytes() == b"broken" * 1000
    with opened(file) as back:
        assert consistent(back) == 1


def test_a_newer_backup_is_refused(
    gallery: Gallery, saved: Path, elsewhere: Path, file: Path
) -> None:
    create(gallery)
    with closing(sqlite3.connect(file, timeout=20)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    gallery.backup(saved, ACTOR)
    with pytest.raises(NotReady, match="newer"):
        restore_backup(saved, elsewhere, ACTOR)
    assert not elsewhere.exists()


def test_a_touched_audit_is_refused(
    gallery: Gallery, saved: Path, elsewhere: Path, file: Path
) -> None:
    create(gallery)
    with closing(sqlite3.connect(file, timeout=20)) as connection, connection:
        connection.execute("UPDATE audit SET operator = 'eve'")
    gallery.backup(saved, ACTOR)
    with pytest.raises(ParameterError, match="row 1"):
        restore_backup(saved, elsewhere, ACTOR)


@pytest.mark.parametrize("revoke", [False, True])
def test_tokens_that_were_revoked_since_come_back_or_not(
    gallery: Gallery, saved: Path, elsewhere: Path, revoke: bool
) -> None:
    now = datetime.now(timezone.utc)
    for name, expires in (("later revoked", None), ("expired", now), ("stays", None)):
        token = ApiToken(name, name, "operator", "00", now, expires, None, None)
        gallery.create_token(token, ACTOR)
    gallery.create_account("ann", "admin", "hash", ACTOR)
    gallery.create_account("closed", "admin", "hash", ACTOR)
    gallery.set_disabled("closed", True, ACTOR)
    gallery.backup(saved, ACTOR)
    gallery.revoke_token("later revoked", ACTOR)
    done = restore_backup(saved, elsewhere, ACTOR, revoke_tokens=revoke)
    assert (done.tokens, done.accounts) == (0 if revoke else 2, 1)
    with opened(elsewhere) as back:
        valid = {token.id for token in back.tokens() if token.is_valid}
        assert valid == (set() if revoke else {"later revoked", "stays"})
        assert back.verify_chain() is None


def test_an_encrypted_backup_holds_no_keys_and_forgets_who_was_erased(
    url: str, saved: Path, elsewhere: Path, tmp_path: Path
) -> None:
    with Gallery.open(url, 20, 3, key=KEY) as gallery:
        for number, name in enumerate(("stays", "goes", "comes again")):
            create(gallery, name, number)
        with gallery.database.raw() as raw:
            keys = [row[0] for row in raw.execute("SELECT wrapped FROM person_key")]
        manifest = gallery.backup(saved, ACTOR)
        content = saved.read_bytes()
        assert not [mark for mark in (*keys, *marks_of(0, 1, 2)) if mark in content]
        beside = keys_beside(saved)
        whole = tmp_path / "whole.keys"
        shutil.copy(beside, whole)
        gallery.erase("goes", ACTOR)
        gallery.erase("comes again", ACTOR)
        create(gallery, "comes again", 9)
        assert gallery.backup_keys(beside, ACTOR) == 2
    assert manifest.master_id
    with pytest.raises(NotReady, match="is encrypted"):
        restore_backup(saved, elsewhere, ACTOR)
    with pytest.raises(NotReady, match="does not fit"):
        restore_backup(saved, elsewhere, ACTOR, key=OTHER)
    done = restore_backup(saved, elsewhere, ACTOR, key=KEY)
    assert done.dropped == 2
    with opened(elsewhere, KEY) as restored:
        assert restored.count() == consistent(restored) == 1
        assert verified(restored, "stays")
    beside.unlink()
    other = tmp_path / "other" / "gallery.db"
    with pytest.raises(NotReady, match="--keys"):
        restore_backup(saved, other, ACTOR, key=KEY)
    assert restore_backup(saved, other, ACTOR, key=KEY, keys=whole).dropped == 0
    whole.write_text("[]")
    with pytest.raises(ParameterError, match="keys file"):
        restore_backup(saved, elsewhere, ACTOR, key=KEY, keys=whole, force=True)


def test_only_sqlite_has_a_file() -> None:
    assert database_file("sqlite:////a/b.db") == Path("/a/b.db")
    with pytest.raises(NotReady):
        database_file("postgresql://host/name")
