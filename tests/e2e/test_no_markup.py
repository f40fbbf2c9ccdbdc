"""What people type into names is shown as text, and fetches nothing from anywhere."""

from __future__ import annotations

import base64
import json
import urllib.request
from typing import TYPE_CHECKING

import pytest

from core.demo import sample_photo
from tests.e2e.hands import fill, open_page, tick_row

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

NAME = "![x](http://192.0.2.1/pixel.png) <img src=http://192.0.2.1/a.png onerror=alert(1)>"
WORDS = "**bold** _it_ [link](http://192.0.2.1) `code` $x^2$ :red[word] www.a.example a@b.example"


def test_a_name_with_pictures_fetches_none(page: Page, server: str) -> None:
    from playwright.sync_api import expect

    fields = {
        "identity_id": "markup",
        "identity_name": f"{NAME} {WORDS}",
        "register_image": base64.b64encode(sample_photo("001", "good")).decode("ascii"),
        "duplicate_check": "off",
    }
    asked = urllib.request.Request(
        f"{server}/sophon/v2/face/createidentity",
        json.dumps(fields).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            assert answer.status == 200
        alerts: list[str] = []
        page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
        open_page(page, "/?person=markup")
        page.get_by_text("Registered faces").wait_for()
        open_page(page, "/identities")
        fill(page, "[class*=st-key-live_] input", "markup")
        page.get_by_text("1 found").wait_for()
        tick_row(page, 0, 56, ".st-key-edit")
        heading = page.get_by_role("heading", name="markup ·")
        heading.wait_for()
        shown = heading.inner_text().replace("\u2060", "")
        assert " ".join(shown.split()) == f"markup · {NAME} {WORDS}"
        expect(heading.locator("strong, em, code, img, .katex, a[href^=http]")).to_have_count(0)
        page.wait_for_timeout(1000)  # nothing tells that nothing happens
        assert not alerts
    finally:
        gone = urllib.request.Request(
            f"{server}/sophon/v2/face/deleteidentities",
            json.dumps({"identity_ids": ["markup"]}).encode(),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(gone, timeout=60).close()
