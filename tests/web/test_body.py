"""A request's way in: origin, content type, size, and JSON read without trust."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx2
import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.errors import BadRequest, EmptyRequest, FaceDeskError, PayloadTooLarge
from core.web import body as body_module
from core.web.body import (
    MAX_MARKS,
    parse_json,
    read_body,
    require_json,
    require_same_origin,
)

LIMIT = 1000
DEPTH = 32


async def receive_call(request: Request) -> Response:
    require_same_origin(request)
    require_json(request)
    data = parse_json(await read_body(request, LIMIT), DEPTH)
    return JSONResponse({"got": data})


async def tell(request: Request, error: Exception) -> Response:
    assert isinstance(error, FaceDeskError)
    return JSONResponse({"code": error.code, "message": error.message}, error.http)


APP = Starlette(
    routes=[Route("/call", receive_call, methods=["POST"])],
    exception_handlers={FaceDeskError: tell},
)


def in_loop(work: Callable[..., Any], *args: Any) -> Any:
    """The result of an async function, run in a thread: the browser's tests keep a loop in ours."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, work, *args).result()


def post(content: Any, headers: dict[str, str] | None = None, host: str = "desk:8501") -> Any:
    """The answer's (HTTP number, JSON) of the little application above."""

    async def run() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=APP)
        async with httpx2.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            kind = {"content-type": "application/json"}
            return await client.post("/call", content=content, headers=kind | (headers or {}))

    answer = in_loop(run)
    return answer.status_code, answer.json()


def test_good_request() -> None:
    assert post(b'{"a": [1, 2.5, "\xe7\x85\xa7", null, true]}') == (
        200,
        {"got": {"a": [1, 2.5, "照", None, True]}},
    )


KINDS = [
    ("application/json", 200),
    ("Application/JSON", 200),
    ("application/json; charset=utf-8", 200),
    (" application/json ;charset=UTF-8", 200),
    ("", 415),
    ("text/plain", 415),
    ("text/json", 415),
    ("application/jsonp", 415),
    ("application/json-patch+json", 415),
    ("application/x-www-form-urlencoded", 415),
    ("multipart/form-data; boundary=x", 415),
    ("multipart/form-data", 415),
    ("text/plain; application/json", 415),
]


@pytest.mark.parametrize(("kind", "http"), KINDS)
def test_content_type(kind: str, http: int) -> None:
    status, answer = post(b'{"a": 1}', {"content-type": kind})
    assert status == http
    assert http == 200 or answer["code"] == 40001


@pytest.mark.parametrize(
    ("encoding", "http"), [("identity", 200), ("gzip", 415), ("br", 415), ("GZIP", 415)]
)
def test_compressed_bodies(encoding: str, http: int) -> None:
    assert post(b'{"a": 1}', {"content-encoding": encoding})[0] == http


ORIGINS = [
    (None, 200),
    ("http://desk:8501", 200),
    ("https://desk:8501", 200),
    ("http://desk:8502", 403),
    ("http://desk", 403),
    ("http://evil.example", 403),
    ("http://desk:8501.evil.example", 403),
    ("http://evil.example/desk:8501", 403),
    ("http://evil.example#desk:8501", 403),
    ("http://desk:8501@evil.example", 403),
    ("null", 403),
    ("", 403),
    ("file://", 403),
    ("http://[::1", 403),
    ("http://]", 403),
    ("desk:8501", 403),
]


@pytest.mark.parametrize(("origin", "http"), ORIGINS)
def test_origin(origin: str | None, http: int) -> None:
    status, answer = post(b'{"a": 1}', {} if origin is None else {"origin": origin})
    assert status == http
    assert http == 200 or answer["code"] == 40300


def body_of(size: int) -> bytes:
    return b'{"a": "' + b"x" * (size - 9) + b'"}'


@pytest.mark.parametrize(("size", "http"), [(LIMIT, 200), (LIMIT + 1, 413), (LIMIT * 50, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_size(size: int, http: int, chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, size, 100):
            yield body_of(size)[at : at + 100]

    status, answer = post(pieces() if chunked else body_of(size))
    assert status == http
    assert http == 200 or answer["code"] == 41300


def request_of(messages: Iterator[dict[str, Any]], **headers: str) -> tuple[Request, list[int]]:
    """A request whose body is these ASGI messages, and a list that counts those taken."""
    taken: list[int] = []

    async def receive() -> dict[str, Any]:
        taken.append(1)
        message = next(messages, None)
        if message is None:
            await anyio.sleep_forever()
        return message  # type: ignore[return-value]

    raw = [
        (name.replace("_", "-").encode(), text.encode("latin-1")) for name, text in headers.items()
    ]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": raw, "query_string": b""}
    return Request(scope, receive), taken


def piece(content: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": content, "more_body": more}


@pytest.mark.parametrize("declared", ["1001", "9" * 30, "9" * 6000])
def test_declared_size_is_refused_unread(declared: str) -> None:
    request, taken = request_of(iter([piece(b"{}", False)]), content_length=declared)
    with pytest.raises(PayloadTooLarge):
        in_loop(read_body, request, LIMIT)
    assert not taken


@pytest.mark.parametrize("declared", ["1000", "-1", "²", "x", "", "0x10", "1_0", " 5"])
def test_declared_size_that_is_none_is_left_to_the_count(declared: str) -> None:
    request, _ = request_of(iter([piece(b"{}", False)]), content_length=declared)
    assert in_loop(read_body, request, LIMIT) == b"{}"


def test_endless_body_is_refused_when_the_count_passes() -> None:
    request, taken = request_of(piece(b"x" * 100) for _ in iter(int, 1))
    with pytest.raises(PayloadTooLarge):
        in_loop(read_body, request, LIMIT)
    assert len(taken) == 11


def test_body_that_stops_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_module, "READ_TIMEOUT_S", 0.05)
    request, _ = request_of(iter([piece(b'{"a":')]))
    with pytest.raises(BadRequest, match="in time"):
        in_loop(read_body, request, LIMIT)


def test_caller_that_goes_away() -> None:
    request, _ = request_of(iter([piece(b'{"a":'), {"type": "http.disconnect"}]))
    with pytest.raises(BadRequest, match="whole"):
        in_loop(read_body, request, LIMIT)


def nested(levels: int, opening: str = "[", closing: str = "]") -> bytes:
    return ('{"a":' + opening * (levels - 1) + closing * (levels - 1) + "}").encode()


GOOD: list[tuple[bytes, dict[str, Any]]] = [
    (b'{"a": 1}', {"a": 1}),
    (b' \r\n\t{"a": 1}\n', {"a": 1}),
    (b"{}", {}),
    (b'{"a": {"b": 1}, "b": 2}', {"a": {"b": 1}, "b": 2}),
    (b'{"a": -0.0, "b": 1e308, "c": 1E-400}', {"a": 0.0, "b": 1e308, "c": 0.0}),
    (b'{"a": "NaN"}', {"a": "NaN"}),
    (b'{"": ""}', {"": ""}),
    (b'{"a": "[[[[{{{{,,,,"}', {"a": "[[[[{{{{,,,,"}),
]


@pytest.mark.parametrize(("body", "data"), GOOD)
def test_json(body: bytes, data: dict[str, Any]) -> None:
    assert parse_json(body, DEPTH) == data


@pytest.mark.parametrize("body", [b"", b" ", b"\r\n\t "])
def test_empty(body: bytes) -> None:
    with pytest.raises(EmptyRequest):
        parse_json(body, DEPTH)


BAD = {
    "text": b"hello",
    "cut off": b'{"a": 1',
    "cut in a string": b'{"a": "b',
    "trailing garbage": b'{"a": 1} x',
    "two objects": b'{"a": 1}{"b": 2}',
    "trailing comma": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "comment": b'{"a": 1} // x',
    "list": b'[{"a": 1}]',
    "string": b'"a"',
    "number": b"1",
    "null": b"null",
    "true": b"true",
    "key twice": b'{"identity_id": "1", "identity_id": "2"}',
    "key twice, escaped": b'{"a": "1", "\\u0061": "2"}',
    "key twice, deep": b'{"a": [{"b": {"c": 1, "c": 1}}]}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": Infinity}',
    "-Infinity": b'{"a": [-Infinity]}',
    "1e999": b'{"a": 1e999}',
    "-1e400": b'{"a": -1e400}',
    "5000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-16 without mark": '{"a": 1}'.encode("utf-16-le"),
    "UTF-32": '{"a": 1}'.encode("utf-32"),
    "BOM": b'\xef\xbb\xbf{"a": 1}',
    "broken UTF-8": b'{"a": "\xff\xfe"}',
    "overlong UTF-8": b'{"a": "\xc0\xaf"}',
    "surrogate as UTF-8": b'{"a": "\xed\xa0\x80"}',
    "control in a string": b'{"a": "\n"}',
    "NUL": b"\0",
    "33 levels": nested(33),
    "33 levels of objects": nested(33, '{"a":', "}").replace(b"{}", b"{}"),
    "10000 levels": nested(10_000),
    "40000 levels": nested(40_000),
    "10000 openings": b"[" * 10_000,
    "100000 openings": b"[" * 100_000,
    "very many values": b'{"a": [' + b"1," * MAX_MARKS + b"1]}",
    "very many lists": b'{"a": [' + b"[]," * MAX_MARKS + b"1]}",
}  # fmt: skip
LIBRARY_WORDS = ("Expecting", "line ", "column", "codec", "char ", "recursion", "Traceback")


@pytest.mark.parametrize("name", BAD)
def test_not_a_json_object(name: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_json(BAD[name], DEPTH)
    assert caught.value.code == 40000
    assert not [word for word in LIBRARY_WORDS if word in caught.value.message]


def test_deepest_nesting() -> None:
    assert parse_json(nested(DEPTH), DEPTH)
    assert parse_json(b'{"a": 1}', 1)
    with pytest.raises(BadRequest, match="deeper than 1 levels"):
        parse_json(b'{"a": []}', 1)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@given(data=st.dictionaries(st.text(), PLAIN, max_size=4), ascii_only=st.booleans())
def test_round_trip(data: dict[str, Any], ascii_only: bool) -> None:
    assert parse_json(json.dumps(data, ensure_ascii=ascii_only).encode(), 100) == data


@bounds(max_examples=300)
@given(body=st.binary(max_size=60) | st.text('{}[]":,0123456789.eE-+ntf\\u \n').map(str.encode))
def test_any_bytes_give_an_object_or_a_refusal(body: bytes) -> None:
    try:
        assert isinstance(parse_json(body, DEPTH), dict)
    except FaceDeskError as error:
        assert error.code in (40000, 40002)
