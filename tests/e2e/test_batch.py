"""A batch in a real browser: upload, dry run, run, the way back; and a file that is no ZIP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.demo import sample_photo
from tests.batch.batch_material import zip_of
from tests.e2e.e2e_hands import open_page, photo_ids, settle, with_demo
from tests.e2e.test_look import serious, sideways

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def choose_zip(page: Page, file: Path) -> None:
    """Choose the ZIP and press the button of the dry run."""
    page.locator('[class*="st-key-batch_zip"] input[type=file]').set_input_files(file)
    page.wait_for_function("!document.querySelector('.st-key-batch_check button').disabled")
    settle(page)
    page.locator(".st-key-batch_check button").click()


def test_a_batch_goes_in_and_comes_out_again(page: Page, server: str, tmp_path: Path) -> None:
    with_demo(page, server)
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
    assert rows.count() == 3 and rows.first.locator("img").count() == 2
    assert "high needs" in rows.nth(1).inner_text() and "999" in rows.nth(2).inner_text()
    assert photo_ids(server, "002") == before
    assert not serious(page) and sideways(page) <= 0
    page.locator(".st-key-batch_run button").click()
    page.wait_for_selector(".fd-is-replaced", timeout=60_000)
    assert photo_ids(server, "002") != before
    page.reload()
    page.wait_for_selector(".fd-is-replaced", timeout=60_000)
    settle(page)
    page.get_by_test_id("stPopover").get_by_role("button").first.click()
    page.locator(".st-key-batch_undo button").click()
    page.wait_for_selector(".fd-is-restored", timeout=60_000)
    assert "restored" in page.locator(".fd-counts").inner_text()


def test_what_is_no_zip_is_one_sentence(page: Page, server: str, tmp_path: Path) -> None:
    with_demo(page, server)
    file = tmp_path / "new.zip"
    file.write_bytes(b"this is no archive" * 20)
    open_page(page, "/batch")
    choose_zip(page, file)
    page.get_by_text("This is not a ZIP file").wait_for()
    assert page.locator(".st-key-batch_check").is_visible()
