"""The calls beside the main one."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

import core
from core.calls.table import BY_FUNCTION, CALLS
from core.desk import Desk
from tests.desk.conftest import Ask, Snapshot

B64 = Callable[[str], str]


def test_core_offers_every_call_and_nothing_else() -> None:
    assert set(core.__all__) == set(BY_FUNCTION)
    assert all(getattr(core, name).__doc__ for name in core.__all__)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.function)
def test_every_call_answers_nonsense_with_the_one_error_shape(ask: Ask, call: object) -> None:
    for nonsense in (None, [], {}, {"nonsense": 1}, {1: 2}, "x"):
        answer = ask(call.function, nonsense)  # type: ignore[attr-defined]
        assert set(answer) in ({"error"}, {"permissions"}, {"identities", "pagination"})
        if "error" in answer:
            assert answer["error"]["code"] in (40000, 40002, 40091)


def test_create_identity(desk: Desk, ask: Ask, b64: B64) -> None:
    answer = ask("create_identity", register_image=b64("fang"), fiqa_level="normal")
    identity = answer["identity"]
    assert identity["identity_name"] == "佚名" and identity["user_type"] == "employee"
    assert identity["permission_ids"] == [] and identity["ext_info"] == {}
    assert identity["image_id"] == identity["reg_pic_ids"][0]
    again = {"identity_id": identity["identity_id"], "register_image": b64("fang")}
    error = ask("create_identity", again)["error"]
    assert (error["code"], error["status"]) == (40011, "IDENTITY_EXSIT_ERROR")
    groups = {"identity_id": "x", "register_image": b64("fang"), "permission_ids": ["nope"]}
    assert ask("create_identity", {**groups, "fiqa_level": "no"})["error"]["code"] == 40402
    dry = ask("create_identity", identity_id="y", register_image=b64("fang"), dry_run=True)
    assert dry["replacement"]["dry_run"] and not desk.gallery.has_identity("y")


def test_a_repeated_creation_makes_one_identity(desk: Desk, ask: Ask, b64: B64) -> None:
    request = {"register_image": b64("fang"), "fiqa_level": "no", "request_id": "c-1"}
    first, second = ask("create_identity", request), ask("create_identity", request)
    assert first["identity"]["identity_id"] == second["identity"]["identity_id"]
    assert desk.gallery.count() == 3


def test_the_gallery_has_a_capacity(ask: Ask, b64: B64) -> None:
    codes = [
        ask("create_identity", register_image=b64("fang"), fiqa_level="no")
        .get("error", {"code": 0})
        .get("code")
        for _ in range(4)
    ]
    assert codes == [0, 0, 0, 40015]


def test_get_and_list(ask: Ask) -> None:
    assert ask("get_identity", identity_id="001")["identity"]["identity_name"] == "小明"
    assert ask("get_identity", identity_id="999")["error"]["code"] == 40401
    everybody = ask("list_identities", {"page_limit": 1})
    assert everybody["pagination"] == {"page_index": 0, "page_limit": 1, "total": 2}
    assert [i["identity_id"] for i in everybody["identities"]] == ["001"]
    assert ask("list_permissions", {"page": 1})["error"]["code"] == 40091
    found = ask("list_identities", filters={"identity_name": "明"})["identities"]
    assert [i["identity_id"] for i in found] == ["001"]
    assert ask("list_identities", page_limit=201)["error"]["code"] == 40091


def test_an_empty_request_lists_everything(ask: Ask) -> None:
    assert len(ask("list_identities", {})["identities"]) == 2
    assert [p["permission_name"] for p in ask("list_permissions", {})["permissions"]] == ["Gate A"]


def test_update_identity_leaves_the_rest_alone(ask: Ask) -> None:
    before = ask("get_identity", identity_id="001")["identity"]
    after = ask("update_identity", identity_id="001", user_type="vip")["identity"]
    assert after["user_type"] == "vip" and after["identity_info"]["type"] == 5
    same = ("identity_name", "permission_ids", "ext_info", "reg_pic_ids", "face_ids")
    assert all(before[name] == after[name] for name in same)
    stale = ask("update_identity", identity_id="001", expected_version=0)
    assert stale["error"]["code"] == 40901


def test_delete_identities(desk: Desk, ask: Ask) -> None:
    answer = ask("delete_identities", identity_ids=["002", "999"])
    assert answer == {"success_identity_ids": ["002"], "failed_identity_ids": ["999"]}
    assert not desk.gallery.has_identity("002")


def test_add_and_delete_face(ask: Ask, b64: B64, snapshot: Callable[[], Snapshot]) -> None:
    first = ask("get_identity", identity_id="002")["identity"]["reg_pic_ids"][0]
    last = ask("delete_face", identity_id="002", register_image_id=first)
    assert last["error"]["code"] == 40091
    answer = ask("add_face", identity_id="002", register_image=b64("ming"), fiqa_level="no")
    ids = answer["identity"]["reg_pic_ids"]
    assert ids[0] == first and answer["identity"]["image_id"] == ids[1]
    left = ask("delete_face", identity_id="002", face_id=answer["identity"]["face_ids"][0])
    assert left["identity"]["reg_pic_ids"] == ids[1:]
    before = snapshot()
    assert ask("delete_face", identity_id="002")["error"]["code"] == 40091
    assert ask("delete_face", identity_id="002", register_image_id=first)["error"]["code"] == 40401
    assert snapshot() == before


def test_an_identity_holds_a_limited_number_of_photos(ask: Ask, b64: B64) -> None:
    request = {"identity_id": "001", "register_image": b64("jing"), "fiqa_level": "no"}
    codes = [ask("add_face", request).get("error", {}).get("code") for _ in range(3)]
    assert codes == [None, None, 40015]


def test_get_register_image(desk: Desk, ask: Ask) -> None:
    photo = desk.gallery.identity("001").photos[0]
    answer = ask("get_register_image", register_image_id=photo.id)
    assert base64.b64decode(answer["register_image"]) == desk.gallery.photo_jpeg(photo.id)
    assert answer["content_type"] == "image/jpeg" and answer["identity_id"] == "001"


def test_fiqa_in_the_familys_form(ask: Ask, b64: B64) -> None:
    for field in ("image", "image_base64_str", "register_image"):
        answer = ask("fiqa", {field: b64("jing")})
        assert answer["fiqa_result"] is True
    bad = ask("fiqa", image=b64("jing_blurred"), fiqa_level="low")
    detailed = bad["detailed_result"]
    assert bad["fiqa_result"] is False and "clarity" in detailed["failed_items"]
    assert set(detailed["passed_items"]).isdisjoint(detailed["failed_items"])
    assert len(detailed["bbox"]) == 4 and detailed["detailed_scores"]["occlusion"] is None
    item = next(i for i in bad["fiqa"]["items"] if i["item"] == "clarity")
    assert item["verdict"] == "fail" and item["message"] and item["message_zh"]


def test_detect(ask: Ask, b64: B64) -> None:
    answer = ask("detect", image=b64("group"))
    width, height = answer["image_size"]
    assert len(answer["faces"]) == 6 and (width, height) == (1280, 886)
    for face in answer["faces"]:
        assert 0 <= face["bbox"][0] < face["bbox"][2] <= width and len(face["points"]) == 5
    assert ask("detect", image=b64("nobody"))["faces"] == []


def test_compare(ask: Ask, b64: B64) -> None:
    same = ask("compare", image_1=b64("jing"), image_2_base64_str=b64("jing_again"))
    assert same["band"] == "same" and same["score"] > 60 and same["cosine"] > same["limit"]
    other = ask("compare", image_1=b64("jing"), image_2=b64("ming"))
    assert other["band"] == "different" and other["score"] < 40
    assert ask("compare", image_1=b64("jing"))["error"]["code"] == 40091


def test_search(ask: Ask, b64: B64) -> None:
    answer = ask("search", image=b64("ming"), top=5)
    assert [m["identity_id"] for m in answer["matches"]] == ["002", "001"]
    assert answer["matches"][0]["band"] == "same" and answer["stale_photos"] == 0


def test_permissions(ask: Ask) -> None:
    made = ask("create_permission", permission_name="Lab")["permission"]
    assert ask("create_permission", permission_name="Lab")["error"]["code"] == 40091
    changed = ask("update_identity", identity_id="002", permission_ids=[made["permission_id"]])
    assert changed["identity"]["permission_ids"] == [made["permission_id"]]


def test_answers_are_json(ask: Ask) -> None:
    json.dumps(ask("list_identities", {"page_index": 0}), allow_nan=False)
