"""A CSV that says which file replaces whose photo: identity_id, which photo, file."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from core.batch.naming import clean_name
from core.batch.reasons import Reason, problem, reason

NEEDED = ("identity_id", "file")
WHICH = ("register_image_id", "face_id", "register_image_index")
MAX_BYTES = 5_000_000
_ENCODINGS = ("utf-8-sig", "gb18030")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row of the CSV.

    Attributes:
        line: its number in the file, the heading being 1.
        index: 0-based place of the photo to replace, or None.
        problem: what is wrong with the row itself.
    """

    line: int
    identity_id: str
    file: str
    photo_id: str
    face_id: str
    index: int | None
    problem: Reason | None


def read_map(data: bytes, most: int) -> list[Wanted]:
    """What each row of the CSV asks for. Raises ParameterError, see ``read_rows``."""
    return [_wanted(line, cells) for line, cells in read_rows(data, most, NEEDED, WHICH)]


def read_rows(
    data: bytes, most: int, needed: Sequence[str], optional: Sequence[str]
) -> list[tuple[int, dict[str, str]]]:
    """Line numbers and cells of a CSV with commas, semicolons or tabs, in UTF-8, UTF-16 or GBK.

    Every named column has a cell, NFC and without spaces around it, empty where the row has none;
    columns of other names are not looked at. Raises ParameterError: too large, no text, columns
    missing or there twice, more than ``most`` rows.
    """
    if len(data) > MAX_BYTES:
        raise problem("CSV_SIZE", mb=MAX_BYTES / 1e6)
    text = _decoded(data)
    heading = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=heading.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        raise problem("CSV_BROKEN") from None
    rows = [(number, line) for number, line in enumerate(lines, 1) if any(c.strip() for c in line)]
    if not rows:
        raise problem("CSV_EMPTY")
    columns = [_plain(name).lower() for name in rows[0][1]]
    _check_columns(columns, needed, optional)
    if len(rows) - 1 > most:
        raise problem("CSV_ROWS", count=len(rows) - 1, most=most)
    empty = dict.fromkeys((*needed, *optional), "")
    return [
        (number, empty | {name: _plain(cell) for name, cell in zip(columns, line, strict=False)})
        for number, line in rows[1:]
    ]


def _plain(cell: str) -> str:
    return unicodedata.normalize("NFC", cell).strip()


def _decoded(data: bytes) -> str:
    encodings = ("utf-16",) if data.startswith(_UTF16) else _ENCODINGS
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise problem("CSV_NO_TEXT")


def _check_columns(columns: list[str], needed: Sequence[str], optional: Sequence[str]) -> None:
    if missing := [name for name in needed if name not in columns]:
        found = ", ".join(name[:30] for name in columns[:10] if name.isprintable())
        lacks, all_needed, which = (", ".join(names) for names in (missing, needed, optional))
        raise problem("CSV_COLUMNS", missing=lacks, needed=all_needed, which=which, found=found)
    if twice := [name for name in (*needed, *optional) if columns.count(name) > 1]:
        raise problem("CSV_TWICE", names=", ".join(twice))


def _wanted(line: int, values: dict[str, str]) -> Wanted:
    index, wrong = None, None
    if missing := [name for name in NEEDED if not values[name]]:
        wrong = reason("CSV_ROW", line=line, what=", ".join(missing))
    if text := values["register_image_index"]:
        if text.isascii() and text.isdigit() and len(text) < 7:
            index = int(text)
        else:
            wrong = wrong or reason("CSV_INDEX", line=line)
    return Wanted(
        line,
        values["identity_id"],
        clean_name(values["file"]),
        values["register_image_id"],
        values["face_id"],
        index,
        wrong,
    )
