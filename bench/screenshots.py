"""The pictures of docs/screenshots/, taken anew: ``python -m bench.screenshots``.

A server of its own with an empty gallery in a temporary folder, the demo gallery, the built-in
engine, and Chromium. The people on them are the test pictures that installed packages carry.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import ZipFile

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from bench.film import FLAGS, approach, write_film
from bench.material import ROOT
from bench.visiting import settle, visitor
from core.demo import sample_photo
from core.desktop.server import serving

FOLDER = ROOT / "docs" / "screenshots"
LOOKED_AT = ROOT / "bench" / "out" / "screenshots"
LARGEST_BYTES = 300_000
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WIDE, NARROW, TALLEST = (1440, 900), (390, 844), 1500


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture: what is open, in which light, and what is done before it is taken."""

    name: str
    path: str = "/?person=001"
    steps: tuple[str, ...] = ()
    size: tuple[int, int] = WIDE
    locale: str = "en-US"
    scheme: str = "light"

    @property
    def changes(self) -> bool:
        """Whether it changes the gallery for those that come after it."""
        return bool({"demo", "confirm"} & set(self.steps))


DESK = (
    Scene("empty", "/"),
    Scene("demo", "/", ("demo",)),
    Scene("accepted", steps=("sample:0",)),
    Scene("rejected", steps=("sample:1",)),
    Scene("group", steps=("sample:4",)),
    Scene("other-person", steps=("sample:5",)),
    Scene("accepted-zh", steps=("sample:0",), locale="zh-CN"),
    Scene("accepted-dark", steps=("sample:0",), scheme="dark"),
    Scene("accepted-390", steps=("sample:0",), size=NARROW),
    Scene("camera", "/?person=002", ("camera",)),
    Scene("replaced", steps=("sample:0", "confirm")),
)
"""In this order: the gallery is empty for the first one, and the last one changes it."""

PAGES = (
    Scene("identities", "/identities", ("row:0",)),
    Scene("batch", "/batch", ("batch",)),
    Scene("health", "/health"),
    Scene("verify", "/verify", ("compare",)),
    Scene("history", "/history", ("row:1:44",)),
    Scene("engine", "/engine"),
)
"""The other pages; each is taken in English and light, and in Chinese and dark."""

SCENES = (
    *DESK,
    *PAGES,
    *(replace(s, name=f"{s.name}-zh-dark", locale="zh-CN", scheme="dark") for s in PAGES),
)

DESK_LOOKS = (Scene("accepted", steps=("sample:0",)), Scene("other-person", steps=("sample:5",)))
LOOKS = tuple(
    replace(scene, name=f"{scene.name}-{locale[:2]}-{scheme}-{size[0]}", locale=locale,
            scheme=scheme, size=size)
    for scene in (*DESK_LOOKS, *PAGES)
    for locale in ("en-US", "zh-CN")
    for scheme in ("light", "dark")
    for size in (WIDE, NARROW)
)  # fmt: skip
"""Every page in both languages and both lights, wide and narrow: to be looked at, not kept."""


def main() -> None:
    """Take every picture, or those named on the command line, and say what they weigh.

    Those of docs/ go there; the others, ``LOOKS``, to a folder that nobody keeps.
    """
    wanted = set(sys.argv[1:])
    for folder in (FOLDER, LOOKED_AT):
        folder.mkdir(parents=True, exist_ok=True)
    env = {k: v for k, v in os.environ.items() if not k.startswith("FACEDESK_")}
    with (
        tempfile.TemporaryDirectory() as data,
        serving(env | {"FACEDESK_DATA": data, "FACEDESK_ENGINE": "dlib"}) as server,
        chromium(write_film(Path(data) / "film.mjpeg", approach(1)[-40:])) as browser,
    ):
        for scene in (*SCENES, *LOOKS):
            shown = scene.name != "demo" and (not wanted or scene.name in wanted)
            if not shown and not scene.changes:
                continue
            picture = take(browser, server.address, scene)
            if shown:
                file = (LOOKED_AT if scene in LOOKS else FOLDER) / f"{scene.name}.png"
                file.write_bytes(picture)
                print(f"{file.relative_to(ROOT)}  {len(picture) / 1000:.0f} kB")


@contextmanager
def chromium(film: Path) -> Iterator[Browser]:
    """The system's Chromium with a film as its camera; CHROMIUM names another one."""
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={film}"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


def take(browser: Browser, address: str, scene: Scene) -> bytes:
    """Open a scene, do its steps, and return the picture as PNG."""
    width, height = scene.size
    context = visitor(
        browser,
        viewport={"width": width, "height": height},
        locale=scene.locale,
        color_scheme="dark" if scene.scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(address + scene.path)
    page.wait_for_selector(".st-key-load_demo, .st-key-person, .fd-title", timeout=60_000)
    for step in scene.steps:
        settle(page)
        do(page, step)
    settle(page)
    if width == NARROW[0] or not scene.path.startswith("/?"):
        whole = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        page.set_viewport_size({"width": width, "height": min(whole + 60, TALLEST)})
        settle(page)
    picture = page.screenshot()
    context.close()
    return smaller(picture)


def do(page: Page, step: str) -> None:
    """One thing that a person does."""
    kind, _, value = step.partition(":")
    if kind == "demo":
        page.locator(".st-key-load_demo button").click()
        page.wait_for_selector(".fd-photo", timeout=60_000)
    elif kind == "sample":
        page.locator("[class*=st-key-new_sample] button").nth(int(value)).click()
        page.wait_for_selector(".st-key-confirm", timeout=30_000)
    elif kind == "confirm":
        page.locator(".st-key-confirm button").click()
        page.wait_for_selector(".st-key-undo", timeout=30_000)
    elif kind == "row":
        number, _, height = value.partition(":")
        box = page.locator("[data-testid=stDataFrame]").bounding_box()
        assert box
        row = int(height or 56)
        page.mouse.click(box["x"] + 18, box["y"] + 36 + row * (int(number) + 0.5))
        page.wait_for_selector(".st-key-edit, .fd-pair", timeout=30_000)
        page.mouse.move(2, 2)
    elif kind == "camera":
        page.locator(".st-key-new_source button").nth(1).click()
        page.locator(".st-key-new_camera_auto label").click()  # it would take the photo by itself
        page.wait_for_timeout(5000)
    elif kind == "batch":
        _check_batch(page)
    elif kind == "compare":
        _compare(page)


def _check_batch(page: Page) -> None:
    """A dry run: a good photo, a blurred one, and somebody else's."""
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("002.jpg", sample_photo("002", "good"))
        archive.writestr("003.jpg", sample_photo("003", "blurred"))
        archive.writestr("006.jpg", sample_photo("006", "other"))
        archive.writestr("999.jpg", sample_photo("001", "good"))
    upload = {"name": "photos.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}
    page.locator("[class*=st-key-batch_zip] input[type=file]").set_input_files([upload])
    settle(page)
    page.locator(".st-key-batch_check button").click()
    page.wait_for_selector(".fd-batch", timeout=60_000)


def _compare(page: Page) -> None:
    """A new photo against the registered person."""
    page.locator(".st-key-verify_person_b input").fill("001")
    page.keyboard.press("Enter")
    settle(page)
    page.locator("[class*=st-key-verify_a_sample] button").first.click()
    page.wait_for_selector(".fd-verdict", timeout=60_000)


def smaller(png: bytes) -> bytes:
    """The picture as it is where that fits into LARGEST_BYTES, else with fewer colours."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (0, 256, 128, 64):
        out = io.BytesIO()
        fewer = picture.quantize(colours, Image.Quantize.MEDIANCUT) if colours else picture
        fewer.save(out, "PNG", optimize=True)
        if out.tell() <= LARGEST_BYTES:
            break
    return out.getvalue()


if __name__ == "__main__":
    main()
