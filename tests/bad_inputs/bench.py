"""What the rows of the table are sent to, and what they are made of.

Two real servers on free loopback ports (one open, one that asks for tokens) stand on one small
gallery; every request is bytes on a socket, so that a row may send whatever it likes.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from core.calls.perform import perform
from core.calls.table import BY_FUNCTION
from core.desk import Desk
from core.engine.base import Embedding, Engine, Face
from core.gallery.records import Actor
from core.imaging.photo import Pixels
from core.web.api import make_routes
from core.web.gate import Gate, believe_no_proxy
from core.web.malformed import answer_malformed

FAMILY = "/sophon/v2/face"
UPDATE = f"{FAMILY}/updateimage"
JSON_TYPE = {"Content-Type": "application/json"}
Trace = Literal["audit", "line", "nothing", "unaudited"]


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP number (0 from a function), headers, body, and the body's JSON where it is some."""

    http: int
    headers: dict[str, str]
    body: bytes
    json: Any


NOBODY = Reply(0, {}, b"", None)
"""Of a connection whose caller had hung up."""


class Remembering:
    """The built-in engine, which looks at each picture once: most rows send the same one."""

    def __init__(self, engine: Engine) -> None:
        self.info = engine.info
        self._engine = engine
        self._known: dict[tuple[object, ...], Any] = {}

    def forget(self) -> None:
        """Look anew from now on."""
        self._known.clear()

    def detect(self, pixels_bgr: Pixels, side: int) -> list[Face]:
        key = (hash(pixels_bgr.tobytes()), side)
        if key not in self._known:
            self._known[key] = self._engine.detect(pixels_bgr, side)
        return list(self._known[key])

    def embed(self, pixels_bgr: Pixels, face: Face) -> Embedding:
        key = (hash(pixels_bgr.tobytes()), face.box_xyxy.tobytes())
        if key not in self._known:
            self._known[key] = self._engine.embed(pixels_bgr, face)
        return self._known[key]  # type: ignore[no-any-return]


@dataclass(slots=True)
class Bench:
    """Everything a row may use."""

    desk: Desk
    closed: Desk
    pictures: dict[str, bytes]
    engine: Remembering
    port: int
    closed_port: int
    roots: Path
    tokens: dict[str, str] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)

    def photo_id(self, identity_id: str = "001", index: int = 0) -> str:
        return self.desk.gallery.identity(identity_id).photos[index].id

    def good(self, **changes: Any) -> dict[str, Any]:
        """The request that is accepted, with changes; a callable is given the bench."""
        request = {
            "identity_id": "001",
            "register_image": as_base64(self.pictures["jing"]),
            "register_image_id": self.photo_id(),
            "fiqa_level": "normal",
        }
        for name, value in changes.items():
            request[name] = value(self) if callable(value) else value
        return request

    def ask(self, request: object, address: str = UPDATE, port: int = 0, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = request if isinstance(request, bytes) else json.dumps(request).encode()
        return self.exchange([http_bytes("POST", address, JSON_TYPE | named, body)], port=port)

    def call(self, function: str, request: object) -> Reply:
        """The function's own door, where no HTTP is in the way."""
        answer = perform(BY_FUNCTION[function], request, Actor(), lambda: self.desk)
        return Reply(0, {}, json.dumps(answer, allow_nan=False).encode(), answer)

    def leave(self, parts: Sequence[bytes]) -> None:
        """Send parts and hang up."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as line:
            for part in parts:
                line.sendall(part)

    def exchange(self, parts: Sequence[bytes], port: int = 0) -> Reply:
        """Send parts, then read one answer."""
        with socket.create_connection(("127.0.0.1", port or self.port), timeout=20) as line:
            # A server that has refused closes: what is sent after that is nobody's loss.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for part in parts:
                    line.sendall(part)
            return read_reply(line)


def as_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def http_bytes(method: str, address: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A request as it goes over the wire; Host and Content-Length are added."""
    lines = {"Host": "127.0.0.1", "Content-Length": str(len(body)), "Connection": "close"}
    text = "".join(f"{name}: {value}\r\n" for name, value in (lines | headers).items())
    return f"{method} {address} HTTP/1.1\r\n{text}\r\n".encode("latin-1") + body


def read_reply(line: socket.socket) -> Reply:
    with contextlib.closing(http.client.HTTPResponse(line)) as response:
        response.begin()
        body = response.read()
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, body, found)


@contextlib.contextmanager
def served(desk: Desk) -> Iterator[int]:
    """The routes behind the gate on a free port of this machine, in a thread."""
    gate = Middleware(Gate, settings=desk.settings, desk=lambda: desk)
    app = Starlette(routes=make_routes(desk.settings, lambda: desk), middleware=[gate])
    believe_no_proxy()
    answer_malformed()
    config = uvicorn.Config(app, log_config=None, lifespan="off", access_log=False, ws="none")
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(10)


Prime = Callable[[Bench], object]
Send = Callable[[Bench], Reply]
Prepare = Callable[[Bench, pytest.MonkeyPatch], contextlib.AbstractContextManager[Any] | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what is sent, and what it gets.

    Attributes:
        name: section, number in the plan, words.
        code: of the error; 0 when it is accepted.
        send: does it.
        trace: one audit row, one security line, nothing (accepted), or a refusal that could not
            be audited and is in the log.
        prepare: what is wrong with the house meanwhile; a context, or None when the patches do.
        prime: what happened before.
        says: words of the answer: which quality item failed, which note was made.
        most_times: how many good requests it may cost.
    """

    name: str
    code: int
    send: Send
    trace: Trace
    prepare: Prepare | None = None
    prime: Prime | None = None
    says: str = ""
    most_times: float = 2.0


def field_row(
    name: str,
    code: int,
    trace: Trace = "line",
    prepare: Prepare | None = None,
    prime: Prime | None = None,
    **changes: Any,
) -> Row:
    """The good request over HTTP with other fields."""
    return Row(name, code, lambda bench: bench.ask(bench.good(**changes)), trace, prepare, prime)


def photo_row(
    name: str,
    code: int,
    make: Callable[[Bench], bytes],
    trace: Trace = "audit",
    says: str = "",
    most_times: float = 2.0,
    **changes: Any,
) -> Row:
    """The good request over HTTP with another photo; an accepted one is a rehearsal."""
    rehearsal = {} if code else {"dry_run": True}

    def prime(bench: Bench) -> None:  # what it costs to make the photo is no cost of the server
        bench.kept[name] = as_base64(make(bench))

    def send(bench: Bench) -> Reply:
        return bench.ask(bench.good(register_image=bench.kept[name], **{**rehearsal, **changes}))

    traced = trace if code else "nothing"
    return Row(name, code, send, traced, prime=prime, says=says, most_times=most_times)
