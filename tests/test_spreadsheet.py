"""CSV files: what a spreadsheet would take for a formula stays text."""

import csv
import io

import pytest

from core.spreadsheet import csv_file


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30", "'+49 30"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =cmd|' /C calc'!A0", "'  =cmd|' /C calc'!A0"),
        ("＝1", "'＝1"),
        (-0.25, "-0.25"),
        (3, "3"),
        ("小明, \"x\"\nline", "小明, \"x\"\nline"),
        ("", ""),
    ],
)  # fmt: skip
def test_formulas_are_text(cell: str | float, written: str) -> None:
    made = csv_file(("a", "b"), [(cell, "end")]).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(made, newline=""))) == [["a", "b"], [written, "end"]]
