"""Servers of this machine to measure, and a caller that keeps its connection."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.desktop.server import Server, free_port, serving
from core.settings import Settings

_SINK = """
import sys, threading, os
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
async def take(request):
    await request.body()
    return Response(b'{"x": "' + b"x" * 6000 + b'"}', media_type="application/json")
app = Starlette(routes=[Route("/", take, methods=["POST"])])
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: HTTP number, headers in small letters, body."""

    status: int
    headers: dict[str, str]
    body: bytes


IDLE_S = 3.0
"""After so long a connection is opened anew: servers close one that is idle for 5 s."""


class Client:
    """One connection, kept open; not for several threads at once."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
        self._used = 0.0

    def call(self, name: str, fields: dict[str, Any]) -> dict[str, Any]:
        """A call of the API. Raises RuntimeError unless it succeeds."""
        answer = self.send(json.dumps(fields).encode(), f"/sophon/v2/face/{name}")
        if answer.status != 200:
            raise RuntimeError(f"{name}: {answer.status} {answer.body[:300]!r}")
        found: dict[str, Any] = json.loads(answer.body)
        return found

    def send(self, body: bytes, path: str = "/") -> Answer:
        """Post a JSON body."""
        if time.monotonic() - self._used > IDLE_S:
            self._connection.close()
        self._connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        answer = Answer(response.status, headers, response.read())
        self._used = time.monotonic()
        return answer

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


@contextmanager
def served(settings: Settings) -> Iterator[Server]:
    """A FaceDesk with these settings' data, engine and models, in a process of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FACEDESK_", "STREAMLIT_"))}
    env = {
        **kept,
        "FACEDESK_DATA": str(settings.data),
        "FACEDESK_ENGINE": settings.engine,
        "FACEDESK_MODELS": str(settings.models),
        "FACEDESK_LOG_LEVEL": "WARNING",
    }
    with Path(os.devnull).open("wb") as nowhere, serving(env, nowhere) as server:
        yield server


@contextmanager
def sink() -> Iterator[str]:
    """The address of a server that reads a body and answers as much as ours: the bare transfer."""
    port = free_port()
    command = [sys.executable, "-c", _SINK, str(port)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address)
        yield address
    finally:
        process.terminate()
        process.wait(10)
        assert process.stdin is not None
        process.stdin.close()


def _wait_for(address: str) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            with Client(address) as client:
                client.send(b"{}")
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the sink did not start")
