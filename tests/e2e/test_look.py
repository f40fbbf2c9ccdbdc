"""What the pages look like: nothing sticks out, everything can be reached and read."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.visiting import settle, visitor
from tests.e2e.hands import open_page, press, sample, tick_row, upload

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
CHARTS_S = 5.0
SIDEWAYS = """
() => [document.documentElement, document.querySelector('[data-testid=stMain]')]
    .map(e => e.scrollWidth - e.clientWidth)
"""


STREAMLITS_OWN = () if sys.version_info >= (3, 11) else ("color-contrast", "aria-allowed-attr")


def serious(page: Page) -> list[str]:
    """What axe finds that keeps people from reading or using the page.

    Python 3.10 has to do with a Streamlit whose own elements break two rules.
    """
    settle(page)
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    return [
        f"{rule['id']}: {rule['help']} {[node['html'][:120] for node in rule['nodes'][:3]]}"
        for rule in axe.run(page).response["violations"]
        if rule["impact"] in ("serious", "critical") and rule["id"] not in STREAMLITS_OWN
    ]


def sideways(page: Page) -> int:
    """Pixels that something sticks out at the side, on a telephone and on a desk.

    Charts take on a new width a moment after the page.
    """
    out = 0
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)
        deadline = time.monotonic() + CHARTS_S
        settle(page)
        while (now := max(page.evaluate(SIDEWAYS))) > 0 and time.monotonic() < deadline:
            page.wait_for_timeout(100)
        out = max(out, now)
    return out


def below_the_fold(page: Page) -> bool:
    settle(page)
    box = page.locator(".st-key-confirm button").bounding_box()
    return not box or box["y"] + box["height"] > WIDE["height"]


def test_every_state_can_be_seen_and_read(page: Page, server: str) -> None:
    open_page(page, "/?person=001")
    assert not serious(page)
    for name in ("blurred", "other person", "good"):
        sample(page, name)
        assert not below_the_fold(page), name
    assert not serious(page)
    for name in ("other person", "group"):
        sample(page, name)
        assert sideways(page) == 0, name
        assert not serious(page), name
    open_page(page, "/identities")
    assert sideways(page) == 0
    tick_row(page, 0, 56, ".st-key-edit")
    assert sideways(page) == 0 and not serious(page)


PROPER = re.compile(
    r"FaceDesk|English|ZIP|CSV|PNG|(dlib|shape)[\w:.]+|buffalo_\w+|antelopev2|opencv_zoo|MIT .*"
    r"|\S+\.(com|onnx|dat|toml|jpg)\S*|https://\S+|demo|ROC|OFIQ"
)
"""What stays as it is in Chinese: names of products, files, columns, licences."""

EVERYWHERE = (
    ("/?person=001", ".fd-photo"),
    ("/identities", "[data-testid=stDataFrame]"),
    ("/batch", ".fd-title"),
    ("/health", "[data-testid=stVegaLiteChart] :is(canvas, svg)"),
    ("/verify", ".fd-title"),
    ("/verify?mode=search", ".fd-title"),
    ("/verify?mode=batch", ".fd-title"),
    ("/history", "[data-testid=stDataFrame]"),
    ("/engine", ".st-key-engine_choice"),
)


def test_every_page_is_chinese_and_can_be_read(browser: Browser, page: Page, server: str) -> None:
    """Streamlit's own words included, what is read aloud as well as what is seen."""
    own = visitor(browser, base_url=server, locale="zh-CN", color_scheme="dark")
    page = own.new_page()
    words = (HERE / "words.js").read_text(encoding="utf-8")
    for path, there in EVERYWHERE:
        open_page(page, path)
        page.locator(there).first.wait_for()
        settle(page)
        left = [text for text in page.evaluate(words) if not PROPER.fullmatch(text)]
        assert not left, path
        assert not serious(page), path
        assert sideways(page) == 0, path
    own.close()


def test_every_state_can_be_read_in_the_dark(page: Page, server: str) -> None:
    page.emulate_media(color_scheme="dark")
    open_page(page, "/?person=001")
    sample(page, "blurred")
    assert not serious(page)
    sample(page, "other person")
    assert not serious(page)
    open_page(page, "/identities")
    tick_row(page, 0, 56, ".st-key-edit")
    assert not serious(page)


def test_level_and_photo_outlive_the_language(page: Page, server: str) -> None:
    from playwright.sync_api import expect

    open_page(page, "/?person=001")
    level = page.locator(".st-key-new_level")
    press(page, level.get_by_text("low", exact=True))
    sample(page, "good")
    expect(level.locator("[aria-checked=true]")).to_have_text("✓ low")
    press(page, page.locator(".st-key-language").get_by_text("中文"))
    expect(page.locator(".st-key-confirm")).to_contain_text("替换照片")
    expect(level.locator("[aria-checked=true]")).to_have_text("✓ 低")
    expect(page.locator(".fd-verdict")).to_contain_text("达到“低”")


@pytest.mark.parametrize("megabytes", [30, 41])
def test_a_file_that_is_too_large_gets_a_sentence(
    page: Page, server: str, tmp_path: Path, megabytes: int
) -> None:
    """Above Streamlit's own limit, too, where the page never gets the file."""
    large = tmp_path / "large.jpg"
    large.write_bytes(b"\xff\xd8" + bytes(megabytes * 1_000_000))
    open_page(page, "/?person=001")
    upload(page, large)
    page.wait_for_function(
        """() => document.querySelector('[data-testid=stAlert]')?.innerText.includes('too large')
        || getComputedStyle(document.querySelector('[data-testid=stFileUploader]'), '::after')
           .content.includes('up to 10')"""
    )


def test_the_keyboard_alone_reaches_the_button(page: Page, server: str) -> None:
    from playwright.sync_api import expect

    open_page(page, "/?person=001")
    sample(page, "good")
    page.locator(".st-key-reason input").focus()
    page.keyboard.type("by hand")
    page.keyboard.press("Tab")
    settle(page)  # leaving the field sends what was typed
    expect(page.locator(".st-key-confirm button")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_selector(".st-key-undo")
    press(page, ".st-key-undo button")
    page.wait_for_selector(".st-key-undo", state="detached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/identities", "/history"])
def test_the_tables_can_be_read(page: Page, server: str, path: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    open_page(page, path)
    page.get_by_test_id("stDataFrame").wait_for()
    assert sideways(page) == 0 and not serious(page)
    tick_row(page, 0, 48, ".st-key-edit, .fd-fact")
    assert sideways(page) == 0 and not serious(page)
