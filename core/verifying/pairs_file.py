"""The CSV of pairs: which two are compared, and whether they are one person, where it is known.

Every way to get it wrong is a ``ParameterError`` whose details say in one word, ``reason``, what
is wrong, so that a page can say it in the reader's language.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import ParameterError

MOST_PAIRS = 20_000
MOST_BYTES = 20_000_000
FIRST = ("file_x", "first", "a", "photo_1", "image_1")
SECOND = ("file_y", "second", "b", "photo_2", "image_2")
LABEL = ("decision", "same", "label")
"""Names of the columns, the first of each as in docs/thresholds.md; case does not matter."""

YES = {"yes", "true", "1", "same", "y", "是", "同一人"}
NO = {"no", "false", "0", "different", "n", "否", "不同人"}
ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(frozen=True, slots=True)
class PairRow:
    """One row; ``same`` is None where the file does not say."""

    line: int
    first: str
    second: str
    same: bool | None


def read_pair_rows(data: bytes) -> tuple[PairRow, ...]:
    """The rows of a CSV file: UTF-8 or GB 18030 (GBK), comma, semicolon or tab.

    Raises ParameterError with ``reason``: ``pairs_large``, ``pairs_encoding``, ``pairs_columns``,
    ``pairs_empty``, ``pairs_many``, ``pairs_row`` or ``pairs_label`` (the last two with ``line``).
    """
    if len(data) > MOST_BYTES:
        raise _wrong("pairs_large", f"The CSV is over {MOST_BYTES // 1_000_000} MB.")
    table = csv.reader(io.StringIO(_decoded(data), newline=""), delimiter=_delimiter(data))
    try:
        header = next(table, [])
        columns = _columns(header)
        rows = tuple(
            _row(table.line_num, cells, columns) for cells in table if any(c.strip() for c in cells)
        )
    except csv.Error:
        raise _wrong("pairs_encoding", "This is not a CSV file.") from None
    if not rows:
        raise _wrong("pairs_empty", "The CSV holds no pairs.")
    if len(rows) > MOST_PAIRS:
        raise _wrong("pairs_many", f"The CSV holds more than {MOST_PAIRS:,} pairs.")
    return rows


def _decoded(data: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _wrong("pairs_encoding", "This is not a CSV file in UTF-8 or GBK.")


def _delimiter(data: bytes) -> str:
    """Whichever stands most often in the first line."""
    first = data.split(b"\n", 1)[0]
    return max(",;\t", key=lambda sign: first.count(sign.encode()))


def _columns(header: Sequence[str]) -> tuple[int, int, int | None]:
    names = [name.strip().lower() for name in header]
    places = [
        next((names.index(name) for name in wanted if name in names), None)
        for wanted in (FIRST, SECOND, LABEL)
    ]
    if places[0] is None or places[1] is None:
        raise _wrong(
            "pairs_columns",
            "The CSV needs the columns file_x and file_y, and Decision where it is known.",
        )
    return places[0], places[1], places[2]


def _row(line: int, cells: Sequence[str], columns: tuple[int, int, int | None]) -> PairRow:
    first, second, label = (
        cells[place].strip() if place is not None and place < len(cells) else ""
        for place in columns
    )
    if not first or not second:
        raise _wrong("pairs_row", f"Line {line} of the CSV does not name two photos.", line)
    said = label.lower()
    if said and said not in YES | NO:
        raise _wrong("pairs_label", f"Line {line}: the decision must be Yes or No.", line)
    return PairRow(line, first, second, said in YES if said else None)


def _wrong(reason: str, message: str, line: int = 0) -> ParameterError:
    return ParameterError(message, reason=reason, line=line)
