"""A fresh server with accounts, met with a real browser by a deep link first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.visiting import settle, visitor
from core.desktop.server import free_port
from tests.e2e.hands import press
from tests.e2e.server import command
from tests.e2e.test_look import serious
from tests.web.servers import STREAMLIT, started, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def data(demo_copy: Callable[[], Path]) -> Path:
    folder = demo_copy()
    command({"FACEDESK_DATA": str(folder)}, "user create vera --role viewer", PASSWORD)
    return folder


@pytest.fixture
def guarded_server(data: Path, server_settings: dict[str, str]) -> Iterator[str]:
    """A server that nobody has visited."""
    port = free_port()
    knobs = server_settings | {"FACEDESK_ACCESS": "accounts"}
    with started([*STREAMLIT, "--server.port", str(port)], data, **knobs):
        wait_for(port)
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("path", ["/identities", "/?person=001"])
def test_a_deep_link_on_a_fresh_server_asks_first(
    browser: Browser, guarded_server: str, path: str
) -> None:
    page = visitor(browser).new_page()
    heard: list[str] = []  # everything the server sends through its socket
    page.on(
        "websocket",
        lambda socket: socket.on(
            "framereceived",
            lambda frame: heard.append(
                frame.decode("utf-8", "replace") if isinstance(frame, bytes) else frame
            ),
        ),
    )
    page.goto(guarded_server + path)
    page.get_by_label("Name").wait_for()
    settle(page)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert not serious(page), scheme
    page.get_by_label("Name").fill("vera")
    assert heard and "Jing Chen" not in "".join(heard)
    page.get_by_label("Password", exact=True).fill("wrong wrong wrong")
    press(page, page.get_by_role("button", name="Sign in"))
    page.get_by_text("do not belong together").wait_for()
    assert "Jing Chen" not in "".join(heard)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, page.get_by_role("button", name="Sign in"))
    who = page.get_by_test_id("stPopover").get_by_role("button")
    who.wait_for()
    settle(page)
    assert "Jing Chen" in "".join(heard)
    press(page, who)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Password", exact=True).wait_for()
