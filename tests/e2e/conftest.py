"""A real server and a real browser. Both stop by themselves; nothing leaves this machine.

`server` is the address of one FaceDesk with the demo gallery for the whole session, `page`
a fresh browser page for one test. A page that asks any other machine for anything fails its test.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from bench.film import FLAGS
from bench.visiting import visitor
from tests.e2e.server import command, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request, WebSocket


@pytest.fixture(scope="session")
def server_settings() -> dict[str, str]:
    """FACEDESK_* variables of a server but its data; nothing of the developer's own is taken over.

    The built-in engine is the default: it needs no model files. FACEDESK_TEST_ENGINE
    chooses another one.
    """
    return {
        "FACEDESK_DATABASE": "",
        "FACEDESK_ENGINE": os.environ.get("FACEDESK_TEST_ENGINE", "dlib"),
        "FACEDESK_PACK": "",
        "FACEDESK_IMAGE_ROOTS": "",
    }


@pytest.fixture(scope="session")
def demo_copy(
    server_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Path]:
    """Makes folders of data with the demo gallery, which is loaded once."""
    loaded = tmp_path_factory.mktemp("demo")
    command(server_settings | {"FACEDESK_DATA": str(loaded)}, "demo")

    def make() -> Path:
        return shutil.copytree(loaded, tmp_path_factory.mktemp("demo-copy"), dirs_exist_ok=True)

    return make


@pytest.fixture(scope="session")
def server(
    server_settings: dict[str, str],
    demo_copy: Callable[[], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Address of a running FaceDesk, as ``http://127.0.0.1:<port>``."""
    own = server_settings | {"FACEDESK_DATA": str(demo_copy())}
    with serving(own, tmp_path_factory.mktemp("facedesk-log")) as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium; CHROMIUM names another one."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not Path(program).exists():
        pytest.skip(f"no Chromium at {program}; CHROMIUM may name another one")
    playwright.expect.set_options(timeout=20_000)
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The browser of one test: what it leaves open is closed, or it would go on asking."""
    yield chromium
    for context in chromium.contexts:
        context.close()


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """A fresh page, 1440x900 and English; relative addresses go to the server.

    The browser's flags keep what it asks of other machines from going out; here it is noted.
    A route of Playwright's would do both, but every file of a page would go through the test.
    """
    outside: list[str] = []

    def note(asked: Request | WebSocket) -> None:
        address = urlsplit(asked.url)
        if address.scheme not in ("data", "blob") and address.hostname != "127.0.0.1":
            outside.append(asked.url)

    context = visitor(
        browser,
        base_url=server,
        viewport={"width": 1440, "height": 900},
        permissions=["camera"],
        accept_downloads=True,
    )
    context.on("request", note)
    context.on("page", lambda opened: opened.on("websocket", note))
    yield context.new_page()
    context.close()
    assert not outside, f"the page asked other machines: {outside}"
