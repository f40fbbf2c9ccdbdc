"""The history in a real browser: the red card, a typed reason, the row, the way back, the file."""

from __future__ import annotations

import base64
import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.visiting import settle
from core.demo import sample_photo
from tests.e2e.hands import call, fill, open_page, photo_ids, press, sample, tick_row

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
REASON = "=1+1 seen in person"


def test_a_wrong_person_goes_in_with_a_reason_and_comes_out_again(page: Page, server: str) -> None:
    from playwright.sync_api import expect

    open_page(page, "/?person=003")
    sample(page, "other person")
    faces = page.locator(".fd-red figcaption")
    expect(faces).to_contain_text(["New photo", "(003)", "(004)"])
    confirm = page.locator(".st-key-confirm button")
    expect(confirm).to_be_disabled()
    fill(page, ".st-key-reason input", REASON)
    expect(confirm).to_be_enabled()
    press(page, confirm)
    page.locator(".st-key-undo").wait_for()
    row_in_history(page)


def test_who_is_gone_meanwhile_cannot_be_restored(page: Page, server: str) -> None:
    from playwright.sync_api import expect

    photo = base64.b64encode(sample_photo("007", "good")).decode()
    old = photo_ids(server, "007")[0]
    fields = {"identity_id": "007", "register_image": photo, "register_image_id": old}
    call(server, "updateimage", fiqa_level="no", **fields)
    open_page(page, "/history?person=007")
    tick_row(page, 0, 44, "[class*=st-key-restore_] button")
    call(server, "deleteidentities", identity_ids=["007"])
    press(page, "[class*=st-key-restore_] button")
    expect(page.get_by_test_id("stAlert").first).to_contain_text("No such identity")
    fill(page, "[class*=st-key-live_hist_person] input", "nobody")
    expect(page.get_by_text("Nothing happened that matches.")).to_be_visible()


def row_in_history(page: Page) -> None:
    from playwright.sync_api import expect

    open_page(page, "/history?person=003")
    rows = exported(page)
    assert (rows[0]["action"], rows[0]["identity_id"]) == ("replace", "003")
    assert rows[0]["reason"] == "'" + REASON
    assert rows[0]["overridden"] == "wrong_person double_person"
    tick_row(page, 0, 44, "[class*=st-key-restore_] button")
    expect(page.locator(".fd-fact")).to_contain_text(REASON)
    press(page, "[class*=st-key-restore_] button")
    page.get_by_text("The earlier photo is registered again.").wait_for()
    newest, before, *_ = exported(page)
    assert newest["action"] == "restore" and newest["old_photo_id"] == before["new_photo_id"]
    assert newest["restored_from"] == before["old_photo_id"]


def exported(page: Page) -> list[dict[str, str]]:
    """The rows of the file that the button gives, once the page has come to rest."""
    settle(page)
    with page.expect_download() as download:
        page.locator(".st-key-hist_export button").click()
    with Path(download.value.path()).open(newline="", encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))
