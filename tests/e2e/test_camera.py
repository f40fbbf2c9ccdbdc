"""The live camera in a real browser that films a film: boxes, one advice, a photo, the way back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from bench.film import FLAGS, approach, write_film
from bench.visiting import settle, visitor
from core.demo import PEOPLE
from tests.e2e.hands import (
    call,
    choose_person,
    open_page,
    photo_ids,
    press,
)
from tests.e2e.server import serving
from tests.e2e.test_look import serious, sideways

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PERSON, NUMBER = "002", 1
ROOM = "[class*=st-key-new_live] [data-testid=stBidiComponentIsolated]"


@pytest.fixture(scope="module")
def server(
    server_settings: dict[str, str],
    demo_copy: Callable[[], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    own = server_settings | {"FACEDESK_DATA": str(demo_copy())}
    with serving(own, tmp_path_factory.mktemp("camera-log")) as address:
        yield address


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo person comes nearer: small and blurred, then good."""
    assert PEOPLE[NUMBER].identity_id == PERSON
    return write_film(tmp_path_factory.mktemp("film") / "film.mjpeg", approach(NUMBER))


@contextmanager
def filming(browser: Browser, film: Path | None, server: str, asks: bool = False) -> Iterator[Page]:
    """A page in a browser of its own, whose camera shows the film; without one it has none.

    ``asks``: the browser asks for permission, and nobody gives it.
    """
    left_out = (not film and "fake-device") or (asks and "fake-ui") or "no such flag"
    flags = [flag for flag in FLAGS if left_out not in flag]
    flags += [f"--use-file-for-fake-video-capture={film}"] if film else []
    flags += ["--deny-permission-prompts"] if asks else []
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    own = browser.browser_type.launch(executable_path=chromium, args=flags)
    context = visitor(own, base_url=server, viewport={"width": 1440, "height": 900})
    yield context.new_page()
    own.close()


def to_camera(page: Page, server: str, person: str = PERSON) -> None:
    open_page(page, f"/?person={person}")
    page.wait_for_selector(".fd-photo")
    press(page, page.locator(".st-key-new_source").get_by_text("Camera", exact=True))


def auto(page: Page) -> None:
    """Press the switch of the photo that takes itself."""
    press(page, ".st-key-new_camera_auto label")


def test_a_film_becomes_a_photo(browser: Browser, film: Path, server: str) -> None:
    from playwright.sync_api import expect

    with filming(browser, film, server) as page:
        to_camera(page, server)
        before = photo_ids(server, PERSON)
        stage = page.locator(".cam .stage")
        expect(stage).to_have_attribute("data-link", "ready")
        expect(page.locator(".cam .advice span")).not_to_be_empty()
        drawn = (
            f"() => {{ const c = document.querySelector('{ROOM}')"
            ".shadowRoot.querySelector('.overlay'); const d = c.getContext('2d')"
            ".getImageData(0, 0, c.width, c.height).data; return d.some(v => v > 0); }"
        )
        page.wait_for_function(drawn)
        expect(page.locator(".cam .items li.pass").first).to_be_visible()

        # Nobody presses anything: the photo takes itself when "high" passes.
        expect(page.locator(".fd-verdict")).to_contain_text("Passes “high”")
        settle(page)
        expect(page.locator(".cam")).to_have_count(0)
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("stAlert")).to_contain_text("Photo replaced.")
        settle(page)
        after = photo_ids(server, PERSON)
        assert len(after) == len(before) and after != before
        size = page.evaluate(
            "async address => { const b = await createImageBitmap(await (await fetch(address))"
            ".blob()); return [b.width, b.height]; }",
            f"/sophon/v2/face/getregisterimage/{next(p for p in after if p not in before)}",
        )
        assert size == [1280, 720], "the photo has not the camera's own size"
        expect(page.locator(".cam .trouble")).to_have_text("The camera is off.")
        call(server, "getidentity", identity_id=PERSON)


def test_space_takes_escape_discards_and_typing_does_neither(
    browser: Browser, film: Path, server: str
) -> None:
    from playwright.sync_api import expect

    with filming(browser, film, server) as page:
        to_camera(page, server)
        auto(page)
        expect(page.locator(".cam .stage")).to_have_attribute("data-link", "ready")
        person = page.locator(".st-key-person input")
        person.focus()
        page.keyboard.type(" ")
        page.wait_for_timeout(500)  # nothing tells that nothing happens
        settle(page)
        expect(page.locator(".cam"), "a space in a field took a photo").to_have_count(1)
        person.blur()
        page.keyboard.press("Escape")
        settle(page)
        page.locator(".cam .advice").wait_for()
        page.keyboard.press("Space")
        page.wait_for_selector(".fd-verdict")
        settle(page)
        reason = page.locator(".st-key-reason input")
        before = photo_ids(server, PERSON)
        reason.fill("new badge")
        page.keyboard.press("Enter")
        settle(page)
        page.keyboard.press("Escape")
        settle(page)
        expect(page.locator(".fd-verdict"), "typing discarded the photo").to_have_count(1)
        assert photo_ids(server, PERSON) == before, "typing replaced the photo"
        reason.blur()
        page.keyboard.press("Escape")
        expect(page.locator(".cam .stage")).to_have_attribute("data-link", "ready")
        expect(page.locator(".fd-verdict")).to_have_count(0)
        # The level changes while the camera goes on; nobody opens it anew.
        frames = f"() => +document.querySelector('{ROOM}')"
        frames += ".shadowRoot.querySelector('.stage').dataset.frames"
        page.wait_for_function(f"({frames})() > 2")
        press(page, page.locator(".st-key-new_level").get_by_text("low", exact=True))
        seen = page.evaluate(frames)
        assert seen > 2
        page.wait_for_function(f"({frames})() > {seen + 2}")


def test_leaving_gives_the_camera_back(browser: Browser, film: Path, server: str) -> None:
    with filming(browser, film, server) as page:
        page.add_init_script(
            "const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
            "window.tracks = []; navigator.mediaDevices.getUserMedia = async wish => {"
            "const got = await ask(wish); window.tracks.push(...got.getTracks()); return got; };"
        )
        to_camera(page, server)
        auto(page)
        live = "() => window.tracks.filter(track => track.readyState === 'live').length"
        page.wait_for_function(f"({live})() === 1")
        press(page, page.locator(".st-key-new_source").get_by_text("Upload", exact=True))
        page.wait_for_function(f"({live})() === 0")
        press(page, page.locator(".st-key-new_source").get_by_text("Camera", exact=True))
        page.wait_for_function(f"({live})() === 1")
        press(page, page.get_by_role("link", name="History"))
        page.wait_for_function(f"({live})() === 0")


def test_a_broken_socket_comes_back(browser: Browser, film: Path, server: str) -> None:
    from playwright.sync_api import expect

    with filming(browser, film, server) as page:
        page.add_init_script(
            "const Real = WebSocket; window.sockets = []; window.WebSocket = class extends Real {"
            "constructor(...how) { super(...how);"
            "if (String(how[0]).endsWith('/live')) window.sockets.push(this); } };"
        )
        to_camera(page, server)
        auto(page)
        stage = page.locator(".cam .stage")
        expect(stage).to_have_attribute("data-link", "ready")
        page.evaluate("window.sockets.at(-1).close()")
        page.wait_for_function("window.sockets.length === 2")
        expect(stage).to_have_attribute("data-link", "ready")


def test_without_permission_it_says_what_to_do(browser: Browser, film: Path, server: str) -> None:
    from playwright.sync_api import expect

    with filming(browser, film, server, asks=True) as page:
        to_camera(page, server)
        expect(page.locator(".cam .trouble")).to_contain_text("does not allow the camera")
        expect(page.locator(".cam .shot")).to_be_disabled()
        press(page, ".st-key-new_camera_still label")
        expect(page.get_by_test_id("stCameraInput")).to_be_visible()


def test_without_https_it_says_so(browser: Browser, film: Path, server: str) -> None:
    from playwright.sync_api import expect

    with filming(browser, film, server) as page:
        page.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
        to_camera(page, server)
        expect(page.locator(".cam .trouble")).to_contain_text("secure pages only")


def test_without_a_camera_it_says_so(browser: Browser, server: str) -> None:
    from playwright.sync_api import expect

    with filming(browser, None, server) as page:
        to_camera(page, server)
        expect(page.locator(".cam .trouble")).to_contain_text("No camera was found")
        choose_person(page, "003")
        expect(page.locator(".cam .trouble")).to_contain_text("No camera was found")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_and_fits(
    browser: Browser, film: Path, server: str, scheme: Literal["light", "dark"]
) -> None:
    from playwright.sync_api import expect

    with filming(browser, film, server) as page:
        page.emulate_media(color_scheme=scheme)
        to_camera(page, server)
        auto(page)
        expect(page.locator(".cam .items li.pass").first).to_be_visible()
        assert not serious(page)
        assert sideways(page) == 0
