"""What the pages tell the browser: the language, how to install them, Streamlit's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.visiting import visitor
from core.desktop.server import free_port
from core.manifest import ADDRESS
from tests.e2e.hands import open_page, press
from tests.e2e.server import serving

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


def test_the_browser_can_install_the_pages(page: Page, server: str) -> None:
    open_page(page, "/identities")
    devtools = page.context.new_cdp_session(page)
    found = devtools.send("Page.getAppManifest")
    assert found["url"] == f"{server}/{ADDRESS}" and found["errors"] == []
    hindrances = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A test's own context counts as private browsing; nothing else is in the way.
    assert [hindrance["errorId"] for hindrance in hindrances] == ["in-incognito"]


def test_streamlits_own_words_follow_the_language_there_and_back(page: Page, server: str) -> None:
    from playwright.sync_api import expect

    open_page(page, "/?person=001")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    press(page, page.locator(".st-key-language").get_by_text("中文"))
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    opener = page.locator(".st-key-person [aria-label='打开']")
    expect(opener).to_have_count(1)
    press(page, page.locator(".st-key-language").get_by_text("English"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".st-key-person [aria-label='Open']")).to_have_count(1)


@pytest.mark.parametrize(
    ("locale", "said"), [("en-US", "There is no such page."), ("zh-CN", "没有这个页面")]
)
def test_an_address_that_leads_nowhere(browser: Browser, server: str, locale: str, said: str):
    from playwright.sync_api import expect

    page = visitor(browser, base_url=server, locale=locale).new_page()
    open_page(page, "/nowhere")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(said)
    expect(dialog).not_to_contain_text("main page")


def test_a_server_that_is_gone_and_comes_back(
    browser: Browser, server_settings: dict[str, str], tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    port, own = free_port(), server_settings | {"FACEDESK_DATA": str(tmp_path)}
    with serving(own, tmp_path, port) as address:
        page = visitor(browser, base_url=address, locale="zh-CN").new_page()
        open_page(page, "/")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("FaceDesk 没有响应")
    expect(dialog).not_to_contain_text("Streamlit")
    with serving(own, tmp_path, port):
        connected = page.locator("[data-test-connection-state=CONNECTED]")
        expect(connected).to_have_count(1, timeout=60_000)
        expect(dialog).to_have_count(0)
        page.get_by_role("button", name="加载演示底库").click()
        expect(page.locator(".st-key-person")).to_be_visible(timeout=60_000)
