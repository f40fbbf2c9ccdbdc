"""A bookmark on a fresh server: the page opens as it does from the menu."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from bench.visiting import settle
from tests.e2e.hands import press
from tests.e2e.server import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PROBES = {"/identities/_stcore/health", "/identities/_stcore/host-config"}
"""Streamlit's own page asks below its address first, and one level up when nobody answers."""


@pytest.fixture(scope="module")
def server(
    server_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A server that nobody has visited."""
    own = server_settings | {"FACEDESK_DATA": str(tmp_path_factory.mktemp("link-data"))}
    with serving(own, tmp_path_factory.mktemp("link-log")) as address:
        yield address


def test_a_bookmark_on_a_fresh_server(page: Page) -> None:
    from playwright.sync_api import expect

    missing: set[str] = set()
    page.on("response", lambda r: missing.add(urlsplit(r.url).path) if r.status >= 400 else None)
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto("/identities")
    expect(page.get_by_role("heading", name="Identities", level=1)).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name="Load the demo gallery")).to_be_visible()
    expect(page.get_by_role("link", name="Replace photo")).to_be_visible()
    expect(page.locator("[data-testid=stLogo], [data-testid=stHeaderLogo]").first).to_be_visible()
    expect(page).to_have_title(re.compile("^(FaceDesk|Identities)"))
    settle(page)
    assert missing <= PROBES, "something of ours is not found"
    assert not failures

    press(page, page.get_by_role("link", name="Replace photo"))
    expect(page.get_by_role("heading", name="Replace photo", level=1)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Replace photo", level=1)).to_be_visible(timeout=30_000)
