"""A server of one's own on a free loopback port."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from core.errors import NotReady
from core.settings import ROOT

START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it answers, and its process."""

    address: str
    process: subprocess.Popen[bytes]


@contextmanager
def serving(
    env: Mapping[str, str], log: IO[bytes] | None = None, port: int | None = None
) -> Iterator[Server]:
    """A FaceDesk on a loopback port while the block runs.

    Args:
        env: its whole environment.
        log: where its lines go; None: where ours go.
        port: None: a free one.

    Raises NotReady: it ended, or did not answer in time.
    """
    port = port or free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "core.desktop.serve", str(port)],
        cwd=ROOT,
        env=dict(env),
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT if log else None,
    )
    server = Server(f"http://127.0.0.1:{port}", process)
    try:
        _wait_until_healthy(server)
        yield server
    finally:
        _stop(process)


def free_port() -> int:
    """A loopback port that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_healthy(server: Server) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.address}/_stcore/health", timeout=2) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.1)
    raise NotReady("The server did not start; its own lines say why.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server, kindly at first."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin:
        process.stdin.close()
