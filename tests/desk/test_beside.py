"""What goes on beside the decoding of a photo: nothing of it shows in the answers."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest

from core.beside import Beside
from core.contract.fields import Level
from core.desk import Desk, new_photo
from core.engine.base import Embedding, Face
from core.engine.slot import EngineSlot
from core.errors import ImageError, LowQuality
from core.vision import Vision

Ask = Callable[..., dict[str, Any]]


def test_an_unknown_person_is_said_before_an_unreadable_photo(ask: Ask) -> None:
    answer = ask("update_image", identity_id="nobody", register_image="!", fiqa_level="no")
    assert answer["error"]["code"] == 40401


def test_an_unreadable_photo_is_said_as_ever(ask: Ask, desk: Desk) -> None:
    photo_id = desk.gallery.identity("002").photos[0].id
    for image in ("!", "QUJD"):
        answer = ask(
            "update_image", identity_id="002", register_image_id=photo_id, register_image=image
        )
        assert answer["error"]["code"] == 40003
    assert desk.gallery.identity("002").photos[0].id == photo_id


def test_what_the_photo_comes_from_may_fail(vision: Vision) -> None:
    def data() -> bytes:
        raise ImageError("no bytes")

    with vision.reading(data) as photo, pytest.raises(ImageError, match="no bytes"):
        vision.look(photo)


def test_what_was_not_begun_is_not_done(vision: Vision, settings: Any) -> None:
    """The threads are busy, the request is refused meanwhile: its photo is never read."""
    free, asked = threading.Event(), []
    busy = [vision._beside.submit(free.wait) for _ in range(settings.workers + 1)]
    with vision.reading(lambda: asked.append(1) or b"") as photo:
        pass
    free.set()
    assert all(each.result() for each in busy)
    assert photo.cancelled()
    assert not asked


@pytest.mark.parametrize(("gate", "begun"), [("no", 1), ("high", 0)])
def test_a_face_that_seems_below_its_level_is_not_embedded(
    pictures: dict[str, bytes], vision: Vision, monkeypatch: pytest.MonkeyPatch,
    gate: Level, begun: int,
) -> None:  # fmt: skip
    """And one that is embedded beside the networks is embedded once."""
    embedded: list[Face] = []
    engine = type(vision.engine)
    embed = engine.embed

    def counted(self: Any, pixels: Any, face: Face) -> Embedding:
        embedded.append(face)
        return embed(self, pixels, face)

    monkeypatch.setattr(engine, "embed", counted)
    refused = pytest.raises(LowQuality) if gate == "high" else contextlib.nullcontext()
    with refused:
        vision.look(pictures["jing_blurred"], gate=gate)
    assert len(embedded) == begun


def test_what_nobody_is_free_for_is_done_by_the_caller() -> None:
    free = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        threads.submit(free.wait)
        work = Beside(threads, threading.current_thread)
        work.begin()
        assert work.result() is threading.current_thread()
        never = Beside(threads, threading.current_thread)
        assert never.result() is threading.current_thread()
        dropped = Beside(threads, lambda: pytest.fail("dropped"))
        dropped.begin()
        dropped.drop()
        free.set()
        begun = Beside(threads, threading.current_thread)
        begun.begin()
        wait([begun._future] if begun._future else [])
        assert begun.result() is not threading.current_thread()


def test_pictures_made_beside_are_those_made_later(
    vision: Vision, pictures: dict[str, bytes]
) -> None:
    beside = vision.look(pictures["jing"], pictured=True)
    later = vision.look(pictures["jing"])
    assert later.pictures is None
    assert new_photo(beside, "no").crop_jpeg == new_photo(later, "no").crop_jpeg
    assert new_photo(beside, "no").thumb_jpeg == new_photo(later, "no").thumb_jpeg


def test_prepared_embeddings_give_the_same_checks(desk: Desk, looks: dict[str, Any]) -> None:
    person, new = desk.gallery.identity("001"), looks["jing"].embedding
    prepared = desk.prepare(person)
    assert set(prepared or ()) == {photo.id for photo in person.photos}
    assert desk.check(person, None, new, prepared=prepared) == desk.check(person, None, new)
    assert desk.prepare(person, "off") == {}


def test_nothing_is_prepared_while_the_engine_loads(desk: Desk, vision: Vision) -> None:
    loading = Vision(desk.settings, EngineSlot(lambda: vision.engine), vision.policy)
    waiting = Desk(desk.settings, desk.gallery, loading)
    assert waiting.prepare(desk.gallery.identity("001")) is None
