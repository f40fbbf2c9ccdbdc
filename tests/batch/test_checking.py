"""The dry run: rows with their reasons; nothing written to the gallery, and little beside it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from core.batch import folder as folder_module
from core.batch.checking import check_batch
from core.batch.records import Order, Row
from core.batch.running import run_batch
from core.batch.shelf import FOLDER, Shelf, shelf_of
from core.batch.sources import caps_of
from core.desk import Desk
from core.engine.slot import EngineSlot
from core.errors import NoSpaceLeft, NotReady, ParameterError
from core.gallery.cipher import MAGIC, Cipher, new_key
from core.gallery.store import Gallery
from core.jobs import JobCancelledError
from core.settings import Settings
from core.vision import Vision
from tests.batch.material import (
    ADMIN,
    audit,
    checked,
    face,
    fill,
    good_files,
    hashes,
    source_of,
)
from tests.crash.test_fault import state


def rows(desk: Desk, files: list[tuple[str, bytes]], csv: str | None = None) -> list[Row]:
    return checked(desk, files, csv.encode() if csv is not None else None).load().rows


def statuses(found: list[Row]) -> list[str]:
    return [row.refusal.status if row.refusal else row.standing("no") for row in found]


def test_good_files_are_ready_and_nothing_is_written(desk: Desk, tmp_path: Path) -> None:
    database = tmp_path / "data" / "gallery.db"
    before = state(database), audit(desk)
    found = rows(desk, good_files())
    assert statuses(found) == ["ready"] * 5
    ids = [[photo.id for photo in desk.gallery.identity(p).photos] for p in ("001", "002", "003")]
    assert [row.target.photo_id for row in found if row.target] == [ids[0][0], ids[1][0], *ids[2]]
    assert (state(database), audit(desk)) == before


@pytest.mark.parametrize(
    ("name", "data", "status"),
    [
        ("003.jpg", face("003", 1), "WHICH_PHOTO"),
        ("003_4.jpg", face("003", 1), "NO_SUCH_PLACE"),
        ("003_0.jpg", face("003", 1), "NO_SUCH_PLACE"),
        ("001_2.jpg", face("001", 1), "NO_SUCH_PLACE"),
        ("999.jpg", face("001", 1), "UNKNOWN_PERSON"),
        ("' OR 1=1 --.jpg", face("001", 1), "UNKNOWN_PERSON"),
        ("001.txt", b"hello", "NOT_A_PHOTO"),
        ("001.jpg", b"", "IMAGE_ERROR"),
        ("001.jpg", b"no photo", "IMAGE_ERROR"),
        ("001.jpg", face("001", 1)[:-200], "IMAGE_ERROR"),
        ("001.jpg", b"PK\x03\x04" + b"x" * 50, "ENTRY_NESTED"),
        ("001.jpg", b"GIF89a" + b"x" * 50, "IMAGE_ERROR"),
        ("001.jpg", face("002", 1), "objection"),
        ("new/001.JPG", face("001", 1), "ready"),
        ("001_1.png", face("001", 1), "ready"),
    ],
)
def test_a_row_and_what_becomes_of_it(desk: Desk, name: str, data: bytes, status: str) -> None:
    assert statuses(rows(desk, [(name, data)])) == [status]


def test_every_reason_is_said_in_both_languages(desk: Desk) -> None:
    files = [("003.jpg", face("003", 1)), ("../a.jpg", b""), ("9.jpg", b""), ("1.zip", b"")]
    for row in rows(desk, files):
        assert row.refusal and row.refusal.en and row.refusal.zh


def test_two_files_for_one_photo_are_both_refused(desk: Desk) -> None:
    files = [("001.jpg", face("001", 1)), ("b/001_1.jpg", face("001", 2)), *good_files()[1:2]]
    found = rows(desk, files)
    assert statuses(found) == ["SAME_PLACE", "SAME_PLACE", "ready"]
    assert found[0].refusal and "b/001_1.jpg" in found[0].refusal.en


def test_a_csv_names_files_and_photos(desk: Desk) -> None:
    photos = desk.gallery.identity("003").photos
    csv = (
        "identity_id,register_image_id,face_id,register_image_index,file\n"
        f"003,{photos[1].id},,,x/A.JPG\n"
        f"003,,{photos[2].face_id},,b.jpg\n"
        "003,,,0,c.jpg\n001,,,,d.jpg\n"
        "002,,,,none.jpg\n002,nonsense,,,e.jpg\n999,,,,f.jpg\n003,,,,g.jpg\n003,,,7,h.jpg\n"
    )
    files = [
        (f"x/{n}.jpg", face("003", i)) for i, n in enumerate("abcefgh")
    ] + [("d.jpg", face("001", 9)), ("left.jpg", face("001", 8))]  # fmt: skip
    found = rows(desk, files, csv)
    assert statuses(found) == [
        "ready", "ready", "ready", "ready", "NO_SUCH_FILE", "ID_NOT_FOUND", "UNKNOWN_PERSON",
        "WHICH_PHOTO", "NO_SUCH_PLACE", "NOT_IN_CSV",
    ]  # fmt: skip
    assert [row.target.place for row in found if row.target] == [1, 2, 0, 0]


def test_a_photo_that_was_replaced_meanwhile_names_its_successor(desk: Desk) -> None:
    old = desk.gallery.identity("001").photos[0].id
    csv = f"identity_id,register_image_id,file\n001,{old},a.jpg\n"
    run_batch(desk, checked(desk, good_files()[:1]), Order("no"), ADMIN)
    (row,) = rows(desk, [("a.jpg", face("001", 5))], csv)
    assert row.refusal and desk.gallery.identity("001").photos[0].id in row.refusal.en


def test_a_file_name_that_fits_several_is_refused(desk: Desk) -> None:
    files = [("a/x.jpg", face("001", 1)), ("b/x.jpg", face("001", 2))]
    found = rows(desk, files, "identity_id,file\n001,x.jpg\n001,a/x.jpg\n")
    assert statuses(found)[:2] == ["FILE_NOT_CLEAR", "ready"]


def test_above_the_batchs_total_rows_are_left_out(desk: Desk) -> None:
    small = desk.settings.model_copy(update={"max_batch_mb": 0.015})
    found = rows(Desk(small, desk.gallery, desk.vision), good_files())
    assert statuses(found)[-1] == "BATCH_TOO_LARGE" and statuses(found)[0] == "ready"


def test_only_the_owner_reads_what_is_kept(desk: Desk) -> None:
    folder = checked(desk, good_files()).path
    assert (
        stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    )
    files = sorted(folder.iterdir())
    assert len(files) == 1 + 5 + 5
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_of_refused_rows_no_photo_is_kept(desk: Desk) -> None:
    folder = checked(desk, [("999.jpg", face("001", 1)), ("001.jpg", b"junk")])
    assert [file.name for file in folder.path.iterdir()] == ["journal.jsonl"]


def test_in_an_encrypted_gallery_the_photos_are_sealed(tmp_path: Path, desk: Desk) -> None:
    key = new_key()
    with Gallery.open(f"sqlite:///{tmp_path / 'sealed.db'}", 50, 8, key=key) as gallery:
        settings = Settings(_env_file=None, data=tmp_path / "sealed")
        sealed = Desk(settings, gallery, desk.vision)
        fill(sealed)
        folder = checked(sealed, good_files())
        for file in folder.path.iterdir():
            assert file.name == "journal.jsonl" or file.read_bytes().startswith(MAGIC)
        assert folder.kept("photo", 1) == good_files()[0][1]
        (folder.path / "00002.photo").write_bytes((folder.path / "00001.photo").read_bytes())
        for number, cipher in ((2, Cipher(key)), (1, None), (1, Cipher(new_key()))):
            other = Shelf(settings.data, cipher).open(folder.id)
            assert other.thumb(number) is None or number == 2
            with pytest.raises(Exception, match="KEPT_COPY"):
                other.kept("photo", number)


def test_a_cancelled_dry_run_leaves_nothing(desk: Desk) -> None:
    def stop(done: int, of: int) -> None:
        if done == 2:
            raise JobCancelledError

    source = source_of(good_files(), caps_of(desk.settings))
    with pytest.raises(JobCancelledError):
        check_batch(desk, shelf_of(desk), source, "high", "x", step=stop)
    assert not list((desk.settings.data / FOLDER).iterdir())


@pytest.mark.parametrize("nth", range(1, 14))
def test_a_full_disk_leaves_nothing(desk: Desk, nth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, real = 0, os.open

    def full(path: object, flags: int, *rest: int, **more: int) -> int:
        nonlocal calls
        if FOLDER in str(path):
            calls += 1
            if calls == nth:
                raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, flags, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(folder_module.os, "open", full)
    source = source_of(good_files(), caps_of(desk.settings))
    with pytest.raises(NoSpaceLeft):
        check_batch(desk, shelf_of(desk), source, "high", "x")
    assert not list((desk.settings.data / FOLDER).iterdir())


def test_a_csv_that_cannot_be_leaves_nothing(desk: Desk) -> None:
    with pytest.raises(ParameterError):
        checked(desk, good_files(), b"nonsense")
    assert not (desk.settings.data / FOLDER).exists()


def test_an_empty_archive_is_refused(desk: Desk) -> None:
    with pytest.raises(ParameterError, match="no file"):
        checked(desk, [])


def test_no_engine_no_batch(desk: Desk) -> None:
    def fail() -> None:
        raise NotReady

    blind = Vision(desk.settings, EngineSlot(fail), desk.vision.policy)  # type: ignore[arg-type]
    with pytest.raises(NotReady):
        checked(Desk(desk.settings, desk.gallery, blind), good_files())
    assert not list((desk.settings.data / FOLDER).iterdir())


def test_the_registered_photos_stay_as_they_were(desk: Desk) -> None:
    before = hashes(desk)
    checked(desk, [*good_files(), ("x.jpg", b"")])
    assert hashes(desk) == before
