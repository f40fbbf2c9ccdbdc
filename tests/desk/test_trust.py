"""Wrong person, double person: modes and thresholds; and that the audit holds every refusal."""

from __future__ import annotations

import base64
import dataclasses
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from core.assessment import Assessment, Look
from core.calls.perform import perform
from core.calls.table import BY_FUNCTION
from core.desk import Desk
from core.engine.select import with_own_limits
from core.engine.slot import EngineSlot
from core.errors import NoSpaceLeft, NotSamePerson
from core.gallery.records import Actor, AuditEntry
from core.vision import Vision
from tests.desk.conftest import Ask

B64 = Callable[[str], str]
ACTOR = Actor("ann", "page", "r-7")


def replacing(desk: Desk, image: str, **fields: object) -> dict[str, object]:
    photo = desk.gallery.identity("001").photos[0]
    base = {"identity_id": "001", "register_image": image, "register_image_id": photo.id}
    return {**base, **fields}


MODES = [
    # photo, identity_check, duplicate_check, code, bands (same, nearest)
    ("jing", "off", "off", 0, (None, None)),
    ("jing", "warn", "warn", 0, ("same", "different")),
    ("jing", "strict", "strict", 0, ("same", "different")),
    ("ming", "off", "off", 0, (None, None)),
    ("ming", "warn", "off", 0, ("different", None)),
    ("ming", "strict", "off", 40902, None),
    ("ming", "off", "warn", 0, (None, "same")),
    ("ming", "off", "strict", 40903, None),
    ("ming", "warn", "warn", 0, ("different", "same")),
    ("ming", "strict", "strict", 40902, None),
]


@pytest.mark.parametrize("where", ["request", "settings"])
@pytest.mark.parametrize(("photo", "identity", "duplicate", "code", "bands"), MODES)
def test_each_mode_in_the_request_and_in_the_settings(
    desk: Desk,
    b64: B64,
    where: str,
    photo: str,
    identity: str,
    duplicate: str,
    code: int,
    bands: tuple[str | None, str | None] | None,
) -> None:
    modes = {"identity_check": identity, "duplicate_check": duplicate}
    if where == "settings":
        desk.settings = desk.settings.model_copy(update=modes)
    fields = modes if where == "request" else {}
    request = replacing(desk, b64(photo), fiqa_level="no", **fields)
    answer = perform(BY_FUNCTION["update_image"], request, Actor(), lambda: desk)
    row = desk.gallery.audit_rows(1)[0].entry
    assert row.outcome == code
    if code:
        assert answer["error"]["code"] == code
        assert answer["error"]["details"]["limit"] == desk.vision.engine.info.same_cosine
        return
    checks = answer["replacement"]["checks"]
    nearest = checks["duplicate"].get("nearest", {})
    assert (checks["same_person"].get("band"), nearest.get("band")) == bands
    assert (checks["same_person"]["mode"], checks["duplicate"]["mode"]) == (identity, duplicate)
    against = [name for name, bad in (("wrong_person", "different"), ("double_person", "same"))
               if bands[name == "double_person"] == bad]  # fmt: skip
    assert row.facts["overridden"] == against and len(checks["warnings"]) == len(against)


def with_limits(desk: Desk, same: float, different: float) -> Desk:
    settings = desk.settings.model_copy(update={"same_cosine": same, "different_cosine": different})
    engine = desk.vision.engine
    own = dataclasses.replace(engine, info=with_own_limits(engine.info, settings, {}))  # type: ignore[type-var]
    slot = EngineSlot(lambda: own)
    return Desk(settings, desk.gallery, Vision(settings, slot, desk.vision.policy))


@pytest.mark.parametrize(
    ("same", "different", "band", "code"),
    [
        (0.5, 0.4, "same", 0),
        (0.9999, 0.5, "uncertain", 40902),
        (1.0, 0.9999, "different", 40902),
    ],
)
def test_own_thresholds_decide_and_are_shown(
    desk: Desk, b64: B64, same: float, different: float, band: str, code: int
) -> None:
    own = with_limits(desk, same, different)
    # The person's other photo is this very file, and would be the same at any threshold.
    other = own.gallery.identity("001").photos[1]
    own.gallery.delete_photo("001", other.id, AuditEntry("delete_photo", actor=ACTOR))
    jing = replacing(own, b64("jing"), fiqa_level="no", dry_run=True)
    answer = perform(BY_FUNCTION["update_image"], jing, Actor(), lambda: own)
    checks = answer["replacement"]["checks"]
    assert checks["same_person"]["band"] == band
    assert checks["same_person"]["limit"] == checks["duplicate"]["limit"] == same
    strict = {**jing, "identity_check": "strict"}
    answer = perform(BY_FUNCTION["update_image"], strict, Actor(), lambda: own)
    assert answer.get("error", {"code": 0})["code"] == code
    compared = {"image_1": b64("jing"), "image_2": b64("ming")}
    assert perform(BY_FUNCTION["compare"], compared, Actor(), lambda: own)["limit"] == same


def test_a_refusal_at_the_desk_is_noted_once_with_its_scores(
    desk: Desk, looks: dict[str, Look]
) -> None:
    person = desk.gallery.identity("001")
    old, look = person.photos[0], looks["ming"]
    checks = desk.check(person, old, look.embedding, "strict", "warn")
    before = len(desk.gallery.audit_rows(100))
    with pytest.raises(NotSamePerson):
        desk.replace(person, old, Assessment(look, checks), "no", ACTOR, reason="because")
    (row, *rest) = desk.gallery.audit_rows(100)
    assert len(rest) == before
    entry = row.entry
    assert (entry.action, entry.outcome, entry.actor) == ("replace", 40902, ACTOR)
    assert (entry.identity_id, entry.old_photo_id, entry.new_photo_id) == ("001", old.id, "")
    assert (entry.level, entry.reason) == ("no", "because")
    facts = entry.facts
    assert facts["same_cosine"] < facts["same_limit"] == desk.vision.engine.info.same_cosine
    assert facts["nearest_identity"] == "002" and facts["nearest_cosine"] > 0.9
    assert facts["overridden"] == ["wrong_person", "double_person"]
    assert facts["status"] == "NOT_SAME_PERSON" and 0 <= facts["overall"] <= 100


REFUSED: list[tuple[str, dict[str, object], int]] = [
    ("update_image", {"register_image": "jing_blurred"}, 40006),
    ("update_image", {"register_image": "nobody"}, 40004),
    ("update_image", {"register_image": "!"}, 40003),
    ("update_image", {"identity_id": "999"}, 40401),
    ("update_image", {"register_image_id": "unknown"}, 40401),
    ("update_image", {"expected_version": 0}, 40901),
    ("update_image", {"permission_ids": ["x"]}, 40402),
    ("update_image", {"register_image": "ming", "identity_check": "strict"}, 40902),
    ("update_image", {"register_image": "ming", "identity_check": "off",
                      "duplicate_check": "strict"}, 40903),
    ("create_identity", {}, 40011),
    ("add_face", {"expected_version": 0}, 40901),
    ("delete_face", {"register_image_id": "unknown"}, 40401),
    ("update_identity", {"identity_id": "999", "identity_name": "x"}, 40401),
    ("create_permission", {"permission_name": "Gate A"}, 40091),
]  # fmt: skip


@pytest.mark.parametrize(("function", "fields", "code"), REFUSED)
def test_every_refusal_is_one_row_without_pixels(
    desk: Desk, ask: Ask, pictures: dict[str, bytes], function: str, fields: dict[str, Any],
    code: int,
) -> None:  # fmt: skip
    wanted = BY_FUNCTION[function].request.model_fields
    request = replacing(desk, "jing", fiqa_level="high", request_id="r-9", reason="why")
    request |= {"operator": "ann"} | fields
    request = {name: value for name, value in request.items() if name in wanted}
    name = request.get("register_image")
    if name in pictures:
        request["register_image"] = base64.b64encode(pictures[str(name)]).decode()
    before = len(desk.gallery.audit_rows(100))
    assert ask(function, request)["error"]["code"] == code
    row, *rest = desk.gallery.audit_rows(100)
    entry = row.entry
    assert len(rest) == before and entry.outcome == code
    assert entry.action == BY_FUNCTION[function].action
    assert entry.actor == Actor("ann", "function", "r-9")
    assert entry.identity_id == request.get("identity_id", "")
    assert entry.facts["status"] and entry.facts["message"]
    if code == 40006:
        assert "clarity" in entry.facts["failed_items"] and entry.facts["best_level"] == "no"
    assert_no_biometrics(desk)


def assert_no_biometrics(desk: Desk) -> None:
    """No row of the audit is large, holds a row of numbers, or a piece of a photo."""
    pieces = {
        base64.b64encode(desk.gallery.photo_jpeg(photo.id)).decode()[start : start + 24]
        for identity in ("001", "002")
        for photo in desk.gallery.identity(identity).photos
        for start in range(0, 4000, 400)
    }
    for row in desk.gallery.audit_rows(1000):
        text = json.dumps(dataclasses.asdict(row), default=str)
        assert len(text) < 3000
        assert not any(piece in text for piece in pieces)
        assert not any(_numbers(value) for value in row.entry.facts.values())


def _numbers(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(item, (int, float)) for item in value)


def test_what_is_done_holds_no_pixels_either(desk: Desk, ask: Ask, b64: B64) -> None:
    ask("update_image", replacing(desk, b64("jing")))
    ask("add_face", {"identity_id": "002", "register_image": b64("ming")})
    desk.undo("001", ACTOR)
    ask("delete_face", {"identity_id": "001", "register_image_id":
                        desk.gallery.identity("001").photos[0].id})  # fmt: skip
    assert [row.entry.action for row in desk.gallery.audit_rows(4)] == [
        "delete_photo", "restore", "add_photo", "replace"
    ]  # fmt: skip
    assert_no_biometrics(desk)


def test_an_unforeseen_fault_is_noted(
    desk: Desk, b64: B64, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(desk.vision, "look", fail)
    request = replacing(desk, b64("jing"))
    answer = perform(BY_FUNCTION["update_image"], request, ACTOR, lambda: desk)
    assert answer["error"]["code"] == 50072
    row = desk.gallery.audit_rows(1)[0].entry
    assert (row.outcome, row.identity_id, row.actor.operator) == (50072, "001", "ann")


def test_a_malformed_request_is_one_security_line(
    desk: Desk, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    before = len(desk.gallery.audit_rows(100))
    with caplog.at_level(logging.WARNING, "facedesk.security"):
        ask("update_image", {"identity_id": 1})
        ask("delete_face", [])
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2 and all("\n" not in line for line in lines)
    assert lines[0].startswith("malformed call=updateimage ") and "code=40091" in lines[0]
    assert len(desk.gallery.audit_rows(100)) == before


def test_a_refusal_that_cannot_be_noted_is_logged_and_still_said(
    desk: Desk, looks: dict[str, Look], caplog: pytest.LogCaptureFixture
) -> None:
    def full(_step: str) -> None:
        raise NoSpaceLeft

    person, look = desk.gallery.identity("001"), looks["ming"]
    assessment = Assessment(look, desk.check(person, None, look.embedding, "strict"))
    desk.gallery.seam = full
    with pytest.raises(NotSamePerson):
        desk.add(person, assessment, "no", ACTOR)
    assert "refusal not audited action=add_photo code=40902 request=r-7" in caplog.text
