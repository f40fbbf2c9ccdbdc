"""B. JSON and fields."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tests.bad_inputs.bench import Bench, Reply, Row, as_base64, field_row

JING = "jing"


def body(name: str, content: bytes, code: int = 40000) -> Row:
    return Row(name, code, lambda bench: bench.ask(content), "line")


def function(name: str, code: int, request: Any) -> Row:
    """What cannot be written as JSON, through the function's door."""
    return Row(name, code, lambda bench: bench.call("update_image", request), "line")


def twice(bench: Bench) -> Reply:
    text = json.dumps(bench.good(dry_run=True))
    return bench.ask(text[:-1].encode() + b', "identity_id": "002"}')


def image(bench: Bench) -> str:
    return as_base64(bench.pictures[JING])


def broken_lines(bench: Bench) -> str:
    text = image(bench)
    return "\r\n".join(text[at : at + 76] for at in range(0, len(text), 76))


def itself() -> dict[str, Any]:
    loop: dict[str, Any] = {}
    loop["me"] = loop
    return loop


DEEP = b'{"a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"

ROWS = [
    body("B19 not JSON", b"identity_id=001"),
    body("B19 cut off", b'{"identity_id": "001"'),
    body("B19 something behind it", b'{"identity_id": "001"} x'),
    body("B19 single quotes", b"{'identity_id': '001'}"),
    body("B20 a list", b"[]"),
    body("B20 a string", b'"001"'),
    body("B20 null", b"null"),
    body("B20 a number", b"1"),
    body("B20 an empty object", b"{}", 40002),
    Row("B21 a key twice", 40000, twice, "line"),
    body("B21 a key twice, deep within", b'{"ext_info": {"a": 1, "a": 2}}'),
    body("B22 10,000 levels", DEEP),
    body("B22 33 levels", b'{"a": ' + b"[" * 32 + b"]" * 32 + b"}"),
    body("B22 a million values", b'{"a": [' + b"1," * 1_000_000 + b"1]}"),
    body("B23 NaN", b'{"expected_version": NaN}'),
    body("B23 Infinity", b'{"expected_version": -Infinity}'),
    body("B23 1e400", b'{"expected_version": 1e400}'),
    body("B23 a number of 10,000 digits", b'{"expected_version": ' + b"9" * 10_000 + b"}"),
    body("B24 UTF-16", '{"identity_id": "001"}'.encode("utf-16")),
    body("B24 not UTF-8", b'{"identity_id": "\xff\xfe"}'),
    body("B24 byte order mark", b'\xef\xbb\xbf{"identity_id": "001"}'),
    body("B24 half a surrogate pair", b'{"identity_id": "\\ud800"}', 40091),
    field_row("B25 no identity_id", 40091, identity_id=None),
    field_row("B25 empty identity_id", 40091, identity_id=""),
    field_row("B25 spaces for an identity_id", 40091, identity_id="   "),
    field_row("B26 a number", 40091, identity_id=1),
    field_row("B26 true", 40091, identity_id=True),
    field_row("B26 a list", 40091, identity_id=["001"]),
    field_row("B26 an object", 40091, identity_id={"$ne": None}),
    field_row("B27 10,000 characters", 40091, identity_id="0" * 10_000),
    field_row("B28 NUL", 40091, identity_id="001\0"),
    field_row("B28 right-to-left mark", 40091, identity_id="\u202e001"),
    field_row("B28 line break", 40091, identity_id="001\nadmin logged in"),
    field_row("B28 emoji", 40401, "audit", identity_id="😀"),
    field_row("B28 line break in a name", 40091, identity_name="a\r\nb"),
    field_row("B29 é in two pieces", 40401, "audit", identity_id="e\u0301"),
    field_row("B30 SQL", 40401, "audit", identity_id="' OR 1=1 --"),
    field_row("B30 SQL that ends a table", 40401, "audit", identity_id="1'; DROP TABLE photos; --"),
    field_row("B30 %", 40401, "audit", identity_id="%"),
    field_row("B30 _", 40401, "audit", identity_id="00_"),
    field_row("B30 SQL for a photo", 40401, "audit", register_image_id="' OR '1'='1"),
    field_row("B31 unknown person", 40401, "audit", identity_id="999"),
    field_row("B31 unknown photo", 40401, "audit", register_image_id="none"),
    field_row("B31 unknown face", 40401, "audit", register_image_id=None, face_id="none"),
    field_row("B31 unknown group", 40402, "audit", permission_ids=["none"]),
    field_row("B33 'false' for a bool", 40091, dry_run="false"),
    field_row("B33 0 for a bool", 40091, dry_run=0),
    field_row("B34 is_admin", 40091, is_admin=True),
    field_row("B34 threshold", 40091, threshold=0),
    field_row("B34 force", 40091, force=True),
    field_row("B34 a version of one's own", 40091, version=9),
    field_row("B34 unknown level", 40091, fiqa_level="best"),
    field_row("B34 unknown type", 40091, user_type=6),
    field_row("B34 negative face", 40091, face_index=-1),
    field_row("B34 face over the end", 40091, "audit", face_index=7),
    field_row("B34 huge version", 40091, expected_version=2**70),
    field_row("B34 ext_info of 20 kB", 40091, ext_info={"a": "x" * 20_000}),
    field_row("B34 neither photo nor face named", 40091, "audit", register_image_id=None),
    field_row("B34 no photo", 40091, "audit", register_image=None),
    field_row("B35 base64 in lines", 0, "nothing", register_image=broken_lines, dry_run=True),
    field_row("B35 no padding", 40003, "audit", register_image="/9j/4AAQSkZJRg"),
    field_row("B35 URL-safe letters", 40003, "audit", register_image="_9j_4AAQSkZJRg=="),
    field_row("B35 not base64", 40003, "audit", register_image="!!!!"),
    field_row("B35 full-width letters", 40003, "audit", register_image="ＡＡＡＡ"),
    field_row("B36 a data URI", 0, "nothing", dry_run=True,
              register_image=lambda bench: "data:image/png;base64," + image(bench)),
    field_row("B36 a data URI of text", 40003, "audit",
              register_image="data:text/html;base64,QUJD"),
    field_row("B36 an empty data URI", 40003, "audit", register_image="data:image/png;base64,"),
    field_row("B37 over 10 MB when decoded", 40007, "audit", register_image="A" * 14_000_000),
    field_row("B38 a URL", 40003, "audit", register_image="http://127.0.0.1:9/x.jpg"),
    field_row("B38 a file URL", 40003, "audit", register_image="file:///etc/passwd"),
    field_row("B38 a URL for a path", 40003, "audit", register_image=None,
              register_image_path="http://127.0.0.1:9/x.jpg"),
    field_row("B39 both photos", 0, "nothing", dry_run=True, register_image_path="/etc/passwd"),
    function("B40 None", 40000, None),
    function("B40 bytes", 40000, b"{}"),
    function("B40 a name that is no string", 40091, {1: 2}),
    function("B40 an array for an id", 40091, {"identity_id": np.zeros(3)}),
    function("B40 something that holds itself", 40091,
             {"identity_id": "001", "ext_info": itself()}),
]  # fmt: skip
