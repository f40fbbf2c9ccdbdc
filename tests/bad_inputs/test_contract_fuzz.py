"""Every function of the contract, with whatever comes: an answer in one of two shapes, always.

The models alone are tried in tests/contract; here the whole walk is, down to gallery and engine,
with values that are nearly right.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from core.calls.table import CALLS, Call
from core.errors import code_table
from tests.bad_inputs.bench import Bench, as_base64
from tests.desk.conftest import state_of

CODES = {error.code: error.status for error in code_table()} | {50072: "SERVER_PROCESS_FAILED"}
UNFORESEEN = 50072
LEAKS = ("Traceback", "sqlite", "SELECT ", "pydantic", "/etc/", "0x7f")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
KNOWN = ("identity", "photo", "face", "group", "their photo", "picture")
"""Words that stand for what is really there; the ids differ from run to run."""

LIKELY = st.sampled_from(
    [*KNOWN, "high", "no", "strict", "vip", 0, 1, -1, 2**63, 5, True, "", [], {}, ["identity"],
     ["group"], {"a": None}, "é", "\ud800", "a\0", "' OR 1=1 --", "/etc/passwd", "/9j/4AAQSkZJRg=="]
)  # fmt: skip


def names_of(call: Call) -> list[str]:
    """Every name a field goes by, and some of no call."""
    found = {"info", "reg_photo", "nonsense"}
    for name, described in call.request.model_fields.items():
        choices = getattr(described.validation_alias, "choices", [])
        found |= {name, *(choice for choice in choices if isinstance(choice, str))}
    return sorted(found)


def meant(value: Any, bench: Bench) -> Any:
    """The request with the words of KNOWN replaced."""
    if isinstance(value, dict):
        return {key: meant(inner, bench) for key, inner in value.items()}
    if isinstance(value, list):
        return [meant(inner, bench) for inner in value]
    if not isinstance(value, str) or value not in KNOWN:
        return value
    photo = bench.desk.gallery.identity("001").photos[0]
    return {
        "identity": "001",
        "photo": photo.id,
        "face": photo.face_id,
        "group": bench.desk.gallery.groups()[0].id,
        "their photo": bench.photo_id("002"),
        "picture": as_base64(bench.pictures["jing"]),
    }[value]


def require_answer(call: Call, answer: dict[str, Any]) -> None:
    """Either the call's own answer or the error object; JSON either way."""
    text = json.dumps(answer, allow_nan=False, ensure_ascii=False)
    text.encode()
    if "error" not in answer:
        call.answer.model_validate_json(text)
        return
    error = answer["error"]
    assert list(answer) == ["error"] and set(error) <= {"code", "message", "status", "details"}
    assert CODES[error["code"]] == error["status"] and error["code"] != UNFORESEEN
    assert error["message"] and not [leak for leak in LEAKS if leak in text]


@pytest.mark.hypothesis
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.function)
def test_never_raises_and_answers_in_one_shape(bench: Bench, call: Call) -> None:
    rehearsed = "dry_run" in call.request.model_fields
    fields = st.dictionaries(st.sampled_from(names_of(call)), LIKELY | ANYTHING, max_size=7)

    @bounds(
        max_examples=60,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=fields | ANYTHING)
    def ask(data: Any) -> None:
        # What it would find here it would delete, and the other rows need it.
        request = data if call.action == "delete" else meant(data, bench)
        if isinstance(request, dict) and rehearsed:
            request["dry_run"] = True
        before = state_of(bench.desk) if call.action else None
        answer = bench.call(call.function, request).json
        require_answer(call, answer)
        if call.action and (rehearsed or "error" in answer):
            assert state_of(bench.desk) == before

    ask()
