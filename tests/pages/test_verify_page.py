"""Verify: two faces, one against all, many pairs; whatever is looked at, nothing is stored."""

from __future__ import annotations

import io
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

from core.desk import Desk
from core.gallery.records import AuditFilter
from core.settings import ROOT
from tests.pages.conftest import Open, has_button, html, press, said, upload

Photos = dict[str, bytes]


def open_verify(mode: str = "pair") -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    app.run()
    app.query_params["mode"] = mode
    app.switch_page("pages/verify.py").run()
    assert not app.exception
    return app


def choose(app: AppTest, key: str, value: str | int) -> AppTest:
    """A segment of a control."""
    next(w for w in app.button_group if w.key == key).set_value(value).run()
    assert not app.exception
    return app


def give(app: AppTest, key: str, name: str, data: bytes, mime: str) -> AppTest:
    app.file_uploader(key=key).set_value((name, data, mime)).run()
    assert not app.exception
    return app


def state(desk: Desk) -> tuple[int, int]:
    return desk.gallery.counter(), desk.gallery.history(AuditFilter(), 0, 1).total


@pytest.mark.parametrize(
    ("photo", "says"), [("good", "The same person"), ("other", "Different people")]
)
def test_a_photo_against_a_person(desk: Desk, photos: Photos, photo: str, says: str) -> None:
    before = state(desk)
    app = open_verify()
    assert "Give both sides" in html(app)
    app.selectbox(key="verify_person_b").set_value("001").run()
    upload(app, photos[photo], key="verify_a")
    shown = html(app)
    assert says in shown and "Similarity" in shown and "Same from 0.925 on" in shown
    assert shown.count("fd-crop") == 2 and "pairs of two people in this" in said(app.caption)
    assert state(desk) == before


def test_two_photos_and_a_second_face(desk: Desk, photos: Photos) -> None:
    app = choose(open_verify(), "verify_kind_b", "photo")
    upload(app, photos["good"], key="verify_a")
    upload(app, photos["good"], key="verify_b")
    assert "Similarity 1.000" in html(app)


def test_two_people(desk: Desk) -> None:
    app = choose(open_verify(), "verify_kind_a", "person")
    app.selectbox(key="verify_person_a").set_value("003").run()
    app.selectbox(key="verify_person_b").set_value("004").run()
    assert "Uncertain" in html(app)


def test_what_is_no_photo_is_refused(desk: Desk) -> None:
    app = open_verify()
    upload(app, b"no photo", key="verify_a")
    assert "not a readable photo" in said(app.error) and "Give both sides" in html(app)


def test_a_person_of_another_engine(desk: Desk) -> None:
    photo = desk.gallery.identity("002").photos[0]
    vector, _ = desk.gallery.embedding(photo.id)
    desk.gallery.reembed(photo.id, vector, "other:engine:1:128")
    app = open_verify()
    app.selectbox(key="verify_person_b").set_value("002").run()
    assert "core reembed" in said(app.error)


def test_nobody_is_registered(empty_desk: Desk, photos: Photos) -> None:
    assert "Nobody is registered" in said(open_verify().info)
    app = open_verify("search")
    upload(app, photos["good"], key="verify_s")
    assert "Nobody is registered" in said(app.info)
    batch = open_verify("batch")
    assert batch.button(key="verify_go").disabled and batch.button(key="verify_own").disabled


def test_one_against_all(desk: Desk, photos: Photos) -> None:
    before = state(desk)
    app = open_verify("search")
    upload(app, photos["good"], key="verify_s")
    shown = html(app)
    assert "Looks like 陈静 Jing Chen (001)" in shown and "ahead of the second" in shown
    assert shown.count("fd-match") == 5
    choose(app, "verify_top", 10)
    assert html(app).count("fd-match") == 7
    assert len(app.get("page_link")) == 7 and state(desk) == before


def test_the_gallerys_own_photos_give_a_curve(desk: Desk) -> None:
    before = state(desk)
    app = press(open_verify("batch"), "verify_own")
    assert "66 pairs" in said(app.caption) and "false match rate is" in said(app.caption)
    tables = [frame.value for frame in app.dataframe]
    points = next(table for table in tables if "Threshold" in table.columns)
    assert list(points["Threshold"]) == ["limit “same”", "limit “different”"]
    assert "/ 60;" in points.iloc[0, 2] and "/ 6;" in points.iloc[0, 3]
    assert len(tables[-1]) == 66 and state(desk) == before
    press(app, "verify_clear")
    assert not has_button(app, "verify_clear") and not app.dataframe


def test_a_file_of_pairs_with_photos(desk: Desk, photos: Photos) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("new/=good.jpg", photos["good"])
    pairs = (
        "file_x,file_y,Decision\n=good.jpg,identity:001,yes\n=good.jpg,identity:002,no\nx,y,no\n"
    )
    app = open_verify("batch")
    give(app, "verify_csv", "pairs.csv", pairs.encode("gbk"), "text/csv")
    give(app, "verify_zip", "photos.zip", out.getvalue(), "application/zip")
    assert "3 pairs read" in said(app.caption)
    press(app, "verify_go")
    assert "1 pairs could not be compared" in said(app.warning)
    rows = app.dataframe[-1].value
    assert list(rows["Right"]) == ["✔", "✔", ""] and rows["Problem"][2].startswith("x: ")


WRONG = [
    (b"p,q\n1,2\n", "needs the columns"),
    (b"file_x,file_y\n", "holds no pairs"),
    (b"file_x,file_y,Decision\na,b,hm\n", "Line 2"),
    (b"\xff\xfe\xff", "not a CSV file"),
]


@pytest.mark.parametrize(("data", "says"), WRONG)
def test_a_wrong_file_gets_a_sentence(desk: Desk, data: bytes, says: str) -> None:
    app = give(open_verify("batch"), "verify_csv", "pairs.csv", data, "text/csv")
    assert says in said(app.error) and app.button(key="verify_go").disabled


def test_a_wrong_zip_gets_a_sentence(desk: Desk) -> None:
    app = open_verify("batch")
    give(app, "verify_csv", "pairs.csv", b"file_x,file_y\na,b\n", "text/csv")
    give(app, "verify_zip", "photos.zip", b"no zip", "application/zip")
    press(app, "verify_go")
    assert "not a ZIP file" in said(app.error)


def test_pairs_without_labels(desk: Desk) -> None:
    app = open_verify("batch")
    give(app, "verify_csv", "p.csv", b"file_x,file_y\nidentity:001,identity:002\n", "text/csv")
    press(app, "verify_go")
    assert "does not label" in said(app.info) and len(app.dataframe[-1].value) == 1


@pytest.mark.parametrize("mode", ["search", "batch", "nonsense", ""])
def test_the_address_names_the_mode(desk: Desk, open_page: Open, mode: str) -> None:
    app = open_verify(mode)
    expected = mode if mode in ("search", "batch") else "pair"
    assert app.session_state["verify_mode"] == expected
