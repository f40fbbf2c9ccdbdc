"""A. Transport: what is wrong before anything of the request is understood."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable

import pytest

from core.web import body as body_module
from tests.bad_inputs.bench import (
    FAMILY,
    JSON_TYPE,
    NOBODY,
    UPDATE,
    Bench,
    Reply,
    Row,
    http_bytes,
)

BODY = b'{"identity_id": "001"}'
HEAD = f"POST {UPDATE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n".encode()
CHUNK = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"


def raw(name: str, code: int, *parts: bytes) -> Row:
    return Row(name, code, lambda bench: bench.exchange(parts), "line")


def request(name: str, code: int, method: str, address: str, **headers: str) -> Row:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return raw(name, code, http_bytes(method, address, named, BODY))


def impatient(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(body_module, "READ_TIMEOUT_S", 0.3)


def slow(name: str, *parts: bytes) -> Row:
    return Row(name, 40000, lambda bench: bench.exchange(parts), "line", impatient)


def gone_half_way(bench: Bench) -> Reply:
    """Nobody is left to be answered; the line is written a moment later."""
    bench.leave([declared(1000), b"\r\n", BODY])
    time.sleep(0.3)
    return NOBODY


def in_the_query(bench: Bench) -> Reply:
    """The body alone counts."""
    return bench.ask(bench.good(identity_id="999"), f"{UPDATE}?identity_id=001")


def declared(size: int | str) -> bytes:
    return HEAD + f"Content-Length: {size}\r\n".encode()


def bodied(headers: dict[str, str], make: Callable[[], bytes] = lambda: BODY) -> bytes:
    return http_bytes("POST", UPDATE, headers, make())


ROWS = [
    request("A1 GET", 40500, "GET", UPDATE),
    request("A1 PUT", 40500, "PUT", UPDATE, Content_Type="application/json"),
    request("A1 DELETE", 40500, "DELETE", UPDATE),
    request("A1 a method nobody knows", 40500, "FETCH", UPDATE),
    request("A2 unknown call", 40401, "POST", f"{FAMILY}/nothing", Content_Type="application/json"),
    request("A2 line break in the address", 40401, "POST", f"{FAMILY}/a%0D%0Ab"),
    request("A2 climbing address", 40401, "POST", f"{FAMILY}/..%2f..%2fetc"),
    raw("A3 no body", 40002, bodied(JSON_TYPE, lambda: b"")),
    raw("A3 white space only", 40002, bodied(JSON_TYPE, lambda: b" \r\n\t")),
    raw("A4 one byte over the cap, only said", 41300, declared(16_000_001), b"\r\n"),
    raw("A4 a length of nineteen digits", 41300, declared("9" * 19), b"\r\n"),
    raw("A4 a length of forty digits", 40000, declared("9" * 40), b"\r\n"),
    raw("A5 chunks without an end", 41300, HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
        *[CHUNK] * 17),
    slow("A6 less than said, then silence", declared(1000), b"\r\n", BODY),
    slow("A6 a chunk, then silence", HEAD + b"Transfer-Encoding: chunked\r\n\r\n16\r\n" + BODY),
    raw("A7 longer than said", 40000, declared(10), b"\r\n", BODY),
    raw("A8 two lengths", 40000, declared(10), b"Content-Length: 22\r\n\r\n", BODY),
    raw("A8 negative length", 40000, declared(-5), b"\r\n", BODY),
    raw("A8 a length that is no number", 40000, declared("ten"), b"\r\n", BODY),
    Row("A9 gone half-way", 40000, gone_half_way, "line"),
    raw("A10 text/plain", 40001, bodied({"Content-Type": "text/plain"})),
    raw("A10 no content type", 40001, bodied({})),
    raw("A11 multipart", 40001, bodied({"Content-Type": "multipart/form-data; boundary=x"})),
    raw("A12 a form", 40001, bodied({"Content-Type": "application/x-www-form-urlencoded"})),
    raw("A13 a header of 100 kB", 40000, HEAD + b"X-Long: " + b"x" * 100_000),
    raw("A15 gzip", 40001,
        bodied(JSON_TYPE | {"Content-Encoding": "gzip"}, lambda: gzip.compress(bytes(9_000_000)))),
    raw("A16 Expect: 100-continue, too much", 41300,
        declared(90_000_000) + b"Expect: 100-continue\r\n\r\n"),
    raw("A17 a line break within a header", 40000, HEAD + b"X-A: b\r\rEvil: 1\r\n\r\n",),
    raw("A17 a NUL within a header", 40000, HEAD + b"X-A: b\0c\r\n\r\n"),
    raw("A17 a header without a colon", 40000, HEAD + b"nonsense\r\n\r\n"),
    raw("A17 not HTTP at all", 40000, b"\x16\x03\x01\x02\0\x01\0\x01\xfc\r\n\r\n"),
    Row("A18 a field in the query", 40401, in_the_query, "audit"),
    Row("A19 another site's page", 40300,
        lambda bench: bench.ask(bench.good(), Origin="http://evil.example"), "audit"),
    Row("A19 an image of another site", 40300,
        lambda bench: bench.ask(bench.good(), Sec_Fetch_Site="cross-site"), "audit"),
    Row("A19 another host's name", 40300,
        lambda bench: bench.ask(json.loads(BODY), Host="evil.example"), "audit"),
]  # fmt: skip
