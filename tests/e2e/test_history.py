"""The history in a real browser: the red card, a typed reason, the row, the way back, the file."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
REASON = "=1+1 seen in person"


def test_a_wrong_person_goes_in_with_a_reason_and_comes_out_again(page: Page) -> None:
    page.goto("/?person=001")
    page.wait_for_selector(".st-key-load_demo, .fd-photo", timeout=60_000)
    if page.locator(".st-key-load_demo button").count():
        page.locator(".st-key-load_demo button").click()
    page.wait_for_selector(".fd-photo", timeout=60_000)
    page.goto("/?person=003")
    page.wait_for_selector(".fd-photo")
    page.get_by_test_id("stButtonGroup").get_by_text("other person", exact=True).click()
    card = page.locator(".fd-red")
    card.wait_for(timeout=30_000)
    faces = card.locator("figcaption").all_inner_texts()
    assert len(faces) == 3 and faces[0] == "New photo"
    assert "(003)" in faces[1] and "(004)" in faces[2]
    confirm = page.locator(".st-key-confirm button")
    assert confirm.is_disabled()
    reason = page.locator(".st-key-reason input")
    reason.fill(REASON)
    reason.press("Enter")
    page.wait_for_function("!document.querySelector('.st-key-confirm button').disabled")
    confirm.click()
    page.wait_for_selector(".st-key-undo")
    row_in_history(page)


def row_in_history(page: Page) -> None:
    page.goto("/history?person=003")
    table = page.get_by_test_id("stDataFrame")
    table.wait_for()
    with page.expect_download() as download:
        page.locator(".st-key-hist_export button").click()
    rows = read(Path(download.value.path()))
    assert (rows[0]["action"], rows[0]["identity_id"]) == ("replace", "003")
    assert rows[0]["reason"] == "'" + REASON
    assert rows[0]["overridden"] == "wrong_person double_person"
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 15, box["y"] + 40 + 22)
    restore = page.locator("[class*=st-key-restore_] button")
    restore.wait_for()
    assert REASON in page.locator(".fd-fact").inner_text()
    restore.click()
    page.get_by_text("The earlier photo is registered again.").wait_for()
    with page.expect_download() as download:
        page.locator(".st-key-hist_export button").click()
    newest, before, *_ = read(Path(download.value.path()))
    assert newest["action"] == "restore" and newest["old_photo_id"] == before["new_photo_id"]
    assert newest["restored_from"] == before["old_photo_id"]


def read(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))
