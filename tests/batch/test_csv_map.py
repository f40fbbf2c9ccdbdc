"""The CSV: encodings, delimiters, columns, rows that cannot be."""

from __future__ import annotations

import pytest

from core.batch.csv_map import MAX_BYTES, read_map
from core.errors import ParameterError

PLAIN = "identity_id,register_image_index,file\n小明,1,照片.jpg\n"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("gbk"),
        PLAIN.encode("utf-16"),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode("gb18030"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("identity_id", " Identity_ID ").encode(),
        b"\n" + PLAIN.replace("file\n", "file,name\n").replace(".jpg\n", '.jpg,"a\nb"\n').encode(),
    ],
    ids=["utf8", "bom", "gbk", "utf16", "semicolons", "tabs", "crlf", "capitals", "more columns"],
)
def test_one_table_in_many_forms(data: bytes) -> None:
    (row,) = read_map(data.lstrip(b"\n"), 10)
    assert (row.identity_id, row.index, row.file, row.problem) == ("小明", 1, "照片.jpg", None)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"name,path\n1,2\n", "lacks the column identity_id, file"),
        (b"identity_id\n1\n", "lacks the column file"),
        (b"identity_id,file,file\n1,2,3\n", "more than once"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xff", "no text"),
        (b"identity_id,file\n" + b"1,2\n" * 11, "11 rows"),
        (b"identity_id,file\n1," + b"x" * 200_000 + b"\n", "cannot be read"),
        (b" " * (MAX_BYTES + 1), "over the limit"),
    ],
)
def test_a_csv_that_cannot_be(data: bytes, says: str) -> None:
    with pytest.raises(ParameterError, match=says) as caught:
        read_map(data, 10)
    assert caught.value.details["zh"] != caught.value.message


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("001,,", "CSV_ROW"),
        (",,a.jpg", "CSV_ROW"),
        ("001,-1,a.jpg", "CSV_INDEX"),
        ("001,1.0,a.jpg", "CSV_INDEX"),
        ("001,²,a.jpg", "CSV_INDEX"),
        ("001", "CSV_ROW"),
        ("001,,a.jpg", None),
    ],
)
def test_a_row_that_cannot_be(line: str, status: str | None) -> None:
    (row,) = read_map(f"identity_id,register_image_index,file\n{line}\n".encode(), 10)
    assert (row.problem.status if row.problem else None) == status
