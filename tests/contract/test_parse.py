"""The contract's field tables (sections 1 and 2): what is taken, and what is refused how."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from core.contract import requests as r
from core.contract.parse import MAX_FIELDS, MAX_PROBLEMS, modern_spelling, parse
from core.errors import BadRequest, EmptyRequest, FaceDeskError, ParameterError

MODELS = [
    model
    for model in vars(r).values()
    if isinstance(model, type) and issubclass(model, r.Request) and model is not r.Request
]
NEEDED = {"identity_id": "001", "register_image": "QUJD", "register_image_id": "p1"}


def update(**fields: Any) -> r.UpdateImageRequest:
    return parse(r.UpdateImageRequest, NEEDED | fields)


def refusal(data: object, model: type[r.Request] = r.UpdateImageRequest) -> ParameterError:
    with pytest.raises(ParameterError) as caught:
        parse(model, data)
    assert caught.value.code == 40091
    return caught.value


ACCEPTED = [
    ("identity_id", "001", "001"),
    ("identity_id", " 001 ", "001"),
    ("identity_id", "' OR 1=1 --", "' OR 1=1 --"),
    ("identity_id", "x" * 128, "x" * 128),
    ("identity_id", "e\u0301", "\u00e9"),  # NFC
    ("identity_id", "\u00e9", "\u00e9"),
    ("register_image", "data:image/png;base64,QUJD", "data:image/png;base64,QUJD"),
    ("register_image_path", "/photos/1.jpg", "/photos/1.jpg"),
    ("fiqa_level", "no", "no"),
    ("fiqa_level", "low", "low"),
    ("fiqa_level", "normal", "normal"),
    ("fiqa_level", "middle", "normal"),
    ("fiqa_level", "high", "high"),
    ("face_id", "f1", "f1"),
    ("identity_name", "小明", "小明"),
    ("identity_name", "A\u030angstro\u0308m", "Ångström"),
    ("user_type", "employee", "employee"),
    ("user_type", "visitor", "visitor"),
    ("user_type", "blacklist", "blacklist"),
    ("user_type", "stranger", "stranger"),
    ("user_type", "vip", "vip"),
    ("user_type", 1, "employee"),
    ("user_type", 2, "visitor"),
    ("user_type", 3, "blacklist"),
    ("user_type", 4, "stranger"),
    ("user_type", 5, "vip"),
    ("permission_ids", [], []),
    ("permission_ids", ["a", "b"], ["a", "b"]),
    ("ext_info", {}, {}),
    ("ext_info", {"a": None, "b": {"c": None, "d": [1, 2.5, "x", True]}},
     {"a": None, "b": {"c": None, "d": [1, 2.5, "x", True]}}),
    ("ext_info", {"": ""}, {"": ""}),
    ("dry_run", True, True),
    ("dry_run", False, False),
    ("expected_version", 0, 0),
    ("expected_version", 7, 7),
    ("request_id", "r-1", "r-1"),
    ("identity_check", "off", "off"),
    ("identity_check", "strict", "strict"),
    ("duplicate_check", "warn", "warn"),
    ("reason", "new photo", "new photo"),
    ("face_index", 0, 0),
    ("operator", "Ann", "Ann"),
    ("register_image_index", 0, 0),
]  # fmt: skip


@pytest.mark.parametrize(("field", "sent", "taken"), ACCEPTED)
def test_accepted(field: str, sent: object, taken: object) -> None:
    assert getattr(update(**{field: sent}), field) == taken


WORDS = {
    "string": "must be a string",
    "number": "must be a whole number",
    "bool": "must be true or false",
    "level": "must be one of 'no', 'low', 'normal' or 'high'",
    "type": "must be one of 'employee', 'visitor', 'blacklist', 'stranger' or 'vip'",
    "mode": "must be one of 'off', 'warn' or 'strict'",
    "control": "is not accepted: control characters are not allowed",
    "not json": "is not accepted: it holds something that JSON cannot",
    "128": "may have at most 128 characters",
    "200": "may have at most 200 characters",
    "4096": "may have at most 4096 characters",
    "empty": "must not be empty",
    "required": "is required",
    "object": "must be an object",
    "list": "must be a list",
}
CONTROLS = ["a\0b", "a\nb", "a\n", "\ta", "a\x7f", "a\u202eb", "a\u200bb", "a\u2028b", "a\ufeff"]
HUGE = 10**30
NOT_TEXT: list[object] = [1, 1.5, True, False, [], ["a"], {"a": 1}, b"a", np.array([1, 2])]
TEXTS = ["identity_id", "register_image", "register_image_path", "register_image_id", "face_id",
         "identity_name", "request_id", "reason", "operator"]  # fmt: skip
IDS = ["identity_id", "register_image_id", "face_id", "request_id"]
REFUSED: list[tuple[str, object, str]] = [
    *[(field, value, "string") for field in TEXTS for value in NOT_TEXT],
    *[("identity_id", value, "control") for value in CONTROLS],
    *[("identity_name", value, "control") for value in CONTROLS],
    *[("reason", value, "control") for value in CONTROLS],
    *[(field, "x" * size, "128") for field in IDS for size in (129, 10_000, 3_000_000)],
    *[(field, "x" * 201, "200") for field in ("identity_name", "reason", "operator")],
    ("register_image_path", "/" * 5000, "4096"),
    *[(field, "   ", "empty") for field in IDS],
    *[("fiqa_level", value, "level") for value in ("HIGH", "best", "mid", 1, True, ["high"], {})],
    *[("user_type", value, "type") for value in (0, 6, -1, True, False, 1.0, "1", "VIP", HUGE)],
    *[("dry_run", value, "bool") for value in ("true", "false", 1, 0, 1.0, [], "yes")],
    *[(f, v, "number") for f in ("expected_version", "face_index", "register_image_index")
      for v in ("1", 1.0, 1.5, True, [1], math.nan)],
    *[(f, "STRICT", "mode") for f in ("identity_check", "duplicate_check")],
    *[(f, v, "mode") for f in ("identity_check", "duplicate_check") for v in (True, 1, "on")],
    *[("permission_ids", value, "list") for value in ("a", {"a": 1}, 1, True)],
    *[("ext_info", value, "object") for value in ("a", [], 1, True, [["a", 1]])],
    *[("ext_info", {"a": value}, "not json")
      for value in (math.nan, math.inf, -math.inf, object(), b"x", {1, 2}, 1j, "\ud800")],
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "words"), REFUSED)
def test_refused_and_named(field: str, value: object, words: str) -> None:
    error = refusal(NEEDED | {field: value})
    assert error.details == {"fields": {field: WORDS[words]}}
    assert error.message == f"{field} {WORDS[words]}."


MORE_REFUSED = [
    ({"permission_ids": [1]}, "permission_ids.0", "must be a string"),
    ({"permission_ids": ["a", ""]}, "permission_ids.1", "must not be empty"),
    ({"permission_ids": ["a", None]}, "permission_ids.1", "must be a string"),
    ({"permission_ids": ["a"] * 1001}, "permission_ids", "may have at most 1000 entries"),
    ({"ext_info": {"a": "x" * 16_384}}, "ext_info", "it has 16393 bytes, the limit is 16384"),
    ({"ext_info": {str(i): 1 for i in range(1001)}}, "ext_info", "at most 1000 entries"),
    ({"ext_info": {1: 2}}, "ext_info.1.[key]", "must be a string"),
    ({"expected_version": -1}, "expected_version", "must be at least 0"),
    ({"expected_version": HUGE}, "expected_version", "must be at most 9007199254740991"),
    ({"face_index": -1}, "face_index", "must be at least 0"),
    ({"face_index": HUGE}, "face_index", "must be at most"),
    ({"is_admin": True}, "is_admin", "is not a known field"),
    ({"threshold": 0}, "threshold", "is not a known field"),
    ({"Identity_id": "1"}, "Identity_id", "is not a known field"),
    ({"a\nb\u202e": 1}, "a\\u000ab\\u202e", "is not a known field"),
    ({"\ud800": 1}, "request", "has the wrong form"),
]


@pytest.mark.parametrize(("fields", "name", "words"), MORE_REFUSED)
def test_refused_inside_or_by_name(fields: dict[str, Any], name: str, words: str) -> None:
    error = refusal(NEEDED | fields)
    assert words in error.details["fields"][name]
    assert error.message.startswith(f"{name} ")


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize(
    "field", [f for f in r.UpdateImageRequest.model_fields if f != "identity_id"]
)
def test_null_and_empty_are_not_sent(field: str, nothing: object) -> None:
    without = {key: value for key, value in NEEDED.items() if key != field}
    assert parse(r.UpdateImageRequest, without | {field: nothing}) == parse(
        r.UpdateImageRequest, without
    )


@pytest.mark.parametrize("fields", [{"identity_id": None}, {"identity_id": ""}, {}])
def test_identity_is_required(fields: dict[str, Any]) -> None:
    data = {key: value for key, value in NEEDED.items() if key != "identity_id"} | fields
    assert refusal(data).details == {"fields": {"identity_id": "is required"}}


def test_defaults_of_an_update_leave_the_stored_values_alone() -> None:
    request = update()
    assert request.fiqa_level == "high"
    assert request.dry_run is False
    assert request.has_photo
    for field in ("identity_name", "user_type", "permission_ids", "ext_info", "expected_version",
                  "identity_check", "duplicate_check", "face_index"):  # fmt: skip
        assert getattr(request, field) is None
    assert not request.sole_photo_suffices


def test_every_wrong_field_is_named_at_once() -> None:
    error = refusal({"identity_id": 1, "dry_run": "false", "nonsense": 1, "user_type": 6})
    assert set(error.details["fields"]) == {"identity_id", "dry_run", "nonsense", "user_type"}
    assert error.message.count(";") == 3


@pytest.mark.parametrize("data", [None, [], [{}], "text", b"{}", 1, 1.5, True, set(), object()])
@pytest.mark.parametrize("model", [r.UpdateImageRequest, r.ListPermissionsRequest])
def test_not_an_object(data: object, model: type[r.Request]) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(model, data)
    assert caught.value.code == 40000


@pytest.mark.parametrize("model", MODELS)
def test_empty_object(model: type[r.Request]) -> None:
    if model.may_be_empty:
        assert parse(model, {}) == model()
        return
    with pytest.raises(EmptyRequest) as caught:
        parse(model, {})
    assert caught.value.code == 40002


@pytest.mark.parametrize("key", [1, None, True, b"identity_id", ("a",), 1.5])
def test_names_are_strings(key: object) -> None:
    assert "name must be a string" in refusal(NEEDED | {key: 1}).message


def test_very_many_fields_or_faults_give_a_short_answer() -> None:
    many = {f"k{i}": 1 for i in range(MAX_FIELDS)}
    assert len(refusal({"identity_id": "1"} | many).message) < 100
    faults = refusal(NEEDED | {"permission_ids": list(range(1000))})
    assert len(faults.details["fields"]) == MAX_PROBLEMS
    assert len(refusal(NEEDED | {"k" * 1_000_000: 1}).message) < 200


def test_ext_info_at_the_limit() -> None:
    exact = {"a": "x" * (r.MAX_EXT_INFO - len('{"a": ""}'))}
    assert update(ext_info=exact).ext_info == exact
    assert update(ext_info={"a": "照" * 5000}).ext_info == {"a": "照" * 5000}
    assert "it has 18009 bytes" in refusal(NEEDED | {"ext_info": {"a": "照" * 6000}}).message


def nested(levels: int) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for _ in range(levels - 1):
        data = {"a": data}
    return data


def test_ext_info_depth() -> None:
    assert update(ext_info=nested(r.MAX_EXT_DEPTH)).ext_info == nested(r.MAX_EXT_DEPTH)
    for levels in (r.MAX_EXT_DEPTH + 1, 300, 2000, 100_000):
        assert "ext_info" in refusal(NEEDED | {"ext_info": nested(levels)}).details["fields"]


def test_ext_info_that_holds_itself() -> None:
    loop: dict[str, Any] = {}
    loop["me"] = loop
    assert "JSON cannot" in refusal(NEEDED | {"ext_info": loop}).message


def test_ext_info_is_a_copy_in_plain_types() -> None:
    sent = {"a": {1: (2, np.float64(3.5))}}
    assert update(ext_info=sent).ext_info == {"a": {"1": [2, 3.5]}}
    inner = {"b": 1}
    request = update(ext_info={"a": inner})
    inner["b"] = 2
    assert request.ext_info == {"a": {"b": 1}}


OLD = {
    "info": {"name": "小明", "type": 1, "permission_ids": ["g1"], "description": "x", "dept": None},
    "identity_id": "001",
    "reg_photo": "QUJD",
}


def test_old_spelling() -> None:
    request = parse(r.UpdateImageRequest, OLD)
    assert isinstance(request, r.OldUpdateImageRequest)
    assert request.sole_photo_suffices
    assert request.identity_name == "小明"
    assert request.user_type == "employee"
    assert request.permission_ids == ["g1"]
    assert request.register_image == "QUJD"
    assert request.ext_info == {"description": "x", "dept": None}
    assert request.register_image_id is request.face_id is None


NEW_WINS = [
    ({"identity_name": "new"}, "identity_name", "new"),
    ({"identity_name": ""}, "identity_name", "小明"),
    ({"identity_name": None}, "identity_name", "小明"),
    ({"user_type": "vip"}, "user_type", "vip"),
    ({"permission_ids": []}, "permission_ids", []),
    ({"permission_ids": None}, "permission_ids", ["g1"]),
    ({"register_image": "TkVX"}, "register_image", "TkVX"),
    ({"register_image": ""}, "register_image", "QUJD"),
    ({"register_image": None}, "register_image", "QUJD"),
    ({"ext_info": {"dept": "R"}}, "ext_info", {"description": "x", "dept": "R"}),
    ({"ext_info": {"new": 1}}, "ext_info", {"description": "x", "dept": None, "new": 1}),
    ({"ext_info": None}, "ext_info", {"description": "x", "dept": None}),
    ({"info": {}}, "identity_name", None),
    ({"info": None}, "identity_name", None),
    ({"info": ""}, "ext_info", None),
    ({"info": {"name": None, "type": "", "permission_ids": None}}, "user_type", None),
]


@pytest.mark.parametrize(("fields", "name", "taken"), NEW_WINS)
def test_new_spelling_wins_over_the_old(fields: dict[str, Any], name: str, taken: object) -> None:
    request = parse(r.UpdateImageRequest, OLD | fields)
    assert getattr(request, name) == taken
    assert isinstance(request, r.OldUpdateImageRequest)


OLD_REFUSED = [
    ({"reg_photo": ""}, "reg_photo", "must not be empty"),
    ({"reg_photo": None}, "reg_photo", "must not be empty"),
    ({"reg_photo": 5}, "register_image", "must be a string"),
    ({"reg_photo": np.array([1, 2])}, "register_image", "must be a string"),
    ({"info": "x"}, "info", "must be an object"),
    ({"info": []}, "info", "must be an object"),
    ({"info": 1}, "info", "must be an object"),
    ({"info": True}, "info", "must be an object"),
    ({"info": {"name": 5}}, "identity_name", "must be a string"),
    ({"info": {"type": 6}}, "user_type", WORDS["type"]),
    ({"info": {"type": True}}, "user_type", WORDS["type"]),
    ({"info": {"permission_ids": "g"}}, "permission_ids", "must be a list"),
    ({"info": {"a": math.nan}}, "ext_info", WORDS["not json"]),
    ({"ext_info": "x"}, "ext_info", "must be an object"),
    ({"name": "x"}, "name", "is not a known field"),
    ({"identity_id": ""}, "identity_id", "is required"),
]


@pytest.mark.parametrize(("fields", "name", "words"), OLD_REFUSED)
def test_old_spelling_refused(fields: dict[str, Any], name: str, words: str) -> None:
    assert refusal(OLD | fields).details["fields"] == {name: words}


def test_a_caller_s_dict_is_left_as_it_was() -> None:
    data = json.loads(json.dumps(OLD))
    modern_spelling(data)
    parse(r.UpdateImageRequest, data)
    assert data == OLD


@pytest.mark.parametrize("model", [m for m in MODELS if not issubclass(m, r.UpdateImageRequest)])
def test_old_spelling_is_update_image_s_alone(model: type[r.Request]) -> None:
    assert refusal(OLD, model).details["fields"]["info"] == "is not a known field"


@pytest.mark.parametrize("alias", ["image", "image_base64_str", "register_image"])
@pytest.mark.parametrize("model", [r.FiqaRequest, r.DetectRequest, r.SearchRequest])
def test_photo_aliases(model: type[r.ImageRequest], alias: str) -> None:
    assert parse(model, {alias: "QUJD"}).image == "QUJD"
    assert parse(model, {alias: "QUJD", "image_path": None}).image == "QUJD"
    for path in ("image_path", "register_image_path"):
        assert parse(model, {path: "/p"}).image_path == "/p"


def test_one_photo_under_two_names_is_refused() -> None:
    error = refusal({"image": "QQ==", "register_image": "Qg=="}, r.DetectRequest)
    assert list(error.details["fields"]) == ["register_image"]
    assert parse(r.DetectRequest, {"image": "", "register_image": "Qg=="}).image == "Qg=="


@pytest.mark.parametrize("tail", ["", "_base64", "_base64_str"])
def test_compare_aliases(tail: str) -> None:
    request = parse(r.CompareRequest, {f"image_1{tail}": "QQ==", f"image_2{tail}": "Qg=="})
    assert (request.image_1, request.image_2) == ("QQ==", "Qg==")


PAGES = [
    ({"page_limit": 200}, None),
    ({"page_limit": 201}, "page_limit"),
    ({"page_limit": 0}, "page_limit"),
    ({"page_index": -1}, "page_index"),
    ({"page_index": HUGE}, "page_index"),
    ({"filters": {"user_type": 5, "permission_id_list": ["a"], "identity_name": "x"}}, None),
    ({"filters": {"user_type": 6}}, "filters.user_type"),
    ({"filters": {"nonsense": 6}}, "filters.nonsense"),
    ({"filters": []}, "filters"),
    ({"filters": {"identity_name": ""}}, None),
]


@pytest.mark.parametrize(("data", "wrong"), PAGES)
def test_lists(data: dict[str, Any], wrong: str | None) -> None:
    if wrong is None:
        parse(r.ListIdentitiesRequest, data)
    else:
        assert list(refusal(data, r.ListIdentitiesRequest).details["fields"]) == [wrong]


NAMES = sorted({name for model in MODELS for name in model.model_fields} | {"info", "reg_photo"})
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8)
)
VALUES = st.recursive(
    SCALARS | st.sampled_from(["high", "middle", "vip", "001", "\ud800", "a\0"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=4)
    ),
    max_leaves=8,
)
REQUESTS = st.dictionaries(st.sampled_from(NAMES) | st.text(st.characters(), max_size=5), VALUES)
LIBRARY_WORDS = (
    "pydantic",
    "Traceback",
    "validation error",
    "input_value",
    "object at 0x",
    "errors.",
)


@pytest.mark.parametrize("model", MODELS)
@bounds(max_examples=60, deadline=None)
@given(data=REQUESTS | VALUES)
def test_anything_gives_a_model_or_a_sentence(model: type[r.Request], data: Any) -> None:
    try:
        request = parse(model, data)
    except FaceDeskError as error:
        assert error.code in (40000, 40002, 40091)
        text = json.dumps({"m": error.message, "d": error.details}, ensure_ascii=False)
        assert text.encode().decode() == text
        assert "\n" not in error.message
        assert not [word for word in LIBRARY_WORDS if word in error.message]
    else:
        assert isinstance(request, model)
        json.dumps(request.model_dump(mode="json"), allow_nan=False).encode()
