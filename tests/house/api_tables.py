"""The tables of docs/api.md, made from the code; test_api_doc.py holds the page against them.

``python -m tests.house.api_tables`` writes them anew between their markers:
``<!-- table: NAME -->`` … ``<!-- end -->``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import AliasChoices

from core.calls.table import CALLS
from core.contract import parse, requests
from core.contract.requests import Filters, Request, Traced
from core.errors import code_table
from core.settings import ROOT, Settings
from core.web import body

PAGE = ROOT / "docs" / "api.md"
BLOCK = re.compile(r"(<!-- table: (\S+) -->\n)(.*?)(<!-- end -->)", re.S)


def tables() -> dict[str, str]:
    """Every table by its name: calls, codes, and one for each request model."""
    models = {call.request.__name__: call.request for call in CALLS} | {"Filters": Filters}
    made = {name: field_table(model) for name, model in models.items() if model.model_fields}
    return {"calls": call_table(), "codes": code_rows(), "limits": limit_rows(), **made}


def limit_rows() -> str:
    """What is refused, by which limit, with which code; settings as they are by default."""

    def knob(name: str, unit: str) -> str:
        value = f"{Settings.model_fields[name].default:,}"
        return f"{value} {unit} (`FACEDESK_{name.upper()}`)"

    rows = [
        ["HTTP body", knob("max_body_mb", "MB"), "41300"],
        ["time for the body to arrive", f"{body.READ_TIMEOUT_S:g} s", "40000"],
        ["nesting of the JSON body", knob("max_json_depth", "levels"), "40000"],
        ["commas and opening brackets in the body", f"{body.MAX_MARKS:,}", "40000"],
        ["fields of a request", f"{parse.MAX_FIELDS}", "40091"],
        ["`ext_info`, bytes of JSON", f"{requests.MAX_EXT_INFO:,}", "40091"],
        ["`ext_info`, nesting", f"{requests.MAX_EXT_DEPTH} levels", "40091"],
        ["whole numbers", f"{requests.MAX_NUMBER:,} (2^53 − 1)", "40091"],
        ["photo file, after base64", knob("max_image_mb", "MB"), "40007"],
        ["photo, pixels by its header", knob("max_pixels_mp", "megapixels"), "40007"],
        ["photo, longest side", knob("max_side_px", "px"), "40007"],
        ["identities in the gallery", knob("max_identities", "identities"), "40015"],
        ["photos of one identity", knob("max_photos_each", "photos"), "40015"],
        ["requests computed at a time", knob("workers", "requests"), "others wait"],
        ["requests waiting beside those", knob("queue", "requests"), "42900"],
    ]
    return table(["what", "limit", "beyond it"], rows)


def call_table() -> str:
    rows = []
    for call in CALLS:
        address = f"POST `{call.name}`"
        if call.name == "getregisterimage":
            address = "GET `getregisterimage/{register_image_id}`"
        what = (call.run.__doc__ or "").strip().splitlines()[0].replace("``", "`")
        answer = ", ".join(f"`{name}`" for name in call.answer.model_fields)
        rows.append([address, f"`{call.function}`", what, answer])
    return table(["address", "function", "what it does", "answers"], rows)


def code_rows() -> str:
    rows = [[str(e.code), str(e.http), f"`{e.status}`", e.sentence] for e in code_table()]
    return table(["code", "HTTP", "status", "default message"], rows)


def field_table(model: type[Request]) -> str:
    """One row a field, required ones first: name, type with its limits, default, meaning."""
    schema = model.model_json_schema()
    rows = []
    fields = sorted(
        model.model_fields.items(),
        key=lambda each: (not each[1].is_required(), each[0] in Traced.model_fields),
    )
    for name, field in fields:
        shape = schema["properties"][name]
        default = "**required**" if field.is_required() else shown(shape.get("default"))
        words = [field.description or "", also(field.validation_alias)]
        rows.append([f"`{name}`", kind(shape), default, " ".join(w for w in words if w)])
    return table(["field", "type", "default", "meaning"], rows)


def also(alias: object) -> str:
    if not isinstance(alias, AliasChoices):
        return ""
    return "Also " + ", ".join(f"`{name}`" for name in alias.choices[1:]) + "."


def shown(default: object) -> str:
    return "–" if default in (None, {}) or isinstance(default, dict) else f"`{default}`".lower()


def kind(shape: dict[str, Any]) -> str:
    """A JSON schema in a few words."""
    options = [each for each in shape.get("anyOf", [shape]) if each.get("type") != "null"]
    only = options[0]
    if "enum" in only:
        return ", ".join(f"`{value}`" for value in only["enum"])
    words: str = only.get("type", "object")
    if words == "array":
        return f"list of {kind(only['items'])}{span(only, 'Items', ' entries')}"
    return words + span(only, "Length", " characters") + between(only)


def span(shape: dict[str, Any], of: str, unit: str) -> str:
    least, most = shape.get(f"min{of}"), shape.get(f"max{of}")
    if most is not None:
        return f", {least}–{most}{unit}" if least else f", ≤ {most}{unit}"
    return ", not empty" if least else ""


def between(shape: dict[str, Any]) -> str:
    least, most = shape.get("minimum"), shape.get("maximum")
    if least is None:
        return ""
    return f" ≥ {least}" if most is None or most > 2**52 else f" {least}–{most}"


def table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def renewed(text: str) -> str:
    """The page with every table as the code has it. Raises KeyError for a name unknown here."""
    made = tables()
    return BLOCK.sub(lambda m: f"{m[1]}{made[m[2]]}{m[4]}", text)


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
