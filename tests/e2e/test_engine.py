"""The engine page in a real browser: a pack from a local server, the switch, the re-extraction."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.visiting import settle
from core.settings import ROOT
from tests.e2e.hands import fill, open_page, press
from tests.e2e.server import serving
from tests.e2e.test_look import serious, sideways
from tests.engine.toy_server import Server, running_server, sha256, zipped
from tests.engine.weight_free_pack import write_pack

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

LITE = ROOT.parent / "shared" / "models" / "insightface-lite"
REAL = {"det_500m.onnx": "detector", "mobilefacenet.onnx": "recogniser"}
FAKE = {"det_fake.onnx": "detector", "w_fake.onnx": "recogniser"}
ROLES = REAL if LITE.is_dir() else FAKE
"""Without the real models the toy finds nobody, and no photo is re-extracted."""


@pytest.fixture(scope="module")
def shop() -> Iterator[Server]:
    """Hands out the toy pack."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def zip_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = LITE if LITE.is_dir() else write_pack(tmp_path_factory.mktemp("toy-pack"))
    return zipped({name: (folder / name).read_bytes() for name in ROLES})


@pytest.fixture(scope="module")
def server(
    shop: Server,
    zip_file: bytes,
    demo_copy: Callable[[], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """A FaceDesk whose settings name no engine and whose catalogue is the toy pack."""
    folder = tmp_path_factory.mktemp("engine-server")
    known = {
        "url": f"{shop.url}/toy.zip",
        "size": len(zip_file),
        "sha256": sha256(zip_file),
        "files": ROLES,
    }
    (folder / "catalogue.json").write_text(json.dumps(known), encoding="utf-8")
    here = ROOT / "tests" / "e2e" / "catalogue"
    settings = {
        "FACEDESK_DATA": str(demo_copy()),
        "FACEDESK_MODELS": str(folder / "models"),
        "TOY_CATALOGUE": str(folder / "catalogue.json"),
        "PYTHONPATH": os.pathsep.join((str(here), str(ROOT))),
    }
    with serving(settings, folder) as address:
        yield address


def choose(page: Page, key: str, text: str) -> None:
    fill(page, f"[class*=st-key-{key}] input", text)


def download(page: Page) -> None:
    press(page, ".st-key-engine_download button")


def test_a_pack_is_fetched_used_and_every_photo_re_extracted(
    page: Page, server: str, shop: Server, zip_file: bytes
) -> None:
    open_page(page, "/engine")
    choose(page, "engine_pack", "toy")
    press(page, page.get_by_text("I accept: non-commercial research only"))
    shop.files.clear()
    download(page)
    page.get_by_text("toy was not installed: 127.0.0.1 answered 404").wait_for()
    assert not serious(page)

    shop.files["toy.zip"] = zip_file
    shop.stall_after = len(zip_file) // 2
    download(page)
    page.get_by_text("MB · ").wait_for()
    press(page, "[class*=st-key-cancel_] button")  # the server knows before the file goes on
    shop.released.set()
    page.get_by_text("The download was cancelled").wait_for()
    shop.stall_after = None
    download(page)
    page.get_by_text("toy is installed and verified").wait_for()
    assert shop.asked[-1] is not None  # it went on where it had stopped

    press(page, ".st-key-engine_check button")
    page.get_by_text("SHA-256 right, 2 file(s) compared").wait_for()
    choose(page, "engine_option", "toy")
    press(page, ".st-key-engine_use button")
    page.get_by_text("toy is in use now.").wait_for()
    assert not serious(page)

    open_page(page, "/identities")
    page.get_by_text("embedded by another engine").wait_for()
    press(page, page.get_by_role("link", name="Go to Engine"))
    page.locator(".st-key-engine_reembed_go button").wait_for()
    press(page, ".st-key-engine_reembed_go button")
    page.get_by_text(f"{12 if ROLES is REAL else 0} photos were re-extracted").wait_for()
    choose(page, "engine_option", "dlib")
    press(page, ".st-key-engine_use button")
    page.get_by_text("dlib (built in) is in use now.").wait_for()
    if ROLES is REAL:
        press(page, ".st-key-engine_reembed_go button")
    page.get_by_text("All registered photos were embedded by this engine.").wait_for(timeout=60_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_limits_are_drawn_and_can_be_read(page: Page, server: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    open_page(page, "/engine")
    assert sideways(page) == 0 and not serious(page)
    press(page, page.locator(".st-key-engine_view").get_by_text("Same person?"))
    page.locator(
        "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg"
    ).wait_for()
    assert sideways(page) == 0 and not serious(page)
    press(page, page.locator(".st-key-engine_view").get_by_text("Quality limits"))
    press(page, ".st-key-engine_judge button")
    # What an earlier run found goes while the new one is at work: the plots tell that it is done.
    page.locator("[data-testid=stVegaLiteChart]").nth(10).wait_for(timeout=60_000)
    page.get_by_text("registered photos, judged by the limits in use").wait_for()
    settle(page)
    assert sideways(page) == 0 and not serious(page)
