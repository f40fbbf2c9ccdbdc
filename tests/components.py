"""Streamlit's components for applications under test."""

from __future__ import annotations

import sys

import pytest
from streamlit.components import v2
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.testing.v1 import app_test


def share_registry() -> None:
    """One registry for every AppTest of this process, as a server has it.

    Each would make one of its own: it reads the metadata of every installed package for that, and
    a component that was declared when its module was imported is missing there (Streamlit 1.65).
    """
    registry = BidiComponentManager()
    registry.discover_and_register_components = lambda **_: None  # type: ignore[method-assign]
    v2.get_bidi_component_manager = lambda: registry  # type: ignore[attr-defined]
    app_test.BidiComponentManager = lambda: registry  # type: ignore[attr-defined]


def skip_where_no_row_can_be_ticked() -> None:
    """Of a table, in an AppTest."""
    if sys.version_info < (3, 11):
        pytest.skip("the AppTest of Python 3.10's Streamlit cannot tick a row of a table")
