"""docs/security.md claims nothing without a test: every row of STRIDE links to one that exists."""

import re
from pathlib import Path

import pytest

from core.settings import ROOT

PAGE = ROOT / "docs" / "security.md"
TEST_LINK = re.compile(r"\[(test_\w+)\]\(([^)]+)\)")
LETTERS = (
    "S: Spoofing",
    "T: Tampering",
    "R: Repudiation",
    "I: Information disclosure",
    "D: Denial of service",
    "E: Elevation of privilege",
)
LEAST_ROWS = 5


def rows(letter: str) -> list[list[str]]:
    """The cells of each threat below a heading."""
    part = PAGE.read_text(encoding="utf-8").split(f"\n## {letter}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def missing(cell: str, folder: Path) -> list[str]:
    """The linked tests that are not there."""
    found = []
    for name, target in TEST_LINK.findall(cell):
        file = folder / target
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        if not re.search(rf"^\s*(?:async )?def {name}\(", text, re.M):
            found.append(f"{target}: {name}")
    return found


@pytest.mark.parametrize("letter", LETTERS)
def test_every_threat_links_to_a_test_that_exists(letter: str) -> None:
    table = rows(letter)
    assert len(table) >= LEAST_ROWS
    for cells in table:
        threat, against, tests, _remains = cells
        assert threat and against
        assert TEST_LINK.search(tests), f"no test for: {threat}"
        assert not missing(tests, PAGE.parent), threat


def test_a_missing_test_is_found() -> None:
    here = "../tests/house/test_security_doc.py"
    cell = f"[test_a_missing_test_is_found]({here}) [test_gone]({here}) [test_x](../gone.py)"
    assert missing(cell, PAGE.parent) == [f"{here}: test_gone", "../gone.py: test_x"]
