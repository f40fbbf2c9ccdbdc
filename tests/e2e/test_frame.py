"""What the pages tell the browser: the language, how to install them, Streamlit's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.manifest import ADDRESS
from tests.e2e.hands import open_page, press

if TYPE_CHECKING:
    from playwright.sync_api import Page

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
