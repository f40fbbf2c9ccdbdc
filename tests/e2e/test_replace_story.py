"""The whole story in a real browser: an empty gallery, a replaced photo, the way back."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.visiting import settle
from core.demo import sample_photo
from tests.e2e.hands import call, choose_person, photo_ids, press, upload
from tests.e2e.server import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(
    server_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A server of this file's own: its gallery is empty at first."""
    own = server_settings | {"FACEDESK_DATA": str(tmp_path_factory.mktemp("story-data"))}
    with serving(own, tmp_path_factory.mktemp("story-log")) as address:
        yield address


def test_a_photo_is_replaced_by_page_and_by_call(page: Page, server: str, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    photo = tmp_path / "新照片 new.jpg"
    photo.write_bytes(sample_photo("004", "good"))
    page.goto("/")
    load = page.get_by_role("button", name="Load the demo gallery")
    expect(load).to_be_visible(timeout=30_000)
    press(page, load)
    expect(page.locator(".st-key-person")).to_be_visible(timeout=30_000)
    choose_person(page, "004")
    expect(page).to_have_url(re.compile("person=004$"))
    before = photo_ids(server, "004")
    marked = page.get_by_role("button", name="✓ To replace")
    expect(marked).to_have_count(1)
    old = next(p for p in before if page.locator(f".st-key-choose_{p}").get_by_text("✓").count())

    upload(page, photo)
    expect(page.locator(".fd-verdict")).to_contain_text("Passes “high”")
    settle(page)
    picture = page.get_by_alt_text("every face boxed")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    expect(page.locator(".fd-fact")).to_contain_text("Same person")
    confirm = page.get_by_role("button", name="Replace photo", exact=True)
    box = confirm.bounding_box()
    assert box and box["y"] + box["height"] <= 900, "the button is below the fold"

    press(page, confirm)
    done = page.get_by_test_id("stAlert")
    expect(done).to_contain_text("Photo replaced. A search with the new photo finds 赵琳 Lin Zhao")
    expect(page.locator(".fd-new")).to_have_count(1)
    after = photo_ids(server, "004")
    assert len(after) == 2 and old not in after
    new = next(p for p in after if p not in before)
    press(page, page.get_by_text("Answer as JSON"))
    code = page.get_by_test_id("stCode").first
    expect(code).to_contain_text("replacement")
    answer = json.loads(code.inner_text())
    assert answer["identity"]["reg_pic_ids"] == after
    assert answer["replacement"]["current"]["register_image_id"] == new

    press(page, page.get_by_role("button", name="Undo"))
    expect(page.get_by_test_id("stAlert")).to_contain_text("the earlier photo is back")
    back = photo_ids(server, "004")
    assert new not in back and len(back) == 2

    # The same by one call, while the page is open.
    place = before.index(old)
    answer = call(
        server,
        "updateimage",
        identity_id="004",
        register_image=base64.b64encode(photo.read_bytes()).decode(),
        register_image_id=back[place],
        fiqa_level="high",
    )
    called = answer["identity"]["reg_pic_ids"][place]
    assert answer["replacement"]["fiqa"]["passed"] and called not in back
    page.reload()
    expect(page.locator(f".st-key-choose_{called}")).to_be_visible(timeout=30_000)
    expect(page.locator(f".st-key-choose_{back[place]}")).to_have_count(0)
