"""A real server and a real browser. Both stop by themselves; nothing leaves this machine.

`server` is the address of one FaceDesk with an empty gallery for the whole session, `page`
a fresh browser page for one test. A page that asks any other machine for anything fails its test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from bench.film import FLAGS
from bench.visiting import visitor
from tests.e2e.e2e_server import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route


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
    with serving(server_settings, tmp_path_factory.mktemp("facedesk-log")) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; CHROMIUM names another one."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not Path(chromium).exists():
        pytest.skip(f"no Chromium at {chromium}; CHROMIUM may name another one")
    playwright.expect.set_options(timeout=20_000)
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=FLAGS)
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

    context = visitor(
        browser,
        base_url=server,
        viewport={"width": 1440, "height": 900},
        permissions=["camera"],
        accept_downloads=True,
    )
    context.route("**/*", keep_inside)
    yield context.new_page()
    context.close()
    assert not outside, f"the page asked other machines: {outside}"
