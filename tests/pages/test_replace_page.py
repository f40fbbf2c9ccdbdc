"""The desk's screen: from an empty gallery to a replaced photo and back."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest

from core.desk import Desk
from tests.pages.conftest import (
    CountingEngine,
    Open,
    has_button,
    html,
    photo_ids,
    press,
    said,
    upload,
)

Photos = dict[str, bytes]


def marked(app: AppTest, desk: Desk, person: str = "001") -> str:
    """The registered photo that is marked to be replaced."""
    chosen = [p for p in photo_ids(desk, person) if app.button(key=f"choose_{p}").label[0] == "✓"]
    assert len(chosen) == 1
    return chosen[0]


def test_an_empty_gallery_offers_the_demo(empty_desk: Desk, open_page: Open) -> None:
    app = open_page()
    assert "empty" in said(app.markdown) and not app.selectbox
    press(app, "load_demo")
    assert empty_desk.gallery.count() == 7
    assert app.selectbox(key="person").value == "001" and "Registered faces" in html(app)


def test_nobody_chosen_yet_gets_a_hint(desk: Desk, open_page: Open) -> None:
    app = open_page()
    assert "Choose a person" in html(app) and not has_button(app, "confirm")
    app.selectbox(key="person").set_value("002").run()
    assert app.query_params["person"] == "002" and "Registered faces" in html(app)


def test_an_unknown_person_in_the_address_chooses_nobody(desk: Desk, open_page: Open) -> None:
    app = open_page(person="999")
    assert app.selectbox(key="person").value is None and "Choose a person" in html(app)


def test_the_worst_photo_is_marked_and_another_can_be(desk: Desk, open_page: Open) -> None:
    app = open_page(person="001")
    photos = desk.gallery.identity("001").photos
    assert marked(app, desk) == min(photos, key=lambda p: p.overall).id
    press(app, f"choose_{photos[0].id}")
    assert marked(app, desk) == photos[0].id


def test_an_upload_replaces_and_undo_brings_back(
    desk: Desk, open_page: Open, photos: Photos
) -> None:
    before = photo_ids(desk, "001")
    app = open_page(person="001")
    old = marked(app, desk)
    old_jpeg = desk.gallery.photo_jpeg(old)
    upload(app, photos["good"])
    assert "Passes “high”" in html(app) and "1 face found." in said(app.caption)
    assert app.image[0].value and not app.button(key="confirm").disabled
    app.text_input(key="reason").set_value("new badge").run()
    press(app, "confirm")
    after = photo_ids(desk, "001")
    place = before.index(old)
    assert after[place] not in before
    assert after[:place] + after[place + 1 :] == before[:place] + before[place + 1 :]
    assert "Photo replaced." in said(app.success) and "(001) first" in said(app.success)
    assert html(app).count("fd-new") == 1
    answer = next(a for a in map(json.loads, (c.value for c in app.code)) if "identity" in a)
    assert answer["identity"]["reg_pic_ids"] == after
    row = desk.gallery.audit_rows(1)[0]
    assert (row.entry.reason, row.entry.actor.source) == ("new badge", "page")
    assert not has_button(app, "confirm"), "the stage is not fresh"

    press(app, "undo")
    back = photo_ids(desk, "001")
    assert "earlier photo is back" in said(app.info)
    assert desk.gallery.photo_jpeg(back[place]) == old_jpeg
    assert marked(app, desk) == back[place]


def test_a_sample_replaces(desk: Desk, open_page: Open) -> None:
    app = open_page(person="004")
    before = photo_ids(desk, "004")
    next(g for g in app.button_group if g.key.startswith("new_sample")).set_value("good").run()
    press(app, "confirm")
    assert len(set(before) - set(photo_ids(desk, "004"))) == 1


def test_a_poor_photo_needs_a_lower_level(desk: Desk, open_page: Open, photos: Photos) -> None:
    app = open_page(person="001")
    upload(app, photos["blurred"])
    assert app.button(key="confirm").disabled
    assert "fails “high”" in said(app.caption) and "not sharp" in html(app)
    level = app.button_group(key="new_level")
    assert level.options == ["✓ no check", "✗ low", "✗ normal", "✗ high"]
    level.set_value("no").run()
    assert "costs recognition accuracy" in said(app.caption)
    assert "Quality is not checked" in html(app)
    before = photo_ids(desk, "001")
    press(app, "confirm")
    assert photo_ids(desk, "001") != before
    assert desk.gallery.audit_rows(1)[0].entry.level == "no"


def test_of_a_group_another_face_can_be_taken(desk: Desk, open_page: Open, photos: Photos) -> None:
    app = open_page(person="002")
    upload(app, photos["group"])
    assert "6 faces found; number 1, the largest, is used." in said(app.caption)
    faces = app.button_group(key="new_face")
    assert faces.options == [f"#{n}" for n in range(1, 7)]
    faces.set_value(3).run()
    assert "6 faces found; number 4 is used." in said(app.caption)
    faces = app.button_group(key="new_face")
    faces.set_value(0).run()
    assert "number 1" in said(app.caption) and not app.error


def test_somebody_elses_face_asks_for_a_reason(desk: Desk, open_page: Open, photos: Photos) -> None:
    app = open_page(person="001")
    upload(app, photos["other"])
    assert "does not look like 陈静" in html(app)
    assert "somebody else: 李明 Ming Li (002)" in html(app)
    assert app.button(key="confirm").disabled and "Type a reason first." in said(app.caption)
    app.text_input(key="reason").set_value("   ").run()
    assert app.button(key="confirm").disabled
    app.text_input(key="reason").set_value("twins, seen the passport").run()
    press(app, "confirm")
    assert "Photo replaced." in said(app.success)
    assert desk.gallery.audit_rows(1)[0].entry.reason == "twins, seen the passport"


def test_level_and_reason_run_no_model(
    desk: Desk, open_page: Open, photos: Photos, engine: CountingEngine
) -> None:
    app = open_page(person="001")
    upload(app, photos["good"])
    runs = engine.runs
    for level in ("low", "no", "normal", "high"):
        app.button_group(key="new_level").set_value(level).run()
    app.text_input(key="reason").set_value("why not").run()
    press(app, f"choose_{photo_ids(desk, '001')[1]}")
    assert engine.runs == runs
    press(app, "confirm")
    assert engine.runs == runs


def test_another_person_starts_with_a_fresh_stage(
    desk: Desk, open_page: Open, photos: Photos
) -> None:
    app = open_page(person="001")
    upload(app, photos["good"])
    app.selectbox(key="person").set_value("002").run()
    assert not has_button(app, "confirm") and "The photo appears here" in html(app)
