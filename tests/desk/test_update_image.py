"""The main call: what it answers, and that a failure changes nothing."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from core.desk import Desk
from core.gallery.records import Actor
from core.settings import Settings
from tests.desk.conftest import ROOTS, Ask, Snapshot

B64 = Callable[[str], str]


def photo_ids(desk: Desk, identity_id: str = "001") -> list[str]:
    return [photo.id for photo in desk.gallery.identity(identity_id).photos]


def face_ids(desk: Desk, identity_id: str = "001") -> list[str]:
    return [photo.face_id for photo in desk.gallery.identity(identity_id).photos]


def test_a_good_photo_takes_the_old_ones_place(desk: Desk, ask: Ask, b64: B64) -> None:
    before, second = photo_ids(desk)
    answer = ask(
        "update_image",
        identity_id="001",
        register_image=b64("jing"),
        register_image_id=before,
        fiqa_level="high",
    )
    assert set(answer) == {"identity", "replacement"}
    identity, replacement = answer["identity"], answer["replacement"]
    assert identity["reg_pic_ids"][1] == second and before not in identity["reg_pic_ids"]
    assert identity["reg_pic_ids"] == photo_ids(desk) and identity["face_ids"] == face_ids(desk)
    assert identity["image_id"] == identity["reg_pic_ids"][0]
    assert uuid.UUID(identity["image_id"]).version == 4
    assert identity["identity_name"] == identity["identity_info"]["name"] == "小明"
    assert identity["identity_info"]["type"] == 1 and identity["user_type"] == "employee"
    assert identity["ext_info"] == {"dept": "lab"} and len(identity["permission_ids"]) == 1
    assert replacement["replaced"]["register_image_id"] == before
    assert replacement["current"]["register_image_id"] == identity["image_id"]
    assert replacement["fiqa"]["passed"] and replacement["dry_run"] is False
    assert replacement["checks"]["same_person"]["band"] == "same"
    assert replacement["checks"]["duplicate"]["nearest"]["identity_id"] == "002"
    assert [face["taken"] for face in replacement["faces"]] == [True]
    assert {"decode", "detect", "fiqa", "embed", "check", "commit"} <= set(
        replacement["timings_ms"]
    )
    row = desk.gallery.audit_rows(1)[0]
    assert row.id == replacement["audit_id"] and row.entry.new_photo_id == identity["image_id"]
    found = desk.matrix.nearest(desk.gallery.embedding(identity["image_id"])[0], 1)
    assert found[0].identity_id == "001" and found[0].cosine > 0.999
    json.dumps(answer, allow_nan=False)
    assert "vector" not in json.dumps(answer)


@pytest.mark.parametrize(
    ("fields", "code", "status", "says"),
    [
        ({"identity_id": None}, 40091, "PARAM_ERROR", "identity_id"),
        ({"identity_id": ""}, 40091, "PARAM_ERROR", "identity_id"),
        ({"identity_id": 1}, 40091, "PARAM_ERROR", "string"),
        ({"identity_id": "999"}, 40401, "ID_NOT_FOUND", ""),
        ({"identity_id": "' OR 1=1 --"}, 40401, "ID_NOT_FOUND", ""),
        ({"register_image": None}, 40091, "PARAM_ERROR", "register_image_path"),
        ({"register_image": ""}, 40091, "PARAM_ERROR", "register_image"),
        ({"register_image": "!!!"}, 40003, "IMAGE_ERROR", "base64"),
        ({"register_image": "aGVsbG8gd29ybGQ="}, 40003, "IMAGE_ERROR", "JPEG"),
        ({"register_image": "http://127.0.0.1/x.jpg"}, 40003, "IMAGE_ERROR", ""),
        ({"register_image": "nobody"}, 40004, "NO_FACE", "face"),
        ({"register_image": "jing_blurred"}, 40006, "LOW_QUALITY_ERROR", "clarity"),
        ({"register_image_id": None}, 40091, "PARAM_ERROR", "face_id"),
        ({"register_image_id": "unknown"}, 40401, "ID_NOT_FOUND", ""),
        ({"register_image_id": "other's"}, 40401, "ID_NOT_FOUND", ""),
        ({"register_image_id": None, "face_id": "unknown"}, 40401, "ID_NOT_FOUND", ""),
        ({"register_image_id": None, "face_id": "other's"}, 40401, "ID_NOT_FOUND", ""),
        ({"register_image_id": None, "register_image_index": 2}, 40091, "PARAM_ERROR", "index"),
        ({"fiqa_level": "best"}, 40091, "PARAM_ERROR", "high"),
        ({"dry_run": "false"}, 40091, "PARAM_ERROR", "true or false"),
        ({"face_index": 1}, 40091, "PARAM_ERROR", "face_index"),
        ({"threshold": 0}, 40091, "PARAM_ERROR", "threshold"),
        ({"permission_ids": ["nope"]}, 40402, "PERMISSION_ID_NOT_FOUND", ""),
        ({"expected_version": 0}, 40901, "VERSION_CONFLICT", ""),
        ({"register_image": "ming", "identity_check": "strict"}, 40902, "NOT_SAME_PERSON", "cos"),
        (
            {"register_image": "ming", "identity_check": "off", "duplicate_check": "strict"},
            40903,
            "DUPLICATE_PERSON",
            "",
        ),
        ({"register_image": None, "register_image_path": "/etc/passwd"}, 40003, "IMAGE_ERROR", ""),
        ({"register_image": None, "register_image_path": "../x.jpg"}, 40003, "IMAGE_ERROR", ""),
    ],
)
def test_a_failure_says_why_and_changes_nothing(
    desk: Desk,
    ask: Ask,
    b64: B64,
    pictures: dict[str, bytes],
    snapshot: Callable[[], Snapshot],
    fields: dict[str, object],
    code: int,
    status: str,
    says: str,
) -> None:
    other = desk.gallery.identity("002").photos[0]
    theirs = {"register_image_id": other.id, "face_id": other.face_id}
    request: dict[str, object] = {
        "identity_id": "001",
        "register_image": "jing",
        "register_image_id": photo_ids(desk)[0],
        "fiqa_level": "normal",
        **fields,
    }
    for name, theirs_id in theirs.items():
        if request.get(name) == "other's":
            request[name] = theirs_id
    if request["register_image"] in pictures:
        request["register_image"] = b64(str(request["register_image"]))
    before = snapshot()
    answer = ask("update_image", request)
    assert set(answer) == {"error"}
    error = answer["error"]
    assert (error["code"], error["status"]) == (code, status)
    assert says in error["message"]
    text = json.dumps(answer, allow_nan=False)
    for leak in ("Traceback", "sqlite", "SELECT", "/etc", "core/", other.id, "cv2"):
        assert leak not in text or leak == request.get("register_image_id")
    assert snapshot() == before


@pytest.mark.parametrize("request_", [None, [], "x", 5, {}])
def test_what_is_not_an_object(ask: Ask, request_: object) -> None:
    code = 40002 if request_ == {} else 40000
    assert ask("update_image", request_)["error"]["code"] == code


@pytest.mark.parametrize(
    ("level", "accepted"), [("no", True), ("low", False), ("normal", False), ("high", False)]
)
def test_a_blurred_face_at_each_level(
    desk: Desk, ask: Ask, b64: B64, level: str, accepted: bool
) -> None:
    old = photo_ids(desk)[0]
    answer = ask(
        "update_image",
        identity_id="001",
        register_image=b64("jing_blurred"),
        register_image_id=old,
        fiqa_level=level,
    )
    assert ("identity" in answer) == accepted
    if not accepted:
        assert "clarity" in answer["error"]["details"]["failed_items"]
        assert answer["error"]["details"]["fiqa"]["level"] == level
        row = desk.gallery.audit_rows(1)[0]
        assert (row.entry.outcome, row.entry.identity_id) == (40006, "001")


def test_of_several_faces_the_largest_is_taken(desk: Desk, ask: Ask, b64: B64) -> None:
    old = photo_ids(desk, "002")[0]
    request = {
        "identity_id": "002",
        "register_image": b64("group"),
        "register_image_id": old,
        "fiqa_level": "no",
        "dry_run": True,
    }
    answer = ask("update_image", request)["replacement"]
    faces = answer["faces"]
    areas = [(f["bbox"][2] - f["bbox"][0]) * (f["bbox"][3] - f["bbox"][1]) for f in faces]
    assert len(faces) == 6 and areas == sorted(areas, reverse=True) and faces[0]["taken"]
    assert any("largest" in note for note in answer["notes"])
    chosen = ask("update_image", {**request, "face_index": 5})["replacement"]
    assert [face["taken"] for face in chosen["faces"]].index(True) == 5


def test_both_ids_the_photo_wins(desk: Desk, ask: Ask, b64: B64) -> None:
    first, second = photo_ids(desk)
    answer = ask(
        "update_image",
        identity_id="001",
        register_image=b64("jing"),
        register_image_id=second,
        face_id=face_ids(desk)[0],
    )
    assert answer["replacement"]["replaced"]["register_image_id"] == second
    assert photo_ids(desk)[0] == first


def test_both_photos_the_base64_wins(desk: Desk, ask: Ask, b64: B64) -> None:
    answer = ask(
        "update_image",
        identity_id="001",
        register_image="data:image/jpeg;base64," + b64("jing"),
        register_image_path="/etc/passwd",
        face_id=face_ids(desk)[0],
    )
    assert any("register_image_path was ignored" in n for n in answer["replacement"]["notes"])


def test_a_photo_by_path(
    desk: Desk, ask: Ask, settings: Settings, pictures: dict[str, bytes]
) -> None:
    path = settings.data / ROOTS / "jing.jpg"
    path.write_bytes(pictures["jing"])
    answer = ask(
        "update_image",
        identity_id="001",
        register_image_path=str(path),
        register_image_id=photo_ids(desk)[0],
    )
    assert "identity" in answer


def test_a_replaced_photo_names_its_successor(desk: Desk, ask: Ask, b64: B64) -> None:
    old, old_face = photo_ids(desk)[0], face_ids(desk)[0]
    request = {"identity_id": "001", "register_image": b64("jing"), "register_image_id": old}
    new = ask("update_image", request)["identity"]["image_id"]
    for again in (request, {**request, "register_image_id": None, "face_id": old_face}):
        error = ask("update_image", again)["error"]
        assert error["code"] == 40401 and new in error["message"]


def test_the_data_changes_in_the_same_transaction(desk: Desk, ask: Ask, b64: B64) -> None:
    request = {
        "identity_id": "001",
        "register_image": b64("jing"),
        "register_image_id": photo_ids(desk)[0],
        "identity_name": "小明明",
        "user_type": 5,
        "permission_ids": [],
        "ext_info": {"dept": None, "floor": 3},
        "expected_version": desk.gallery.identity("001").version,
    }
    identity = ask("update_image", request)["identity"]
    assert identity["identity_name"] == "小明明" and identity["user_type"] == "vip"
    assert identity["permission_ids"] == [] and identity["ext_info"] == {"floor": 3}


def test_a_dry_run_answers_and_writes_nothing(
    desk: Desk, ask: Ask, b64: B64, snapshot: Callable[[], Snapshot]
) -> None:
    before, rows = snapshot(), len(desk.gallery.audit_rows(100))
    request = {
        "identity_id": "001",
        "register_image": b64("jing"),
        "register_image_id": photo_ids(desk)[0],
        "dry_run": True,
    }
    answer = ask("update_image", request)
    assert answer["replacement"]["dry_run"] and "audit_id" not in answer["replacement"]
    assert answer["identity"]["reg_pic_ids"] == photo_ids(desk)
    assert ask("update_image", {**request, "register_image": "!"})["error"]["code"] == 40003
    assert snapshot() == before and len(desk.gallery.audit_rows(100)) == rows


def test_a_repeated_request_is_answered_again_and_changes_nothing(
    desk: Desk, ask: Ask, b64: B64, snapshot: Callable[[], Snapshot]
) -> None:
    request = {
        "identity_id": "001",
        "register_image": b64("jing"),
        "register_image_id": photo_ids(desk)[0],
        "request_id": "r-1",
    }
    first = ask("update_image", request)
    after = snapshot()
    again = ask("update_image", request)
    assert again["identity"] == first["identity"]
    assert again["replacement"]["audit_id"] == first["replacement"]["audit_id"]
    reused = ask("update_image", {**request, "reason": "other"})
    assert reused["error"]["code"] == 40905
    assert snapshot() == after


@pytest.mark.parametrize("version", [None, 1])
def test_a_repeat_that_a_rival_overtakes_gets_the_rivals_answer(
    desk: Desk, ask: Ask, b64: B64, monkeypatch: pytest.MonkeyPatch, version: int | None
) -> None:
    """The rival's change is committed after this one looked for an answer, before it looks
    for the photo, which is superseded by then.
    """
    request = {
        "identity_id": "001",
        "register_image": b64("jing"),
        "register_image_id": photo_ids(desk)[0],
        "request_id": "r-1",
        **({"expected_version": desk.gallery.identity("001").version} if version else {}),
    }
    answered, rivals = desk.gallery.answered, []

    def overtaken(request_id: str, content_sha256: str) -> str | None:
        found = answered(request_id, content_sha256)
        if not rivals:
            rivals.append(None)
            rivals[0] = ask("update_image", request)
        return found

    monkeypatch.setattr(desk.gallery, "answered", overtaken)
    answer = ask("update_image", request)
    assert answer["identity"] == rivals[0]["identity"]
    assert answer["replacement"]["audit_id"] == rivals[0]["replacement"]["audit_id"]


class TestOldSpelling:
    def test_the_only_photo_need_not_be_named(self, desk: Desk, ask: Ask, b64: B64) -> None:
        old = photo_ids(desk, "002")[0]
        info = {"name": "明", "type": 2, "permission_ids": [], "floor": 4}
        answer = ask("update_image", info=info, identity_id="002", reg_photo=b64("ming"))
        identity = answer["identity"]
        assert answer["replacement"]["replaced"]["register_image_id"] == old
        assert (identity["identity_name"], identity["user_type"]) == ("明", "visitor")
        assert identity["ext_info"] == {"floor": 4}

    def test_of_several_photos_the_ids_are_listed(self, desk: Desk, ask: Ask, b64: B64) -> None:
        error = ask("update_image", info={}, identity_id="001", reg_photo=b64("jing"))["error"]
        assert error["code"] == 40091
        assert error["details"]["reg_pic_ids"] == photo_ids(desk)

    def test_an_empty_photo_is_named(self, ask: Ask) -> None:
        error = ask("update_image", info={}, identity_id="001", reg_photo="")["error"]
        assert error["code"] == 40091 and "reg_photo" in error["message"]


def test_the_later_name_counts_photos_from_zero(desk: Desk, ask: Ask, b64: B64) -> None:
    first, second = photo_ids(desk)
    answer = ask(
        "replace_face", identity_id="001", register_image=b64("jing"), register_image_index=1
    )
    assert answer["replacement"]["replaced"]["register_image_id"] == second
    assert answer["identity"]["register_image_ids"] == answer["identity"]["reg_pic_ids"]
    assert photo_ids(desk)[0] == first


def test_the_same_file_again_is_accepted_with_a_note(desk: Desk, ask: Ask, b64: B64) -> None:
    answer = ask(
        "update_image",
        identity_id="001",
        register_image=b64("jing"),
        register_image_id=photo_ids(desk)[1],
    )
    assert any("same file" in note for note in answer["replacement"]["notes"])


def test_undo_brings_the_earlier_photo_back(desk: Desk, ask: Ask, b64: B64) -> None:
    old = photo_ids(desk)[0]
    kept = desk.gallery.photo_jpeg(old)
    ask("update_image", identity_id="001", register_image=b64("jing"), register_image_id=old)
    receipt = desk.undo("001", Actor())
    assert receipt is not None and receipt.new is not None
    assert desk.gallery.photo_jpeg(photo_ids(desk)[0]) == kept
    assert receipt.new.id == photo_ids(desk)[0] != old


def test_broken_files_of_others(
    desk: Desk, ask: Ask, shared: Path, snapshot: Callable[[], Snapshot]
) -> None:
    import base64

    before = snapshot()
    for path in sorted((shared / "photos" / "broken").iterdir()):
        text = base64.b64encode(path.read_bytes()).decode()
        request = {
            "identity_id": "001",
            "register_image": text,
            "register_image_id": photo_ids(desk)[0],
        }
        assert ask("update_image", request)["error"]["code"] == 40003, path.name
    assert snapshot() == before


def test_following_drops_who_was_erased(desk: Desk) -> None:
    desk.follow()
    assert desk._matrix is None, "nothing is loaded for it"
    before = len(desk.matrix)
    desk.gallery.erase("002", Actor())
    desk.follow()
    assert len(desk._matrix._rows) == before - 1  # type: ignore[union-attr]
