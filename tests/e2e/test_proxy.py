"""Proxy mode with a real browser and a real proxy: names and roles come from it, and from it alone.

The trust is in the proxy's address: the browser, on the same machine, may send what it likes.
"""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.visiting import settle, visitor
from core.demo import sample_photo
from core.desktop.server import free_port
from tests.e2e.hands import press, upload
from tests.e2e.reverse_proxy import CLIENT, PLACE, proxying
from tests.web.servers import STREAMLIT, ask, started, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

KNOBS = {
    "FACEDESK_ACCESS": "proxy",
    "FACEDESK_TRUSTED_PROXIES": PLACE,
    "FACEDESK_ROLES": "ann@example.org=operator,vera@example.org=viewer",
}
PAST = "You come past the sign-in of this house"


@pytest.fixture(scope="module")
def data(demo_copy: Callable[[], Path]) -> Path:
    return demo_copy()


@pytest.fixture(scope="module")
def port(data: Path, server_settings: dict[str, str]) -> Iterator[int]:
    with socket.socket() as probe:
        try:
            probe.bind((PLACE, 0))
        except OSError:
            pytest.skip("this system has one loopback address only")
    chosen = free_port()
    with started([*STREAMLIT, "--server.port", str(chosen)], data, **server_settings | KNOBS):
        wait_for(chosen)
        yield chosen


def visit(browser: Browser, address: str, **headers: str) -> Page:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    page = visitor(browser, extra_http_headers=named).new_page()
    page.goto(f"{address}/?person=001")
    return page


def newest(data: Path) -> tuple[str, int, str, str]:
    """Action, outcome, operator and address of the audit's newest row."""
    query = "SELECT action, outcome, operator, address FROM audit ORDER BY id DESC LIMIT 1"
    with closing(sqlite3.connect(data / "gallery.db")) as connection:
        found: tuple[str, int, str, str] = connection.execute(query).fetchone()
    return found


def test_an_operator_replaces_a_photo(
    browser: Browser, port: int, data: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "new.jpg"
    photo.write_bytes(sample_photo("001", "good"))
    with proxying(port, "ann@example.org") as address:
        # What the browser claims to be is overwritten on the way.
        page = visit(browser, address, X_Forwarded_User="boss", X_Forwarded_For="10.9.9.9")
        page.get_by_text("Registered faces").wait_for()
        press(page, page.get_by_test_id("stPopover").get_by_role("button"))
        page.get_by_text("ann@").and_(page.get_by_text("operator")).first.wait_for()
        page.keyboard.press("Escape")
        upload(page, photo)
        page.locator(".fd-verdict").wait_for()
        press(page, page.get_by_role("button", name="Replace photo", exact=True))
        page.get_by_text("Photo replaced.").wait_for()
        page.context.close()
    assert newest(data) == ("replace", 0, "ann@example.org", CLIENT)


def test_a_viewer_looks_only(browser: Browser, port: int, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    photo = tmp_path / "new.jpg"
    photo.write_bytes(sample_photo("001", "good"))
    with proxying(port, "vera@example.org") as address:
        page = visit(browser, address)
        page.get_by_text("Registered faces").wait_for()
        upload(page, photo)
        page.get_by_text("it takes: operator").first.wait_for()
        expect(page.get_by_role("button", name="Replace photo", exact=True)).to_be_disabled()
        page.context.close()


def test_somebody_without_a_role_sees_nothing(browser: Browser, port: int, data: Path) -> None:
    from playwright.sync_api import expect

    with proxying(port, "eve@example.org") as address:
        page = visit(browser, address)
        page.get_by_text("You have no role here").wait_for()
        settle(page)
        expect(page.get_by_text("Registered faces")).to_have_count(0)
        page.context.close()
    assert newest(data)[:2] == ("page", 40300) and newest(data)[3] == CLIENT


@pytest.mark.parametrize("headers", [{}, {"X_Forwarded_User": "ann@example.org"}])
def test_past_the_proxy_nobody_is_let_in(
    browser: Browser, port: int, headers: dict[str, str]
) -> None:
    from playwright.sync_api import expect

    page = visit(browser, f"http://127.0.0.1:{port}", **headers)
    page.get_by_text(PAST).wait_for()
    settle(page)
    expect(page.get_by_text("Registered faces")).to_have_count(0)
    assert ask(f"http://127.0.0.1:{port}/sophon/openapi.json", **headers)[0] == 401
