"""A request's body, read with a limit and parsed without trust."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, HTTPConnection, Request

from core.errors import (
    BadRequest,
    EmptyRequest,
    Forbidden,
    PayloadTooLarge,
    UnsupportedContentType,
)

MAX_MARKS = 50_000
"""Commas and opening brackets a body may hold: millions would become a thousand times the memory
of a photo's base64 text, which holds none."""

READ_TIMEOUT_S = 30.0
"""A body has to arrive within this time."""


def require_same_origin(connection: HTTPConnection) -> None:
    """Refuse what a page of another site sends: its Origin is not our Host. Raises Forbidden."""
    # An <img> sends no Origin; browsers say where it stands all the same.
    site = connection.headers.get("sec-fetch-site", "none")
    if is_foreign(connection.headers) or site not in ("none", "same-origin"):
        raise Forbidden("Calls from pages of another site are refused.")


def is_foreign(headers: Headers) -> bool:
    """Whether a page of another site, or of another port of this machine, sends it."""
    origin = headers.get("origin")
    return origin is not None and _place(origin) != headers.get("host")


def _place(origin: str) -> str:
    """Host and port of an origin; empty when it has none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def require_json(request: Request) -> None:
    """Raise UnsupportedContentType unless the body is plain, uncompressed JSON."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise UnsupportedContentType()
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedContentType("Compressed bodies are not accepted.")


async def read_body(request: Request, max_bytes: int) -> bytes:
    """The whole body; refused as soon as it is known to be too large.

    Raises PayloadTooLarge, BadRequest (it did not arrive in time, or not whole).
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > max_bytes:
        raise PayloadTooLarge(f"The body may have {max_bytes / 1e6:.0f} MB; send a smaller photo.")
    body = bytearray()
    try:
        with anyio.fail_after(READ_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    raise PayloadTooLarge()
    except TimeoutError:
        raise BadRequest("The body did not arrive in time.") from None
    except ClientDisconnect:
        raise BadRequest("The body did not arrive whole.") from None
    return bytes(body)


def parse_json(body: bytes, max_depth: int) -> dict[str, Any]:
    """One JSON object.

    Raises EmptyRequest, BadRequest: not UTF-8, not JSON, not an object, duplicate keys, numbers
    that are none, nested too deep, too many values.
    """
    if not body.strip():
        raise EmptyRequest()
    if _has_many_marks(body):
        raise BadRequest("The body holds far too many values.")
    try:
        data = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except BadRequest:
        raise
    except (ValueError, RecursionError):
        raise BadRequest("The body is not valid JSON.") from None
    if not isinstance(data, dict):
        raise BadRequest()
    _require_depth(data, max_depth)
    return data


def _has_many_marks(body: bytes) -> bool:
    """Whether there are more than MAX_MARKS; from mark to mark, which passes over a photo's text
    several times faster than counting does.
    """
    found = 0
    for mark in b",[{":
        at = body.find(mark)
        while at >= 0:
            found += 1
            if found > MAX_MARKS:
                return True
            at = body.find(mark, at + 1)
    return False


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("The body names a key twice.")
    return found


def _no_constant(name: str) -> None:
    raise BadRequest(f"{name} is not a JSON number.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise BadRequest("The body holds a number that is too large.")
    return number


def _require_depth(data: object, max_depth: int) -> None:
    level, here = 1, [data]
    while here:
        if level > max_depth:
            raise BadRequest(f"The body is nested deeper than {max_depth} levels.")
        here = [child for node in here for child in _children(node)]
        level += 1


def _children(node: object) -> list[object]:
    values = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [value for value in values if isinstance(value, (dict, list))]
