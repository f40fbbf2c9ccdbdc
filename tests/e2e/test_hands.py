"""What hands can do beyond Streamlit's widgets: paste a photo, click a face, find while typing."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from core.demo import sample_photo
from tests.e2e.hands import open_page, sample

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PASTE = """encoded => {
    const bytes = Uint8Array.from(atob(encoded), letter => letter.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], "pasted.jpg", { type: "image/jpeg" }));
    document.body.dispatchEvent(
        new ClipboardEvent("paste", { clipboardData: files, bubbles: true, cancelable: true }));
}"""


def open_with_hands(page: Page, path: str) -> None:
    """Open a page and wait until it listens: that part comes after the widgets."""
    open_page(page, path)
    page.wait_for_function("document.documentElement.dataset.hands")


def test_a_pasted_photo_is_looked_at_like_a_chosen_one(page: Page, server: str) -> None:
    from playwright.sync_api import expect

    open_with_hands(page, "/?person=001")
    page.evaluate(PASTE, base64.b64encode(sample_photo("001", "good")).decode())
    expect(page.locator(".fd-verdict")).to_contain_text("Passes “high”")


def test_a_click_on_a_face_takes_it(page: Page, server: str) -> None:
    from playwright.sync_api import expect

    open_with_hands(page, "/?person=001")
    sample(page, "group")
    stage = page.locator(".st-key-picture_new")
    expect(stage).to_contain_text("number 1, the largest")
    expect(stage.locator("img")).to_be_visible()
    left, top, right, bottom = page.evaluate(
        "JSON.parse(document.querySelector('[data-boxes]').dataset.boxes)[2]"
    )
    picture = stage.locator("img")
    shown = picture.bounding_box()
    natural = picture.evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert shown
    scale = min(shown["width"] / natural[0], shown["height"] / natural[1])
    x = shown["width"] / 2 + ((left + right) / 2 - 0.5) * natural[0] * scale
    y = shown["height"] / 2 + ((top + bottom) / 2 - 0.5) * natural[1] * scale
    picture.click(position={"x": x, "y": y})
    expect(stage).to_contain_text("number 3 is used")


def test_the_table_narrows_while_typing(page: Page, server: str) -> None:
    from playwright.sync_api import expect

    open_with_hands(page, "/identities")
    page.get_by_label("Search by id or name").press_sequentially("Wang")
    expect(page.get_by_text("1 found")).to_be_visible()
    expect(page.get_by_label("Search by id or name")).to_have_value("Wang")
    expect(page.get_by_label("Search by id or name")).to_be_focused()
