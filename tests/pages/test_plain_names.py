"""What somebody typed into a name, an id or a group is shown as it is, never as Markdown."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.desk import Desk
from core.gallery.records import AuditEntry, IdentityChange
from pages.parts.texts import plain
from tests.pages.conftest import TESTER, Open, open_row, press, upload

NAME = "**bold** [link](http://x.example) :red[word] $x^2$ `code` <b>tag</b>"
Photos = dict[str, bytes]


@pytest.fixture
def named(desk: Desk) -> Desk:
    """The demo's first person under that name, in a group of that name."""
    group = desk.gallery.create_group(NAME, TESTER)
    change = IdentityChange(name=NAME, permission_ids=(group.id,))
    entry = AuditEntry("update", identity_id="001", actor=TESTER)
    desk.gallery.update_identity("001", change, None, entry)
    return desk


def sources(app: AppTest) -> list[str]:
    """Everything on the page that Streamlit reads as Markdown: texts, messages, labels."""
    texts: Any = (app.markdown, app.caption, app.info, app.success, app.warning, app.error)
    labelled: Any = (app.button, app.text_input, app.selectbox, app.multiselect, app.expander)
    found = [str(element.value) for kind in texts for element in kind]
    return found + [str(element.label) for kind in labelled for element in kind]


def assert_plain(app: AppTest) -> list[str]:
    """The name stands nowhere but escaped; returns where it does."""
    every = sources(app)
    assert not [source for source in every if "link" in source.replace(plain(NAME), "")]
    return [source for source in every if plain(NAME) in source]


def test_a_name_on_the_page_of_people(named: Desk, open_page: Open) -> None:
    app = open_row(open_page("identities"), 0)
    assert len(assert_plain(app)) == 2, "the heading and the list of groups"


def test_a_name_on_the_page_of_replacing(named: Desk, open_page: Open, photos: Photos) -> None:
    app = upload(open_page("replace", "001"), photos["good"])
    assert_plain(app)
    press(app, "confirm")
    assert assert_plain(app), "the sentence that says who is found first"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ann-Marie O'Neil", "Ann\\-Marie O\\'Neil"),
        ("小明", "小明"),
        ("# x\n\n- y", "\\# x \\- y"),
        (":smile: 10:30", "\\:\u2060smile\\: 10\\:30"),
        ("\\*", "\\\\\\*"),
        ("HTTP://a WWW.b c@d.e", "HTTP\\:\u2060\\/\\/a WWW\u2060\\.b c\\@\u2060d\\.e"),
        ("", ""),
    ],
)
def test_each_sign_is_escaped(text: str, shown: str) -> None:
    assert plain(text) == shown
