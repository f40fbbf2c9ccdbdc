"""What the desk's screen says when something is wrong: a plain sentence, and nothing changed."""

from __future__ import annotations

import io
import sqlite3
import threading
from pathlib import Path

import pytest
from PIL import Image

import core.house
from core.desk import Desk
from core.engine.slot import EngineSlot
from core.errors import NotReady
from core.fiqa.policy import load_policy
from core.gallery.records import AuditEntry, IdentityChange
from core.settings import Settings, get_settings
from core.vision import Vision
from tests.databases import only_sqlite
from tests.pages.conftest import (
    TESTER,
    CountingEngine,
    Open,
    failing,
    has_button,
    photo_ids,
    press,
    said,
    upload,
)

Photos = dict[str, bytes]


def huge_png() -> bytes:
    """A PNG of 20,000 x 20,000 pixels in some kilobytes."""
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    return out.getvalue()


def landscape() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((640, 480)).save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: b"This is a text file, not a photo.\n" * 20, "not a readable photo"),
        (lambda: b"", "empty"),
        (huge_png, "too many pixels"),
        (lambda: bytes(10_000_001), "too large"),
        (landscape, "No face was found"),
        (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" * 20, "HEIC or AVIF"),
        (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG files are not accepted"),
    ],
    ids=["text", "empty", "20000x20000", "over-size", "landscape", "heic", "svg"],
)
def test_a_file_that_is_no_photo_gets_a_sentence(
    desk: Desk, open_page: Open, make: object, sentence: str
) -> None:
    app = open_page(person="001")
    upload(app, make())  # type: ignore[operator]
    assert sentence in said(app.error) and len(app.error) == 1
    assert not has_button(app, "confirm")
    assert "Traceback" not in said(app.error) and "/" not in said(app.error)


def test_a_good_photo_after_a_bad_file(desk: Desk, open_page: Open, photos: Photos) -> None:
    app = open_page(person="001")
    upload(app, b"no photo")
    upload(app, photos["good"])
    assert not app.error and has_button(app, "confirm")


def test_a_person_deleted_meanwhile(desk: Desk, open_page: Open, photos: Photos) -> None:
    app = open_page(person="006")
    upload(app, photos["other"])
    app.text_input(key="reason").set_value("whatever").run()
    desk.gallery.delete_identities(["006"], TESTER)
    press(app, "confirm")
    assert app.selectbox(key="person").value is None
    assert "removed meanwhile" in said(app.warning) and len(app.error) == 1
    assert desk.gallery.count() == 6


def test_a_person_changed_meanwhile(desk: Desk, open_page: Open, photos: Photos) -> None:
    app = open_page(person="001")
    upload(app, photos["good"])
    desk.gallery.update_identity("001", IdentityChange(name="Jing"), None, _entry())
    before = photo_ids(desk, "001")
    press(app, "confirm")
    assert "changed" in said(app.error) and photo_ids(desk, "001") == before
    press(app, "confirm")
    assert "Photo replaced." in said(app.success)


def test_two_tabs_on_one_person(desk: Desk, open_page: Open, photos: Photos) -> None:
    """The second one is told, and only what it then sees is replaced."""
    one, other = open_page(person="001"), open_page(person="001")
    upload(one, photos["good"])
    upload(other, photos["good"])
    press(one, "confirm")
    after = photo_ids(desk, "001")
    press(other, "confirm")
    assert len(other.error) == 1 and photo_ids(desk, "001") == after
    assert all(has_button(other, f"choose_{photo}") for photo in after)


def test_the_engine_is_still_loading(
    desk: Desk, open_page: Open, engine: CountingEngine, page_settings: Settings
) -> None:
    go = threading.Event()

    def load() -> CountingEngine:
        go.wait(20)
        return engine

    slot = EngineSlot(load)
    slot.start()
    desk.vision = Vision(page_settings, slot, load_policy(None))
    app = open_page(person="001")
    assert "engine is loading" in said(app.info) and not app.selectbox
    go.set()
    slot.get()
    app.run()
    assert not app.info and app.selectbox(key="person").value == "001"


@pytest.mark.parametrize("page", ["replace", "identities"])
def test_the_engine_could_not_be_loaded(
    desk: Desk, open_page: Open, page_settings: Settings, page: str
) -> None:
    slot = failing(NotReady("The model pack is damaged."))
    desk.vision = Vision(page_settings, slot, load_policy(None))
    app = open_page(page)
    assert "not available: The model pack is damaged." in said(app.error)


@pytest.mark.parametrize("page", ["replace", "identities"])
def test_the_database_cannot_be_opened(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page: str
) -> None:
    file = tmp_path / "gallery.db"
    file.write_text("this is no database " * 1000)
    monkeypatch.setattr(core.house, "_desk", None)
    monkeypatch.setenv("FACEDESK_DATABASE", f"sqlite:///{file}")
    get_settings.cache_clear()
    try:
        app = open_page(page)
        assert "gallery cannot be opened" in said(app.error) and str(tmp_path) not in said(
            app.error
        )
    finally:
        get_settings.cache_clear()


@only_sqlite
def test_the_database_is_locked(
    desk: Desk, open_page: Open, photos: Photos, tmp_path: Path
) -> None:
    app = open_page(person="001")
    upload(app, photos["good"])
    before = photo_ids(desk, "001")
    other = sqlite3.connect(tmp_path / "gallery.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    press(app, "confirm")
    assert "busy" in said(app.error) and photo_ids(desk, "001") == before
    other.close()
    press(app, "confirm")
    assert "Photo replaced." in said(app.success)


@only_sqlite
@pytest.mark.parametrize("page", ["replace", "identities"])
def test_the_database_breaks_while_it_is_open(
    desk: Desk, open_page: Open, tmp_path: Path, page: str
) -> None:
    desk.gallery.close()
    for file in tmp_path.glob("gallery.db*"):
        file.unlink()
    (tmp_path / "gallery.db").mkdir()
    app = open_page(page)
    assert "not available" in said(app.error) and not app.exception


def test_the_unforeseen_is_a_sentence_too(
    desk: Desk, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.gallery, "count", lambda: 1 / 0)
    app = open_page()
    assert "unforeseen" in said(app.error) and "division" not in said(app.error)


def _entry() -> AuditEntry:
    return AuditEntry("update", identity_id="001", actor=TESTER)
