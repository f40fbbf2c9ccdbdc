"""A real server and a real browser. Both stop by themselves; nothing leaves this machine.

`server` is the address of one FaceDesk with an empty gallery for the whole session, `page`
a fresh browser page for one test. A page that asks any other machine for anything fails its test.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Runs streamlit, and ends when the pipe to the tests closes: also when they are killed.
SERVE = """
import os, runpy, sys, threading
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
sys.argv = ["streamlit", "run", "app.py", "--server.port", sys.argv[1]]
runpy.run_module("streamlit", run_name="__main__")
"""


@pytest.fixture(scope="session")
def server_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """FACEDESK_* variables of the server; nothing of the developer's own is taken over.

    The built-in engine is the default: it needs no model files. FACEDESK_TEST_ENGINE
    chooses another one.
    """
    return {
        "FACEDESK_DATA": str(tmp_path_factory.mktemp("facedesk-data")),
        "FACEDESK_DATABASE": "",
        "FACEDESK_ENGINE": os.environ.get("FACEDESK_TEST_ENGINE", "dlib"),
        "FACEDESK_PACK": "",
        "FACEDESK_IMAGE_ROOTS": "",
    }


@pytest.fixture(scope="session")
def server(
    server_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Address of a running FaceDesk, as ``http://127.0.0.1:<port>``."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FACEDESK_", "STREAMLIT_"))}
    port = free_port()
    log = tmp_path_factory.mktemp("facedesk-log") / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(port)],
            cwd=ROOT,
            env={**kept, **server_settings},
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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; CHROMIUM names another one."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not Path(chromium).exists():
        pytest.skip(f"no Chromium at {chromium}; CHROMIUM may name another one")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """A fresh page, 1440x900 and English; relative addresses go to the server."""
    outside: list[str] = []

    def keep_inside(route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.scheme in ("data", "blob") or address.hostname == "127.0.0.1":
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    context = browser.new_context(
        base_url=server,
        viewport={"width": 1440, "height": 900},
        locale="en-US",
        permissions=["camera"],
        accept_downloads=True,
    )
    context.route("**/*", keep_inside)
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()
    assert not outside, f"the page asked other machines: {outside}"
