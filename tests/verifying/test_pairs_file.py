"""Pairs files as people make them, and as they get them wrong."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from core.errors import FaceDeskError, ImageError, ImageTooLarge, NotFound, ParameterError
from core.settings import Settings
from core.verifying.pairs_file import MOST_PAIRS, PairRow, read_pair_rows
from core.verifying.photo_source import PhotoSource

GOOD = [
    (b"file_x,file_y,Decision\na.jpg,b.jpg,Yes\n", [("a.jpg", "b.jpg", True)]),
    (b"\xef\xbb\xbfFirst;Second;Same\r\na;b;no\r\n", [("a", "b", False)]),
    (b"a\tb\tlabel\n1\t2\t\n", [("1", "2", None)]),
    ("file_x,file_y,Decision\n张三,李四,是\n".encode("gbk"), [("张三", "李四", True)]),
    (b'file_x,file_y\n"a,1.jpg", b.jpg \n\n', [("a,1.jpg", "b.jpg", None)]),
    (b"Decision,file_y,file_x\nNo,b,a\n", [("a", "b", False)]),
]  # fmt: skip


@pytest.mark.parametrize(("data", "rows"), GOOD)
def test_good_files(data: bytes, rows: list[tuple[str, str, bool | None]]) -> None:
    assert [(row.first, row.second, row.same) for row in read_pair_rows(data)] == rows


BAD = [
    (b"", "pairs_columns", 0),
    (b"name,other\na,b\n", "pairs_columns", 0),
    (b"file_x,file_y\n", "pairs_empty", 0),
    (b"file_x,file_y\na,\n", "pairs_row", 2),
    (b"file_x,file_y\na,b\nc\n", "pairs_row", 3),
    (b"file_x,file_y,Decision\na,b,perhaps\n", "pairs_label", 2),
    (b"\xff\xfe\xff\xff", "pairs_encoding", 0),
    (b"PK\x03\x04\0\0\0", "pairs_encoding", 0),
    (b"file_x,file_y\n" + b"a,b\n" * (MOST_PAIRS + 1), "pairs_many", 0),
    (b"file_x,file_y\n" + b"x" * 200_000 + b",b\n", "pairs_encoding", 0),
    (b"x" * 20_000_001, "pairs_large", 0),
]


@pytest.mark.parametrize(("data", "reason", "line"), BAD)
def test_bad_files(data: bytes, reason: str, line: int) -> None:
    with pytest.raises(ParameterError) as caught:
        read_pair_rows(data)
    assert caught.value.details == {"reason": reason, "line": line}


def test_lines_are_counted_as_an_editor_does() -> None:
    assert read_pair_rows(b"file_x,file_y\n\na,b\n") == (PairRow(3, "a", "b", None),)


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "c.jpg").write_bytes(b"c")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    roots = str(tmp_path / "photos")
    return Settings(_env_file=None, data=tmp_path, image_roots=roots, max_image_mb=0.01)


def test_photos_by_path_by_name_and_from_folders(settings: Settings, tmp_path: Path) -> None:
    archive = zipped(a=b"1", x__b=b"2", x__d=b"3", y__d=b"4", **{"x__..__up": b"5"})
    source = PhotoSource(settings, archive)
    assert [source.read(name) for name in ("a", "x/b", "b", "x\\d", "./y/d")] == [
        b"1", b"2", b"2", b"3", b"4",
    ]  # fmt: skip
    assert source.read("c.jpg") == source.read(str(tmp_path / "photos" / "c.jpg")) == b"c"
    for name in ("d", "none", "../secret.jpg", str(tmp_path / "secret.jpg"), "/etc/passwd", "."):
        with pytest.raises(ImageError):
            source.read(name)


def test_without_folders_nothing_is_read_from_the_disk(tmp_path: Path) -> None:
    source = PhotoSource(Settings(_env_file=None, data=tmp_path), None)
    with pytest.raises(NotFound):
        source.read(str(tmp_path))


def test_a_bomb_is_not_blown_up(settings: Settings) -> None:
    with pytest.raises(ImageTooLarge):
        PhotoSource(settings, zipped(a=bytes(50_000_000))).read("a")
    liar = bytearray(zipped(a=bytes(50_000_000)))
    for at in (liar.index(b"PK\x01\x02") + 24, 22):  # the size that the entry claims
        liar[at : at + 4] = (100).to_bytes(4, "little")
    with pytest.raises((ImageTooLarge, ImageError)):
        PhotoSource(settings, bytes(liar)).read("a")


def test_damaged_archives(settings: Settings) -> None:
    with pytest.raises(ParameterError, match="ZIP"):
        PhotoSource(settings, b"no zip file")
    broken = bytearray(zipped(a=b"abcdefgh" * 500))
    broken[40:60] = bytes(20)
    with pytest.raises(FaceDeskError):
        PhotoSource(settings, bytes(broken)).read("a")
