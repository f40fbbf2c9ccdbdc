"""A FaceDesk of its own for the browser's tests; it ends when they end, however they end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
# Runs streamlit, and ends when the pipe to the tests closes: also when they are killed.
SERVE = """
import os, runpy, sys, threading
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
sys.argv = ["streamlit", "run", "app.py", "--server.port", sys.argv[1]]
runpy.run_module("streamlit", run_name="__main__")
"""


@contextmanager
def serving(settings: dict[str, str], logs: Path) -> Iterator[str]:
    """A FaceDesk of its own while the block runs; gives its address."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FACEDESK_", "STREAMLIT_"))}
    port = free_port()
    log = logs / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(port)],
            cwd=ROOT,
            env={**kept, **settings},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers; fail with its last lines when it does not."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.1)
    tail = log.read_text(errors="replace").splitlines()[-30:]
    pytest.fail("the server did not start:\n" + "\n".join(tail))


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server, kindly at first."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin:
        process.stdin.close()
