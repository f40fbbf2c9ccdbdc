"""The user guide names what the pages show: every bold word is a text of that language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.settings import ROOT
from pages.parts.texts import CATALOGUES, Language

GUIDE = ROOT / "docs" / "user-guide"
BOLD = re.compile(r"\*\*(.+?)\*\*")
NOT_ON_A_PAGE = {"Before:", "Asked often", "准备：", "常见问题"}


def spoken(language: Language) -> list[re.Pattern[str]]:
    """Every text of the pages, its gaps open."""
    texts = CATALOGUES[language].values()
    return [re.compile(re.sub(r"\\{\w+\\}", ".+", re.escape(text))) for text in texts]


@pytest.mark.parametrize("page", sorted(GUIDE.glob("*.md")), ids=lambda page: page.name)
def test_every_bold_word_stands_on_a_page(page: Path) -> None:
    texts = spoken("zh" if page.name.endswith(".zh.md") else "en")
    named = set(BOLD.findall(page.read_text(encoding="utf-8"))) - NOT_ON_A_PAGE
    assert named and not [name for name in named if not any(t.fullmatch(name) for t in texts)]


def test_both_languages_have_the_same_pages() -> None:
    names = {page.name for page in GUIDE.glob("*.md")}
    english = {name for name in names if not name.endswith(".zh.md")}
    assert names == english | {name.replace(".md", ".zh.md") for name in english}
