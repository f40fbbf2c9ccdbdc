"""Health: every state of the check, and the way from a finding to the desk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from core.desk import Desk, new_photo
from core.errors import NotReady
from core.gallery.records import AuditEntry, IdentityChange
from core.health.checkup import JOB
from core.jobs import Job
from core.settings import ROOT
from tests.pages.conftest import TESTER, Open, has_button, html, press, said

Photos = dict[str, bytes]


def links(app: AppTest) -> list[dict[str, list[str]]]:
    """The addresses of the links to the desk, taken apart."""
    return [parse_qs(element.proto.query_string) for element in app.get("page_link")]


def register(desk: Desk, identity_id: str, data: bytes) -> None:
    entry = AuditEntry("create", identity_id=identity_id, actor=TESTER)
    new = new_photo(desk.vision.look(data), "no")
    desk.gallery.create_identity(identity_id, IdentityChange(name="Solo"), new, audit=entry)


def test_the_demo_gallery_is_checked_at_once(desk: Desk, open_page: Open) -> None:
    app = open_page("health")
    shown = html(app)
    assert "12 photos of 7 people" in said(app.caption)
    assert "photos below “low”" in shown and "✘</span> 6" in shown
    assert "Replace these first" in shown and "004 · 赵琳 Lin Zhao" in shown
    assert "the face is not sharp" in shown
    assert "6 photos do not pass “normal”" in said(app.caption)
    assert len(app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")) == 3
    worst = desk.gallery.identity("004").photos[1]
    assert links(app)[0] == {"person": ["004"], "photo": [worst.id]}
    assert "uncertain" in shown and not has_button(app, "cancel_health")


def test_the_level_changes_the_list_and_no_model_runs(desk: Desk, open_page: Open) -> None:
    app = open_page("health")
    runs = desk.vision.engine.runs  # type: ignore[attr-defined]
    level = next(w for w in app.button_group if w.key == "health_level")
    level.set_value("high").run()
    assert "11 photos do not pass “high”" in said(app.caption)
    assert html(app).count("fd-small") == 8
    press(app, "health_more")
    assert html(app).count("fd-small") == 11 and not has_button(app, "health_more")
    assert desk.vision.engine.runs == runs  # type: ignore[attr-defined]


def test_a_change_is_noticed_and_checked_again(desk: Desk, open_page: Open) -> None:
    app = open_page("health")
    assert "Photos came" not in said(app.warning)
    photo = desk.gallery.identity("004").photos[1].id
    entry = AuditEntry("delete_photo", identity_id="004", old_photo_id=photo, actor=TESTER)
    desk.gallery.delete_photo("004", photo, audit=entry)
    app.run()
    assert "Photos came, went or changed" in said(app.warning)
    assert {"person": ["004"], "photo": [photo]} not in links(app)
    press(app, "health_check")
    assert "Photos came" not in said(app.warning) and "11 photos of 7" in said(app.caption)


def test_an_empty_gallery_offers_the_demo(empty_desk: Desk, open_page: Open) -> None:
    app = open_page("health")
    assert has_button(app, "load_demo") and not has_button(app, "health_check")


def test_a_gallery_of_one(empty_desk: Desk, open_page: Open, photos: Photos) -> None:
    register(empty_desk, "1", photos["good"])
    app = open_page("health")
    infos = said(app.info)
    assert "Nobody has two photos" in infos and "no two people" in infos
    assert "no two photos to compare" in infos and not app.error


def test_photos_of_another_engine(desk: Desk, open_page: Open) -> None:
    for photo in desk.gallery.identity("001").photos:
        vector, _ = desk.gallery.embedding(photo.id)
        desk.gallery.reembed(photo.id, vector, "other:engine:1:128")
    app = open_page("health")
    assert "3 photos were embedded by another engine" in said(app.warning)
    assert [link.proto.label for link in app.get("page_link")].count("Go to Engine") == 2
    table = app.dataframe[-1].value
    assert sorted(table["Photos"]) == [3, 9]


def test_two_people_with_one_face(desk: Desk, open_page: Open, photos: Photos) -> None:
    register(desk, "twin", photos["good"])
    app = open_page("health")
    assert "1 look like one person" in said(app.caption)
    assert {"person": ["twin"], "photo": [desk.gallery.identity("twin").photos[0].id]} in links(app)


def test_a_wrong_photo_of_ones_own(desk: Desk, open_page: Open, photos: Photos) -> None:
    entry = AuditEntry("add_photo", identity_id="002", actor=TESTER)
    new = new_photo(desk.vision.look(photos["good"]), "no")
    desk.gallery.add_photo("002", new, None, audit=entry)
    app = open_page("health")
    assert "1 have two that look like different people" in said(app.caption)


def end(desk: Desk, work: Callable[[Job], object]) -> None:
    assert desk.jobs.start(JOB, work).wait(30)


def refuse(job: Job) -> None:
    raise NotReady("The disk is on holiday.")


def stop(job: Job) -> None:
    job.step(3, 12)
    job.cancel()
    job.step(4, 12)


@pytest.mark.parametrize(("work", "says"), [(stop, "Cancelled after 3"), (refuse, "on holiday")])
def test_a_check_that_did_not_end(
    desk: Desk, open_page: Open, work: Callable[[Job], object], says: str
) -> None:
    end(desk, work)
    app = open_page("health")
    assert says in said(app.info) + said(app.error)
    assert "12 photos and was not checked" in said(app.info) and not app.dataframe
    press(app, "health_check")
    assert "12 photos of 7 people" in said(app.caption)


def test_a_running_check_can_be_cancelled(desk: Desk, open_page: Open) -> None:
    go = threading.Event()

    def slow(job: Job) -> None:
        job.step(1, 12)
        go.wait(30)
        job.step(2, 12)

    first = open_page("health")
    assert "12 photos of 7 people" in said(first.caption)
    job = desk.jobs.start(JOB, slow)
    app = open_page("health")
    assert has_button(app, "cancel_health") and not has_button(app, "health_check")
    assert "12 photos of 7 people" in said(app.caption), "the last result stays"
    app.button(key="cancel_health").click().run()
    go.set()
    assert job.wait(30) and job.state == "cancelled"
    app.run()
    assert "Cancelled after 1" in said(app.info) and has_button(app, "health_check")


def at_desk(person: str, photo: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    app.query_params["person"], app.query_params["photo"] = person, photo
    app.run()
    assert not app.exception
    return app


def test_the_desk_opens_on_the_photo_that_the_address_names(desk: Desk) -> None:
    photos = desk.gallery.identity("001").photos
    for photo in photos:
        assert at_desk("001", photo.id).session_state["old_001"] == photo.id
    app = at_desk("001", photos[0].id)
    press(app, f"choose_{photos[1].id}")
    assert app.session_state["old_001"] == photos[1].id
    assert photos[1].id in app.query_params["photo"]


@pytest.mark.parametrize("photo", ["gone", "", "=1+1", "00000000-0000-0000-0000-000000000000"])
def test_a_photo_that_is_not_the_persons_is_not_chosen(desk: Desk, photo: str) -> None:
    app = at_desk("001", photo)
    worst = min(desk.gallery.identity("001").photos, key=lambda p: p.overall)
    assert app.session_state["old_001"] == worst.id and not app.error
