"""CSV files that a spreadsheet opens as text, whatever somebody typed into a name."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

Cell = str | int | float

_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for a formula, also in full width (OWASP, "CSV Injection")."""


def csv_file(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with the mark that spreadsheets look for; text that looks like a formula is quoted."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _harmless(cell: Cell) -> Cell:
    """Text with an apostrophe before a formula's first sign; numbers as they are."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_BEGINS_FORMULA):
        return "'" + cell
    return cell
