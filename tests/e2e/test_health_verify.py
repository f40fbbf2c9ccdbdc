"""Health and verify in a real browser: from a finding to the desk, and from a file to a curve.

The ``page`` fixture fails every test whose page asks another machine for anything, plots too.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.visiting import settle
from core.demo import sample_photo
from tests.e2e.hands import call, fill, open_page, photo_ids, press
from tests.e2e.server import serving
from tests.e2e.test_look import serious, sideways

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PLOT = "[data-testid=stVegaLiteChart] :is(canvas, svg)"


@pytest.fixture(scope="module")
def server(
    server_settings: dict[str, str],
    demo_copy: Callable[[], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """A server of its own: the gallery is changed here."""
    own = server_settings | {"FACEDESK_DATA": str(demo_copy())}
    with serving(own, tmp_path_factory.mktemp("health-log")) as address:
        yield address


def choose_files(page: Page, key: str, *files: Path) -> None:
    settle(page)
    with page.expect_file_chooser() as chooser:
        page.locator(f".st-key-{key} [data-testid=stFileUploaderDropzone] button").click()
    chooser.value.set_files(list(files))


def test_a_finding_leads_to_the_desk(page: Page, server: str) -> None:
    from playwright.sync_api import expect

    open_page(page, "/health")
    page.wait_for_selector(PLOT, timeout=30_000)
    expect(page.locator(".fd-tile")).to_have_count(6)
    press(page, page.get_by_role("link", name="Replace 001 #2").first)
    page.wait_for_selector(".fd-photo")
    wanted = photo_ids(server, "001")[1]
    expect(page.locator(f".st-key-choose_{wanted}")).to_contain_text("To replace")
    page.reload()
    expect(page.locator(f".st-key-choose_{wanted}")).to_contain_text("To replace", timeout=30_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_health_can_be_seen_and_read(page: Page, server: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    open_page(page, "/health")
    page.wait_for_selector(PLOT, timeout=30_000)
    assert sideways(page) == 0
    assert not serious(page)


def test_a_photo_against_a_person(page: Page, server: str, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    open_page(page, "/verify")
    fill(page, ".st-key-verify_person_b input", "001")
    samples = page.locator("[class*=st-key-verify_a_sample]")
    press(page, samples.get_by_text("good", exact=True))
    expect(page.locator(".fd-verdict")).to_contain_text("The same person")
    page.wait_for_selector(PLOT)
    assert not serious(page) and sideways(page) == 0
    press(page, samples.get_by_text("other person", exact=True))
    expect(page.locator(".fd-verdict")).to_contain_text("Different people")


def test_a_file_of_pairs_gives_a_curve_and_a_file(page: Page, server: str, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in (1, 2):
            archive.writestr(f"{number}.jpg", sample_photo(f"00{number}", "good"))
    (tmp_path / "photos.zip").write_bytes(out.getvalue())
    pairs = "file_x,file_y,Decision\n" + "".join(
        f"{a}.jpg,identity:00{b},{'Yes' if a == b else 'No'}\n" for a in (1, 2) for b in (1, 2, 3)
    )
    (tmp_path / "pairs.csv").write_text(pairs + "gone.jpg,1.jpg,No\n", encoding="utf-8")
    open_page(page, "/verify?mode=batch")
    choose_files(page, "verify_csv", tmp_path / "pairs.csv")
    expect(page.get_by_text("7 pairs read.")).to_be_visible()
    choose_files(page, "verify_zip", tmp_path / "photos.zip")
    expect(page.locator(".st-key-verify_go button")).to_be_enabled()
    press(page, ".st-key-verify_go button")
    expect(page.get_by_text("1 pairs could not be compared")).to_be_visible(timeout=60_000)
    expect(page.locator(PLOT)).to_have_count(2)
    settle(page)
    with page.expect_download() as download:
        page.locator(".st-key-verify_export button").click()
    with Path(download.value.path()).open(newline="", encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["band"] for row in rows[:2]] == ["same", "different"] and len(rows) == 7
    assert rows[6]["problem"].startswith("gone.jpg")
    assert not serious(page) and sideways(page) == 0


def test_a_file_without_the_columns_gets_a_sentence(
    page: Page, server: str, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    (tmp_path / "wrong.csv").write_text("name;age\nx;3\n", encoding="utf-8")
    open_page(page, "/verify?mode=batch")
    choose_files(page, "verify_csv", tmp_path / "wrong.csv")
    expect(page.get_by_text("needs the columns file_x and file_y")).to_be_visible()
    expect(page.locator(".st-key-verify_go button")).to_be_disabled()


def test_a_person_who_is_gone_leaves_the_list(page: Page, server: str) -> None:
    """Between the check and the click somebody deletes the person."""
    from playwright.sync_api import expect

    open_page(page, "/health")
    page.wait_for_selector(PLOT, timeout=30_000)
    expect(page.get_by_role("link", name="Replace 007 #2").first).to_be_visible()
    assert "error" not in call(server, "deleteidentities", identity_ids=["007"])
    page.reload()
    expect(page.get_by_text("Photos came, went or changed")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("link", name="Replace 007 #2")).to_have_count(0)
    press(page, ".st-key-health_check button")
    expect(page.get_by_text("of 6 people.")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize(("path", "name"), [("/health", "Health"), ("/verify", "Verify")])
def test_the_bar_stays_usable(page: Page, server: str, path: str, name: str) -> None:
    from playwright.sync_api import expect

    page.set_viewport_size({"width": 1280, "height": 720})
    open_page(page, path)
    for title in ("Replace photo", "Identities", "Health", "Verify", "History"):
        expect(page.get_by_role("link", name=title, exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
