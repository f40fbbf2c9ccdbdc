"""Pages run by Streamlit's own AppTest on the demo gallery with the built-in engine.

The demo is loaded once; each test gets a copy of its database. The engine counts its runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import core.house
from core.demo import load_demo, sample_photo
from core.desk import Desk
from core.engine.backend_dlib import DlibEngine
from core.engine.base import Embedding, Engine, EngineInfo, Face, Pixels
from core.engine.slot import EngineSlot
from core.errors import FaceDeskError
from core.fiqa.policy import load_policy
from core.gallery.records import Actor
from core.gallery.store import Gallery
from core.settings import ROOT, Settings
from core.vision import Vision
from tests.components import skip_where_no_row_can_be_ticked
from tests.databases import copy, url_of

Open = Callable[..., AppTest]
TESTER = Actor(operator="test")
BUSY = 0.2
"""Seconds that a locked database is waited for."""


class CountingEngine:
    """An engine that counts how often its networks run."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.runs = 0

    @property
    def info(self) -> EngineInfo:
        return self.engine.info

    def detect(self, pixels_bgr: Pixels, side: int) -> list[Face]:
        self.runs += 1
        return self.engine.detect(pixels_bgr, side)

    def embed(self, pixels_bgr: Pixels, face: Face) -> Embedding:
        self.runs += 1
        return self.engine.embed(pixels_bgr, face)


@pytest.fixture(scope="session")
def page_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.upper().startswith("FACEDESK_")]:
            patch.delenv(name)
        return Settings(_env_file=None, data=tmp_path_factory.mktemp("pages"), engine="dlib")


@pytest.fixture(scope="session")
def engine(page_settings: Settings) -> CountingEngine:
    return CountingEngine(DlibEngine.load(page_settings.thread_count))


@pytest.fixture(scope="session")
def eyes(page_settings: Settings, engine: CountingEngine) -> Vision:
    slot = EngineSlot(lambda: engine)
    slot.get()
    return Vision(page_settings, slot, load_policy(None))


@pytest.fixture(scope="session")
def demo_database(page_settings: Settings, eyes: Vision) -> Path:
    """A database file with the demo gallery."""
    file = page_settings.data / "demo.db"
    with Gallery.open(url_of(file), 1000, 10) as gallery:
        load_demo(Desk(page_settings, gallery, eyes), TESTER)
    return file


@pytest.fixture(scope="session")
def photos() -> dict[str, bytes]:
    """The sample photos of the demo's first person, as files."""
    names = ("good", "blurred", "cut_off", "dark", "group", "other")
    return {name: sample_photo("001", name) for name in names}


@pytest.fixture
def empty_desk(
    tmp_path: Path, page_settings: Settings, eyes: Vision, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """The house's desk, nobody registered."""
    yield from opened(tmp_path / "gallery.db", page_settings, eyes, monkeypatch)


@pytest.fixture
def desk(
    tmp_path: Path,
    page_settings: Settings,
    eyes: Vision,
    demo_database: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    """The house's desk with the demo gallery."""
    file = copy(demo_database, tmp_path / "gallery.db")
    yield from opened(file, page_settings, eyes, monkeypatch)


def opened(
    file: Path, settings: Settings, eyes: Vision, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    with Gallery.open(url_of(file, BUSY), 1000, 10) as gallery:
        desk = Desk(settings, gallery, eyes)
        monkeypatch.setattr(core.house, "_desk", desk)
        yield desk


@pytest.fixture
def open_page() -> Open:
    """Opens a page of the application as a browser would, ``person`` in its address."""

    def start(page: str = "replace", person: str = "") -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
        if person:
            app.query_params["person"] = person
        app.run()
        if page != "replace":
            app.switch_page(f"pages/{page}.py").run()
        assert not app.exception
        return app

    return start


def upload(app: AppTest, data: bytes, name: str = "photo.jpg", key: str = "new") -> AppTest:
    """Hand a file to the uploader of this stage."""
    widget = next(w for w in app.file_uploader if w.key.startswith(f"{key}_upload"))
    widget.set_value((name, data, "image/jpeg")).run()
    assert not app.exception
    return app


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def has_button(app: AppTest, key: str) -> bool:
    return any(button.key == key for button in app.button)


def said(elements: Any) -> str:
    """The texts of these elements, one a line."""
    return "\n".join(str(element.value) for element in elements)


def html(app: AppTest) -> str:
    """All of our own HTML on the page but the style sheet."""
    bodies = (element.proto.body for element in app.get("html"))
    return "\n".join(body for body in bodies if not body.startswith("<style"))


def photo_ids(desk: Desk, person: str) -> list[str]:
    return [photo.id for photo in desk.gallery.identity(person).photos]


def failing(error: FaceDeskError) -> EngineSlot:
    """An engine that could not be loaded."""

    def load() -> Engine:
        raise error

    slot = EngineSlot(load)
    slot.start()
    while slot.loading:
        pass
    return slot


def open_row(app: AppTest, number: int) -> AppTest:
    """Select a row of the table of identities."""
    skip_where_no_row_can_be_ticked()
    key = app.dataframe[0].key
    app.session_state[key] = {"selection": {"rows": [number], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    return app
