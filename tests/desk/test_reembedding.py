"""A change of engine: nothing is compared across engines, and re-extraction can be resumed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from core.assessment import Stopwatch
from core.desk import Desk
from core.engine.backend_dlib import DlibEngine
from core.engine.slot import EngineSlot
from core.errors import NotReady
from core.reembedding import overlap, reembed
from core.vision import Vision
from tests.desk.conftest import Ask

B64 = Callable[[str], str]


@pytest.fixture
def other(desk: Desk) -> Desk:
    """The same gallery seen by an engine of another name."""
    engine = desk.vision.engine
    assert isinstance(engine, DlibEngine)
    renamed = replace(engine, info=replace(engine.info, engine_id="dlib:other:0:128"))
    vision = Vision(desk.settings, EngineSlot(lambda: renamed), desk.vision.policy)
    return Desk(desk.settings, desk.gallery, vision)


def test_another_engines_embeddings_are_counted_never_compared(
    other: Desk, pictures: dict[str, bytes]
) -> None:
    person = other.gallery.identity("001")
    look = other.vision.look(pictures["jing"])
    checks = other.check(person, person.photos[0], look.embedding)
    assert (checks.best_cosine, checks.same_band, checks.nearest) == (None, None, None)
    assert checks.stale == 2 and other.matrix.stale == 3


def test_a_strict_check_that_cannot_be_made_says_no(
    other: Desk, ask: Ask, b64: B64, monkeypatch: pytest.MonkeyPatch, desk: Desk
) -> None:
    monkeypatch.setattr(desk, "vision", other.vision)
    request = {
        "identity_id": "001",
        "register_image": b64("jing"),
        "register_image_id": desk.gallery.identity("001").photos[0].id,
        "identity_check": "strict",
    }
    error = ask("update_image", request)["error"]
    assert error["code"] == NotReady.code and "reembed" in error["message"]
    answer = ask("update_image", {**request, "identity_check": "warn"})
    assert "another engine" in answer["replacement"]["checks"]["same_person"]["note"]


def test_reembedding_goes_on_where_it_stopped(other: Desk) -> None:
    class Stopped(KeyboardInterrupt):
        pass

    def stop_at_second(done: int, of: int) -> None:
        if done == 1:
            raise Stopped

    with pytest.raises(Stopped):
        reembed(other, stop_at_second)
    assert other.matrix.stale == 2
    steps: list[tuple[int, int]] = []
    outcome = reembed(other, lambda done, of: steps.append((done, of)))
    assert (outcome.done, outcome.failed) == (2, {}) and steps[-1] == (2, 2)
    assert other.matrix.stale == 0 and len(other.matrix) == 3
    assert reembed(other).done == 0


def test_the_registered_face_is_taken_again_from_a_group(
    other: Desk, desk: Desk, ask: Ask, b64: B64
) -> None:
    request = {"identity_id": "g", "register_image": b64("group"), "face_index": 4}
    made = ask("create_identity", {**request, "fiqa_level": "no"})["identity"]
    box = desk.gallery.photo(made["image_id"]).box_xyxy
    reembed(other)
    again = other.gallery.embedding(made["image_id"])[0]
    sight = other.vision.see(other.gallery.photo_jpeg(made["image_id"]), None, Stopwatch())
    best = max(sight.source_faces, key=lambda face: overlap(face, box))
    assert overlap(best, box) > 0.8
    old = desk.vision.look(other.gallery.photo_jpeg(made["image_id"]), 4).embedding.vector
    assert float(old @ again) > 0.999
