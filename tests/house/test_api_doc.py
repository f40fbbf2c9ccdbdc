"""docs/api.md says what the code does: tables as generated, examples that would be accepted."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from core.calls.table import BY_NAME, CALLS, Call
from core.contract.fields import LEVELS
from core.contract.parse import parse
from core.contract.requests import OldUpdateImageRequest, UpdateImageRequest
from tests.house.api_tables import BLOCK, PAGE, renewed, tables

JSON_BLOCK = re.compile(r"^```json\n(.*?)^```", re.M | re.S)


def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def sections() -> dict[str, str]:
    """The page's part on each call, by the call's name."""
    parts = re.split(r"^### (\S+)$", page(), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def examples(text: str) -> list[Any]:
    return [json.loads(block) for block in JSON_BLOCK.findall(text)]


def test_the_tables_are_those_of_the_code() -> None:
    assert renewed(page()) == page(), "run: python -m tests.house.api_tables"


def test_every_table_is_on_the_page() -> None:
    assert {name for _, name, _, _ in BLOCK.findall(page())} == set(tables())


def test_every_call_has_its_part() -> None:
    assert list(sections()) == [call.name for call in CALLS]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_the_request_example_is_valid(call: Call) -> None:
    parse(call.request, examples(sections()[call.name])[0])


def property_names(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from property_names(value)


def keys_of(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    children = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    )
    for child in children:
        yield from keys_of(child)


@pytest.mark.parametrize("name", BY_NAME)
def test_the_answer_example_has_known_keys_only(name: str) -> None:
    model, shown = BY_NAME[name].answer, examples(sections()[name])[1]
    known = {*property_names(model.model_json_schema()), *LEVELS}
    assert set(shown) == {key for key, field in model.model_fields.items() if field.is_required()}
    assert not set(keys_of(shown)) - known


def test_the_old_spelling_is_accepted() -> None:
    (old,) = (each for each in examples(page()) if "reg_photo" in each)
    assert isinstance(parse(UpdateImageRequest, old), OldUpdateImageRequest)


def test_the_failure_example_has_the_one_shape() -> None:
    failure = next(each for each in examples(page()) if "error" in each)["error"]
    assert {"code", "message", "status"} <= set(failure)
