"""A desk with the built-in engine and a small gallery, from pictures that packages carry."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.assessment import Assessment, Look
from core.calls.perform import perform
from core.calls.table import BY_FUNCTION
from core.desk import Desk
from core.engine.backend_dlib import DlibEngine
from core.engine.slot import EngineSlot
from core.fiqa.policy import load_policy
from core.gallery.records import Actor, IdentityChange
from core.gallery.store import Gallery
from core.imaging import samples
from core.imaging.read import encode_jpeg
from core.settings import Settings
from core.vision import Vision
from tests.databases import url_of

Ask = Callable[..., dict[str, Any]]
ROOTS = "allowed"


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("desk")
    (folder / ROOTS).mkdir()
    return Settings(
        _env_file=None,
        data=folder,
        engine="dlib",
        image_roots=str(folder / ROOTS),
        max_photos_each=4,
    )


@pytest.fixture(scope="session")
def vision(settings: Settings) -> Vision:
    engine = DlibEngine.load(settings.thread_count)
    return Vision(settings, EngineSlot(lambda: engine), load_policy(None))


@pytest.fixture(scope="session")
def pictures() -> dict[str, bytes]:
    """Photos by name: two of one person, three others', and faulty ones."""
    first, second, third = samples.PORTRAITS[:3]
    good = samples.portrait(first, 190, 2.6)
    return {
        "jing": encode_jpeg(good),
        "jing_again": encode_jpeg(samples.portrait(first, 150, 2.3)),
        "jing_blurred": encode_jpeg(samples.blurred(good, 7.0)),
        "ming": encode_jpeg(samples.portrait(second, 190, 2.6)),
        "fang": encode_jpeg(samples.portrait(third, 190, 2.6)),
        "group": encode_jpeg(samples.picture(*samples.GROUP)),
        "nobody": encode_jpeg(samples.picture("skimage", "data/coffee.png")),
    }


@pytest.fixture(scope="session")
def looks(vision: Vision, pictures: dict[str, bytes]) -> dict[str, Look]:
    return {name: vision.look(pictures[name]) for name in ("jing", "jing_again", "ming")}


@pytest.fixture
def desk(
    tmp_path: Path, settings: Settings, vision: Vision, looks: dict[str, Look]
) -> Iterator[Desk]:
    """001 has two photos and a group, 002 has one."""
    desk = open_desk(url_of(tmp_path / "gallery.db"), settings, vision, looks)
    yield desk
    desk.gallery.close()


def open_desk(url: str, settings: Settings, vision: Vision, looks: dict[str, Look]) -> Desk:
    """A new gallery with the two people in it."""
    gallery = Gallery.open(url, 5, settings.max_photos_each)
    desk = Desk(settings, gallery, vision)
    group = gallery.create_group("Gate A", Actor())
    data = IdentityChange(name="小明", permission_ids=(group.id,), ext_info={"dept": "lab"})
    for identity_id, change, name in (
        ("001", data, "jing_again"),
        ("002", IdentityChange(name="Ming"), "ming"),
    ):
        checks = desk.check(None, None, looks[name].embedding, "off", "off")
        desk.create(identity_id, change, Assessment(looks[name], checks), "no", Actor())
    person = gallery.identity("001")
    checks = desk.check(person, None, looks["jing"].embedding, "off", "off")
    desk.add(person, Assessment(looks["jing"], checks), "no", Actor())
    return desk


@pytest.fixture
def ask(desk: Desk) -> Ask:
    """Call a function of the contract by name."""

    def call(function: str, /, *request: object, **fields: object) -> dict[str, Any]:
        data = request[0] if request else fields
        return perform(BY_FUNCTION[function], data, Actor(), lambda: desk)

    return call


@pytest.fixture
def b64(pictures: dict[str, bytes]) -> Callable[[str], str]:
    return lambda name: base64.b64encode(pictures[name]).decode("ascii")


Snapshot = dict[str, Any]


@pytest.fixture
def snapshot(desk: Desk) -> Callable[[], Snapshot]:
    """Everything that must stay as it was: ids, versions, bytes, embeddings."""
    return lambda: state_of(desk)


def state_of(desk: Desk) -> Snapshot:
    """The two people's ids, versions, bytes and embeddings."""
    state: Snapshot = {}
    for identity_id in ("001", "002"):
        person = desk.gallery.identity(identity_id)
        state[identity_id] = (
            person.version,
            person.name,
            [(p.id, p.face_id, p.sha256) for p in person.photos],
            [desk.gallery.photo_jpeg(p.id) for p in person.photos],
            [desk.gallery.embedding(p.id)[0].tobytes() for p in person.photos],
        )
    return state
