"""A batch in a real browser: upload, dry run, run, the way back; and a file that is no ZIP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.visiting import settle
from core.demo import sample_photo
from tests.batch.material import zip_of
from tests.e2e.hands import open_page, photo_ids, press
from tests.e2e.test_look import serious, sideways

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def choose_zip(page: Page, file: Path) -> None:
    """Choose the ZIP and press the button of the dry run."""
    from playwright.sync_api import expect

    page.locator('[class*="st-key-batch_zip"] input[type=file]').set_input_files(file)
    expect(page.locator(".st-key-batch_check button")).to_be_enabled()
    press(page, ".st-key-batch_check button")


def test_a_batch_goes_in_and_comes_out_again(page: Page, server: str, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    file = tmp_path / "new.zip"
    files = [("002.jpg", sample_photo("002", "good")), ("006.jpg", sample_photo("006", "blurred"))]
    file.write_bytes(zip_of([*files, ("999.jpg", b"x")]))
    before = photo_ids(server, "002")
    open_page(page, "/batch")
    assert not serious(page)
    choose_zip(page, file)
    page.wait_for_selector(".fd-batch", timeout=60_000)
    settle(page)
    rows = page.locator(".fd-batch tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first.locator("img")).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("high needs")
    expect(rows.nth(2)).to_contain_text("999")
    assert photo_ids(server, "002") == before
    assert not serious(page) and sideways(page) <= 0
    press(page, ".st-key-batch_run button")
    page.wait_for_selector(".fd-is-replaced", timeout=60_000)
    assert photo_ids(server, "002") != before
    page.reload()
    page.wait_for_selector(".fd-is-replaced", timeout=60_000)
    press(page, page.get_by_test_id("stPopover").get_by_role("button").first)
    press(page, ".st-key-batch_undo button")
    page.wait_for_selector(".fd-is-restored", timeout=60_000)
    expect(page.locator(".fd-counts")).to_contain_text("restored")


def test_what_is_no_zip_is_one_sentence(page: Page, server: str, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    file = tmp_path / "new.zip"
    file.write_bytes(b"this is no archive" * 20)
    open_page(page, "/batch")
    choose_zip(page, file)
    expect(page.get_by_text("This is not a ZIP file")).to_be_visible()
    expect(page.locator(".st-key-batch_check")).to_be_visible()
