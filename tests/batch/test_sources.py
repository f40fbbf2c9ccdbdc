"""Archives and folders that cannot be trusted: each a row with a reason, never an exception."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.batch.reasons import RowRefused
from core.batch.sources import Caps, FolderSource, Source
from core.batch.zip_source import ZipSource, open_allowed, open_source
from core.errors import ParameterError
from tests.batch.material import CAPS, patched, source_of, zip_of

ONE = [("001.jpg", b"photo" * 100)]


def read_all(source: Source) -> dict[str, str]:
    """Each entry's bytes, or the status it is refused with."""
    found = {}
    for entry in source.entries:
        try:
            found[entry.shown] = source.read(entry)[:5].decode()
        except RowRefused as refused:
            found[entry.shown] = refused.reason.status
    source.close()
    return found


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([("../001.jpg", b"x")], "ENTRY_OUTSIDE"),
        ([("/etc/001.jpg", b"x")], "ENTRY_OUTSIDE"),
        ([("..\\001.jpg", b"x")], "ENTRY_OUTSIDE"),
        ([("inner.zip", zip_of(ONE))], "ENTRY_NESTED"),
        ([("big.jpg", b"\0" * 1_000_001)], "ENTRY_TOO_LARGE"),
    ],
)
def test_an_entry_that_is_refused(files: list[tuple[str, bytes]], status: str) -> None:
    assert set(read_all(source_of([*files, *ONE])).values()) == {status, "photo"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_of_one_name_are_both_refused() -> None:
    source = source_of([("a\u0301.jpg", b"1"), ("\u00e1.jpg", b"2"), *ONE])
    assert [e.problem.status if e.problem else None for e in source.entries] == [
        "ENTRY_TWICE", "ENTRY_TWICE", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("archive", "status"),
    [
        (patched(zip_of(ONE), 6, 8, 0x1), "ENTRY_ENCRYPTED"),
        (patched(zip_of(ONE), 8, 10, 99), "ENTRY_METHOD"),
        (patched(zip_of(ONE), 14, 16, 0xBAD), "ENTRY_DAMAGED"),
        (patched(zip_of(ONE), 22, 24, 3), "ENTRY_DAMAGED"),
        (zip_of(ONE).replace(b"PK\x03\x04", b"PK\x03\x05"), "ENTRY_DAMAGED"),
    ],
    ids=["password", "method", "checksum", "lying size", "no header"],
)
def test_an_entry_that_does_not_open(archive: bytes, status: str) -> None:
    source = ZipSource(io.BytesIO(archive), "x.zip", CAPS)
    assert read_all(source) == {"001.jpg": status}


def test_a_link_in_an_archive_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("001.jpg")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert read_all(ZipSource(out, "x.zip", CAPS)) == {"001.jpg": "ENTRY_LINK"}


def long_list() -> bytes:
    """A list of contents of 9 MB in a small file's clothes."""
    return zip_of([(f"{number:03}" + "x" * 60_000, b"") for number in range(150)])


def zip64_lie() -> bytes:
    """An end record that says the list of contents is as long as the file and more."""
    data = bytearray(zip_of(ONE))
    struct.pack_into("<I", data, data.index(b"PK\x05\x06") + 12, 0x7FFFFFF0)
    return bytes(data)


@pytest.mark.parametrize(
    ("archive", "says"),
    [
        (lambda: b"", "not a ZIP"),
        (lambda: b"Rar!\x1a\x07\x00" * 50, "not a ZIP"),
        (lambda: zip_of(ONE)[:-30], "not a ZIP"),
        (zip64_lie, "not a ZIP"),
        (long_list, "may hold 200"),
        (lambda: zip_of((f"{n}.jpg", b"") for n in range(201)), "may hold 200"),
    ],
    ids=["empty", "rar", "cut off", "lying end", "long list", "too many"],
)
def test_an_archive_that_is_refused_as_a_whole(archive: Callable[[], bytes], says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        ZipSource(io.BytesIO(archive()), "x.zip", CAPS)


def test_an_archive_of_nonsense_is_never_an_exception_of_another_kind() -> None:
    archive = zip_of([*ONE, ("b/002.jpg", b"photo" * 20)])
    for place in range(0, len(archive), 3):
        data = bytearray(archive)
        data[place] ^= 0xFF
        try:
            read_all(ZipSource(io.BytesIO(bytes(data)), "x.zip", CAPS))
        except ParameterError:
            continue


def test_what_systems_leave_and_folders_are_passed_over() -> None:
    files = [("a/", b""), ("__MACOSX/._001.jpg", b"x"), ("Thumbs.db", b"x"), *ONE]
    assert read_all(source_of(files)) == {"001.jpg": "photo"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "photos"
    (made / "b").mkdir(parents=True)
    (made / "001.jpg").write_bytes(b"photo1")
    (made / "b" / "002.jpg").write_bytes(b"photo2")
    (made / "big.jpg").write_bytes(b"\0" * 1_000_001)
    (made / "old.zip").write_bytes(zip_of(ONE))
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(b"secret")
    (made / "link.jpg").symlink_to(outside)
    return made


def test_a_folder(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jpg")
    found = read_all(open_source(folder, CAPS))
    assert found == {
        "001.jpg": "photo",
        "b/002.jpg": "photo",
        "big.jpg": "ENTRY_TOO_LARGE",
        "old.zip": "ENTRY_NESTED",
        "link.jpg": "ENTRY_LINK",
        "pipe.jpg": "ENTRY_LINK",
    }


def test_a_folder_with_too_many_files(folder: Path) -> None:
    with pytest.raises(ParameterError, match="may hold 3"):
        FolderSource(folder, Caps(3, 1, 1))


def test_a_path_below_an_allowed_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.zip").write_bytes(zip_of(ONE))
    (folder / "link").symlink_to(tmp_path)
    assert read_all(open_allowed(str(folder / "b"), [folder], CAPS)) == {"002.jpg": "photo"}
    assert read_all(open_allowed(str(folder / "old.zip"), [folder], CAPS)) == {"001.jpg": "photo"}
    for path in (
        tmp_path, tmp_path / "elsewhere.zip", folder / "link", folder / "link" / "elsewhere.zip",
        folder / ".." / "elsewhere.zip", folder / "none.zip", folder / "001.jpg",
        "b", "\0", "x" * 5000,
    ):  # fmt: skip
        with pytest.raises(ParameterError) as caught:
            open_allowed(str(path), [folder], CAPS)
        assert str(tmp_path) not in caught.value.message


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no such folder"):
        open_source(tmp_path / "none.zip", CAPS)
