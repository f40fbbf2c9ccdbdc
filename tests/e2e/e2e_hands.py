"""What a person does at the pages, and what a program asks beside them."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

QUIET = (
    "!document.querySelector('[data-testid=stStatusWidget], [data-stale=true],"
    " [data-testid=stSkeleton]')"
)


def settle(page: Page) -> None:
    """Wait until the script has run and its picture stands."""
    page.wait_for_timeout(150)
    page.wait_for_function(QUIET)
    page.wait_for_timeout(200)


def with_demo(page: Page, server: str) -> None:
    """Load the demo gallery unless the server has it."""
    if call(server, "getidentities", page_limit=1)["identities"]:
        return
    page.goto("/")
    page.get_by_role("button", name="Load the demo gallery").click(timeout=30_000)
    page.wait_for_selector(".st-key-person", timeout=30_000)
    settle(page)


def open_page(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_selector(".st-key-person, .fd-title", timeout=30_000)
    settle(page)


def choose_person(page: Page, text: str) -> None:
    """Type into the picker and take the first that matches."""
    page.locator(".st-key-person input").fill(text)
    page.keyboard.press("Enter")
    page.wait_for_selector(".fd-photo")
    settle(page)


def upload(page: Page, file: Path) -> None:
    """Choose a file in the browser's own window."""
    with page.expect_file_chooser() as chooser:
        page.locator("[data-testid=stFileUploaderDropzone] button").first.click()
    chooser.value.set_files(file)


def sample(page: Page, name: str) -> None:
    """Take one of the demo's sample photos, by its label."""
    page.locator("[class*=st-key-new_sample]").get_by_text(name, exact=True).click()
    page.wait_for_selector(".fd-verdict")
    settle(page)


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
