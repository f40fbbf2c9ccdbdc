"""What a name means: folders, numbers, encodings, traps."""

from __future__ import annotations

import io
import zipfile

import pytest

from core.batch.naming import (
    clean_name,
    is_system_file,
    leads_out,
    meanings,
    printable,
    zip_names,
)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("001.jpg", (("001", None),)),
        ("001_2.JPG", (("001_2", None), ("001", 2))),
        ("photos/new/emp_7_12.png", (("emp_7_12", None), ("emp_7", 12))),
        ("a.b.c.jpg", (("a.b.c", None),)),
        ("小明_1.jpg", (("小明_1", None), ("小明", 1))),
        ("_1.jpg", (("_1", None),)),
    ],
)
def test_whom_a_name_means(name: str, meant: object) -> None:
    assert meanings(name) == meant


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("./a/b.jpg", "a/b.jpg"),
        ("a\\b.jpg", "a/b.jpg"),
        ("Jose\u0301.jpg", "Jos\u00e9.jpg"),
    ],
)
def test_a_name_is_cleaned(name: str, clean: str) -> None:
    assert clean_name(name) == clean


@pytest.mark.parametrize("name", ["../a.jpg", "a/../../b.jpg", "/etc/a.jpg", "C:/a.jpg"])
def test_names_that_lead_out(name: str) -> None:
    assert leads_out(name)
    assert not leads_out("a..b/c.jpg")


@pytest.mark.parametrize(
    ("name", "own"),
    [("__MACOSX/._a.jpg", True), ("x/Thumbs.db", True), ("x/.DS_Store", True), ("a.jpg", False)],
)
def test_files_of_operating_systems(name: str, own: bool) -> None:
    assert is_system_file(name) is own


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_names_of_a_windows_archive(encoding: str) -> None:
    """Stored in the country's encoding, without the flag that says UTF-8."""
    raw = "小明.jpg".encode(encoding)
    placeholder = "x" * len(raw)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(placeholder, b"")
    data = out.getvalue().replace(placeholder.encode(), raw)
    (info,) = zipfile.ZipFile(io.BytesIO(data)).infolist()
    assert "小明.jpg" in zip_names(info)


def test_a_name_for_people_is_short_and_on_one_line() -> None:
    assert printable("a\nb\u202ec\x1b[31m.jpg") == "a\ufffdb\ufffdc\ufffd[31m.jpg"
    assert len(printable("x" * 5000)) < 120
