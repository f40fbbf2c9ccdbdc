"""Pages run in process, on the small gallery that the desk's tests use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core import house
from core.access.secrets import hash_password
from core.contract.fields import ROLES
from core.desk import Desk
from core.gallery.records import Actor
from core.settings import ROOT
from tests.desk.conftest import (  # noqa: F401 - fixtures
    desk,
    looks,
    pictures,
    settings,
    snapshot,
    vision,
)
from tests.web.material import guarded

PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def password_hash() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def closed(
    desk: Desk,  # noqa: F811
    password_hash: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    """Accounts named after their roles; the pages of this process use this desk."""
    made = guarded(desk)
    made.vision.engine_slot.get()
    for role in ROLES:
        made.gallery.create_account(role, role, password_hash, Actor())
    monkeypatch.setattr(house, "_desk", made)
    yield made


Open = Callable[..., AppTest]


@pytest.fixture
def open_page() -> Open:
    """Run a page as its address opens it, signed in or not.

    ``state`` is put into its session first; ``alone`` runs the page's file without app.py.
    """

    def run(
        page: str, account: str = "", password: str = PASSWORD, alone: bool = False, **state: Any
    ) -> AppTest:
        file = ROOT / "pages" / f"{page}.py" if alone else ROOT / "app.py"
        at = AppTest.from_file(str(file), default_timeout=60)
        if not alone:  # what the browser sends with the address /identities
            at._page_hash = calc_hash("" if page == "replace" else page)
        at.session_state.language = "en"
        for name, value in state.items():
            at.session_state[name] = value
        at.run()
        if account:
            at.text_input(key="sign_in_name").input(account)
            at.text_input(key="sign_in_password").input(password)
            at.button[0].click().run()
        assert not at.exception, at.exception
        return at

    return run
