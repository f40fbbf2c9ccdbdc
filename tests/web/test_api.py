"""The routes: the same answers as the functions, and nothing that a stranger could misuse."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from core.calls.table import CALLS
from core.desk import Desk
from core.errors import code_table
from tests.desk.conftest import Snapshot

UPDATE = "/sophon/v2/face/updateimage"
JSON = {"Content-Type": "application/json"}
B64 = Callable[[str], str]


def good_request(desk: Desk, b64: B64) -> dict[str, object]:
    photo = desk.gallery.identity("001").photos[0]
    return {"identity_id": "001", "register_image": b64("jing"), "register_image_id": photo.id}


def test_a_photo_is_replaced(client: TestClient, desk: Desk, b64: B64) -> None:
    request = good_request(desk, b64)
    answer = client.post(UPDATE, json=request)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    ids = answer.json()["identity"]["reg_pic_ids"]
    assert request["register_image_id"] not in ids
    picture = client.get(f"/sophon/v2/face/getregisterimage/{ids[0]}")
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content == desk.gallery.photo_jpeg(ids[0])
    assert desk.gallery.audit_rows(1)[0].entry.actor.source == "api"


def test_the_old_address_takes_the_old_spelling(client: TestClient, desk: Desk, b64: B64) -> None:
    body = {"info": {"name": "明"}, "identity_id": "002", "reg_photo": b64("ming")}
    answer = client.post("/SophonFogSys/api/users", json=body)
    assert answer.status_code == 200 and answer.json()["identity"]["identity_name"] == "明"


def test_the_operator_is_never_taken_from_the_body(
    client: TestClient, desk: Desk, b64: B64
) -> None:
    client.post(UPDATE, json={**good_request(desk, b64), "operator": "boss"})
    assert desk.gallery.audit_rows(1)[0].entry.actor.operator == ""


@pytest.mark.parametrize("call", [c for c in CALLS if c.name != "getregisterimage"])
def test_every_call_has_its_route(client: TestClient, call: object) -> None:
    address = f"/sophon/v2/face/{call.name}"  # type: ignore[attr-defined]
    answer = client.post(address, content=b"{}", headers=JSON).json()
    assert call.request.may_be_empty or answer["error"]["code"] == 40002  # type: ignore[attr-defined]
    assert client.get(address).status_code == 405


REFUSALS: list[tuple[str, str, dict[str, str], bytes, int, int]] = [
    ("GET", UPDATE, {}, b"", 405, 40500),
    ("PUT", UPDATE, JSON, b"{}", 405, 40500),
    ("POST", "/sophon/v2/face/nothing", JSON, b"{}", 404, 40401),
    ("POST", "/sophon/", JSON, b"{}", 404, 40401),
    ("POST", UPDATE, JSON, b"", 400, 40002),
    ("POST", UPDATE, JSON, b"{}", 400, 40002),
    ("POST", UPDATE, JSON, b"[]", 400, 40000),
    ("POST", UPDATE, JSON, b'"x"', 400, 40000),
    ("POST", UPDATE, JSON, b"{", 400, 40000),
    ("POST", UPDATE, JSON, b'{"a": 1} x', 400, 40000),
    ("POST", UPDATE, JSON, b'{"a": 1, "a": 2}', 400, 40000),
    ("POST", UPDATE, JSON, b'{"a": NaN}', 400, 40000),
    ("POST", UPDATE, JSON, b'{"a": 1e999}', 400, 40000),
    ("POST", UPDATE, JSON, b'{"a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", 400, 40000),
    ("POST", UPDATE, JSON, b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", 400, 40000),
    ("POST", UPDATE, JSON, '{"a": "é"}'.encode("utf-16"), 400, 40000),
    ("POST", UPDATE, {"Content-Type": "text/plain"}, b"{}", 415, 40001),
    ("POST", UPDATE, {}, b"{}", 415, 40001),
    ("POST", UPDATE, {**JSON, "Content-Encoding": "gzip"}, b"{}", 415, 40001),
    ("POST", UPDATE, {**JSON, "Origin": "http://evil.example"}, b"{}", 403, 40300),
    ("POST", UPDATE, JSON, b'{"identity_id": 5}', 400, 40091),
    ("GET", "/sophon/v2/face/getregisterimage/none", {}, b"", 404, 40401),
]


@pytest.mark.parametrize(("method", "address", "headers", "body", "http", "code"), REFUSALS)
def test_refusals_have_the_one_shape(
    client: TestClient,
    snapshot: Callable[[], Snapshot],
    method: str,
    address: str,
    headers: dict[str, str],
    body: bytes,
    http: int,
    code: int,
) -> None:
    before = snapshot()
    answer = client.request(method, address, headers=headers, content=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (http, code)
    assert error["status"] in {cls.status for cls in code_table()} and error["message"]
    if http == 405:
        assert answer.headers["allow"]
    assert snapshot() == before


def test_a_body_over_the_limit_is_refused_before_it_is_read(client: TestClient) -> None:
    declared = client.post(UPDATE, headers=JSON, content=b"x" * 30_000_000)
    assert declared.json()["error"]["code"] == 41300 and declared.status_code == 413
    sent = 0

    def endless() -> object:
        nonlocal sent
        while sent < 64_000_000:
            sent += 1_000_000
            yield b"x" * 1_000_000

    chunked = client.post(UPDATE, headers=JSON, content=endless())  # type: ignore[arg-type]
    assert chunked.json()["error"]["code"] == 41300


def test_a_30_mb_photo_is_too_large_for_the_function_as_well(
    desk: Desk, b64: B64, client: TestClient
) -> None:
    request = {**good_request(desk, b64), "register_image": "A" * 15_000_000}
    assert client.post(UPDATE, json=request).json()["error"]["code"] == 40007


def test_the_same_origin_may_call(client: TestClient) -> None:
    headers = {**JSON, "Origin": "http://testserver"}
    assert client.post(UPDATE, headers=headers, content=b"{}").json()["error"]["code"] == 40002


def test_a_slow_call_keeps_nobody_waiting_and_too_many_are_refused(
    client: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    slots = desk.settings.workers + desk.settings.queue

    def slow(*_: object) -> None:
        go.wait(20)
        raise MemoryError

    monkeypatch.setattr(desk.vision, "detect", slow)
    answers: list[Any] = []
    body = json.dumps({"image": "AAAA"}).encode()
    threads = [
        threading.Thread(
            target=lambda: answers.append(
                client.post("/sophon/v2/face/detect", headers=JSON, content=body)
            )
        )
        for _ in range(slots)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    start = time.monotonic()
    assert client.get("/sophon/openapi.json").status_code == 200
    refused = client.post("/sophon/v2/face/detect", headers=JSON, content=body)
    assert time.monotonic() - start < 5
    go.set()
    for thread in threads:
        thread.join(20)
    assert refused.status_code == 429 and refused.headers["retry-after"]
    assert {answer.json()["error"]["code"] for answer in answers} == {50072}


def test_openapi_names_every_call_and_every_code(client: TestClient) -> None:
    document = client.get("/sophon/openapi.json").json()
    operations = {op["operationId"] for path in document["paths"].values() for op in path.values()}
    assert {call.function for call in CALLS} <= operations
    text = json.dumps(document)
    assert all(f"{cls.code} {cls.status}" in text for cls in code_table())
    names = {ref.split('"')[0] for ref in text.split("#/components/schemas/")[1:]}
    assert names <= set(document["components"]["schemas"])


@pytest.mark.parametrize(
    ("path", "body", "headers", "code"),
    [
        (UPDATE, b"{", JSON, 40000),
        (UPDATE, b"{}", {"Content-Type": "text/plain"}, 40001),
        ("/sophon/v2/face/a%0D%0Ab", b"{}", JSON, 40401),
    ],
)
def test_a_refusal_without_a_call_is_one_security_line(
    client: TestClient,
    caplog: pytest.LogCaptureFixture,
    path: str,
    body: bytes,
    headers: dict[str, str],
    code: int,
) -> None:
    assert client.post(path, content=body, headers=headers).json()["error"]["code"] == code
    (line,) = [r.getMessage() for r in caplog.records if r.name == "facedesk.security"]
    assert line.startswith("refused path=") and line.endswith(f"code={code}")
    assert "\r" not in line
