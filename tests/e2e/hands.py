"""What a person does at the pages, and what a program asks beside them."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.visiting import settle

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def press(page: Page, target: str | Locator) -> None:
    """Click what stands on the page at rest, and wait until it is at rest again."""
    settle(page)
    (page.locator(target) if isinstance(target, str) else target).click()
    settle(page)


def tick_row(page: Page, number: int, height: int, opened: str) -> None:
    """Tick a row of a table, which is a canvas; ``opened`` appears where it was ticked."""
    table = page.get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    settle(page)
    table.click(position={"x": 17, "y": 36 + height * (number + 0.5)})
    page.locator(opened).first.wait_for()
    settle(page)


def open_page(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_selector(".st-key-person, .fd-title", timeout=30_000)
    settle(page)


def choose_person(page: Page, text: str) -> None:
    """Type into the picker and take the first that matches."""
    fill(page, ".st-key-person input", text)
    page.wait_for_selector(".fd-photo")
    settle(page)


def fill(page: Page, field: str, text: str) -> None:
    """Type into a field of the page at rest and press Enter."""
    settle(page)
    page.locator(field).first.fill(text)
    page.keyboard.press("Enter")
    settle(page)


def upload(page: Page, file: Path) -> None:
    """Choose a file in the browser's own window."""
    settle(page)
    with page.expect_file_chooser() as chooser:
        page.locator("[data-testid=stFileUploaderDropzone] button").first.click()
    chooser.value.set_files(file)


def sample(page: Page, name: str) -> None:
    """Take one of the demo's sample photos, by its label."""
    press(page, page.locator("[class*=st-key-new_sample]").get_by_text(name, exact=True))
    page.locator(".fd-verdict").wait_for()


def call(server: str, name: str, **fields: Any) -> dict[str, Any]:
    """One JSON call over HTTP."""
    body = json.dumps(fields).encode()
    request = urllib.request.Request(
        f"{server}/sophon/v2/face/{name}", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        data: dict[str, Any] = json.load(answer)
    return data


def photo_ids(server: str, person: str) -> list[str]:
    ids: list[str] = call(server, "getidentity", identity_id=person)["identity"]["reg_pic_ids"]
    return ids
