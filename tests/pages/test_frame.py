"""Streamlit's sentences that are replaced: as long as it says them."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit

from pages.parts.frame import INSTEAD

SCRIPTS = Path(streamlit.__file__).parent / "static" / "static" / "js"


@pytest.mark.parametrize("said", [said.split(". Running")[0] for said in INSTEAD])
def test_streamlit_says_it(said: str) -> None:
    assert any(said in file.read_text("utf-8") for file in SCRIPTS.glob("index.*.js"))
