"""People and groups: look, register, edit, add and remove photos, delete."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.desk import Desk, new_photo
from core.gallery.records import AuditEntry, IdentityChange
from core.gallery.store import Gallery
from core.settings import ROOT, Settings
from core.vision import Vision
from pages.parts.people import MOST
from tests.databases import url_of
from tests.pages.conftest import (
    TESTER,
    Open,
    has_button,
    html,
    open_row,
    opened,
    photo_ids,
    press,
    said,
    upload,
)

Photos = dict[str, bytes]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory, eyes: Vision, photos: Photos) -> Path:
    """A database with more people than the picker offers at once, one face under every name."""
    file = tmp_path_factory.mktemp("crowd") / "crowd.db"
    new = new_photo(eyes.look(photos["good"]), "high")
    with Gallery.open(url_of(file), 1000, 10) as gallery:
        for number in range(MOST + 1):
            person = f"{number:04}"
            entry = AuditEntry("create", identity_id=person, actor=TESTER)
            change = IdentityChange(name=f"Person {number}")
            gallery.create_identity(person, change, new, audit=entry)
    return file


@pytest.fixture
def crowded(
    crowd: Path, page_settings: Settings, eyes: Vision, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """The house's desk with that crowd; these tests change nothing."""
    yield from opened(crowd, page_settings, eyes, monkeypatch)


def test_the_table_shows_everybody(desk: Desk, open_page: Open) -> None:
    app = open_page("identities")
    table = app.dataframe[0].value
    assert list(table["Id"]) == [f"{n:03}" for n in range(1, 8)]
    assert list(table["Photos"]) == [3, 1, 1, 2, 2, 1, 2]
    assert table["Face"].str.startswith("data:image/jpeg;base64,").all()
    assert "7 found" in said(app.caption) and "Select a row" in said(app.info)


def test_the_filters(desk: Desk, open_page: Open) -> None:
    app = open_page("identities")
    app.text_input(key="live_id_search").set_value("li").run()
    assert set(app.dataframe[0].value["Id"]) == {"002", "004"}
    app.text_input(key="live_id_search").set_value("003").run()
    assert list(app.dataframe[0].value["Id"]) == ["003"]
    app.selectbox(key="id_type_en").set_value("vip").run()
    assert not app.dataframe and "No identity matches" in said(app.info)
    app.text_input(key="live_id_search").set_value("").run()
    assert list(app.dataframe[0].value["Id"]) == ["004"]
    app.selectbox(key="id_type_en").set_value(None).run()
    lab = next(g.id for g in desk.gallery.groups() if "Lab" in g.name)
    app.selectbox(key="id_group").set_value(lab).run()
    assert list(app.dataframe[0].value["Id"]) == ["001", "004", "005"]


def test_a_selected_row_never_becomes_somebody_else(desk: Desk, open_page: Open) -> None:
    app = open_page("identities")
    open_row(app, 0)
    assert "001 · 陈静" in said(app.markdown)
    app.text_input(key="live_id_search").set_value("Wang").run()
    assert "Select a row" in said(app.info) and "003 · 王芳" not in said(app.markdown)


def test_editing(desk: Desk, open_page: Open) -> None:
    app = open_row(open_page("identities"), 1)
    edit = next(w for w in app.text_input if w.value == "李明 Ming Li")
    edit.set_value(" Li Ming ")
    next(w for w in app.selectbox if w.form_id).set_value("vip")
    next(w for w in app.multiselect if w.form_id).set_value([])
    next(b for b in app.button if b.label == "Save").click().run()
    person = desk.gallery.identity("002")
    assert (person.name, person.user_type, person.groups) == ("Li Ming", "vip", ())
    assert "Saved." in said(app.success)
    assert "Li Ming" in said(app.markdown), "the person is not open any more"


def test_editing_what_somebody_else_changed_meanwhile(desk: Desk, open_page: Open) -> None:
    app = open_row(open_page("identities"), 1)
    entry = AuditEntry("update", identity_id="002", actor=TESTER)
    desk.gallery.update_identity("002", IdentityChange(description="moved"), None, entry)
    next(w for w in app.text_input if w.form_id and w.label == "Name").set_value("New")
    next(b for b in app.button if b.label == "Save").click().run()
    assert desk.gallery.identity("002").name == "李明 Ming Li" and not app.exception
    assert "Saved." not in said(app.success) and "version 2" in said(app.caption)


def test_adding_and_removing_a_photo(desk: Desk, open_page: Open, photos: Photos) -> None:
    app = open_row(open_page("identities"), 0)
    before = photo_ids(desk, "001")
    upload(app, photos["blurred"], key="add_001")
    assert app.button(key="add_001_go").disabled
    upload(app, photos["good"], key="add_001")
    press(app, "add_001_go")
    after = photo_ids(desk, "001")
    assert after[:-1] == before and "photo was added" in said(app.success)

    pills = next(g for g in app.button_group if g.key.startswith("remove_001"))
    assert pills.options == ["#1", "#2", "#3", "#4"] and app.button(key="remove_go_001").disabled
    pills.set_value(after[1]).run()
    press(app, "remove_go_001")
    assert photo_ids(desk, "001") == [after[0], *after[2:]]
    assert "photo was removed" in said(app.success)


def test_the_last_photo_cannot_be_removed(desk: Desk, open_page: Open) -> None:
    app = open_row(open_page("identities"), 1)
    assert has_button(app, "delete_002") and not has_button(app, "remove_go_002")


def test_alone_its_links_are_words(desk: Desk) -> None:
    """Run without app.py, which knows the other pages."""
    app = AppTest.from_file(str(ROOT / "pages" / "identities.py"), default_timeout=30)
    open_row(app.run(), 0)
    assert "Replace a photo" in said(app.caption) and not app.error


def test_deleting_wants_the_id_typed(desk: Desk, open_page: Open) -> None:
    app = open_row(open_page("identities"), 2)
    assert app.button(key="delete_003").disabled
    app.text_input(key="typed_003").set_value("004").run()
    assert app.button(key="delete_003").disabled
    app.text_input(key="typed_003").set_value(" 003 ").run()
    press(app, "delete_003")
    assert desk.gallery.count() == 6 and not desk.gallery.has_identity("003")
    assert "003 was deleted." in said(app.success) and "Select a row" in said(app.info)


def test_registering(desk: Desk, open_page: Open, photos: Photos) -> None:
    app = open_page("identities")
    app.text_input(key="reg_id").set_value("100")
    app.text_input(key="reg_name").set_value("Grace")
    app.selectbox(key="reg_type_en").set_value("visitor")
    upload(app, photos["good"], key="reg")
    assert "looks like somebody else: 陈静" in html(app) and app.button(key="reg_go").disabled
    app.text_input(key="reg_reason").set_value("a second card").run()
    press(app, "reg_go")
    person = desk.gallery.identity("100")
    assert (person.name, person.user_type, len(person.photos)) == ("Grace", "visitor", 1)
    assert "100 was registered." in said(app.success) and "Nothing to do" not in html(app)
    assert app.text_input(key="reg_id").value == "" == app.text_input(key="reg_name").value


def test_registering_an_id_twice(desk: Desk, open_page: Open, photos: Photos) -> None:
    app = open_page("identities")
    app.text_input(key="reg_id").set_value("002")
    upload(app, photos["good"], key="reg")
    app.text_input(key="reg_reason").set_value("test").run()
    press(app, "reg_go")
    assert "exists" in said(app.error) or "registered" in said(app.error)
    assert desk.gallery.count() == 7


def test_groups(desk: Desk, open_page: Open) -> None:
    app = open_page("identities")
    name = next(w for w in app.text_input if w.label == "New group")
    name.set_value("Roof <b>")
    next(b for b in app.button if b.label == "Create group").click().run()
    assert "Roof <b>" in {group.name for group in desk.gallery.groups()}
    assert "Roof" in said(app.success)


def test_an_empty_gallery_offers_the_demo_here_too(empty_desk: Desk, open_page: Open) -> None:
    assert has_button(open_page("identities"), "load_demo")


def test_a_crowd_has_pages_and_a_search_box(crowded: Desk, open_page: Open) -> None:
    app = open_page("identities")
    assert "301 found" in said(app.caption) and len(app.dataframe[0].value) == 20
    app.number_input(key="id_page").set_value(16).run()
    assert list(app.dataframe[0].value["Id"]) == ["0300"]
    app.text_input(key="live_id_search").set_value("Person 29").run()
    assert "11 found" in said(app.caption) and len(app.dataframe[0].value) == 11

    app = open_page("replace")
    assert "Showing the first 300 of 301" in said(app.caption)
    app.text_input(key="person_search").set_value("0300").run()
    assert [o.split()[0] for o in app.selectbox(key="person").options] == ["0300"]
    app.selectbox(key="person").set_value("0300").run()
    assert "Registered faces" in html(app)
    app.text_input(key="person_search").set_value("nobody").run()
    assert "Nobody matches “nobody”." in said(app.info)


def test_a_person_beyond_the_first_in_the_address(crowded: Desk, open_page: Open) -> None:
    app = open_page("replace", person="0300")
    assert app.selectbox(key="person").value == "0300" and "Registered faces" in html(app)
