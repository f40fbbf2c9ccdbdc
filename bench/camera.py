"""The live camera in Chromium with a film as its camera: frames a second, and what pages notice.

Each engine gets a server of its own with the demo gallery. The films are made of the demo's
pictures and, where they are, of ``../shared/photos/people``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
from playwright.sync_api import Page, sync_playwright

from bench.film import FLAGS, approach, on_stage, write_film
from bench.material import ROOT, SHARED, engine_settings
from bench.screenshots import CHROMIUM
from bench.visiting import settle, visitor
from core.desktop.server import serving
from core.settings import Settings

SECONDS = 8.0
WARM_FRAMES = 10
FAST = "60"
"""Frames a second that the server is told to allow: what it can do shows below it."""

ROOM = "[class*=st-key-new_live] [data-testid=stBidiComponentIsolated]"
STAGE = f"document.querySelector('{ROOM}').shadowRoot.querySelector('.stage').dataset"
TARGETS = {"insightface-lite": 10.0, "dlib": 5.0}


@dataclass(frozen=True, slots=True)
class Rate:
    """What one film gave: frames a second, round trips and health answers, ms."""

    fps: float
    trip: float
    slowest: float
    health: float
    health_slowest: float


def report(_rounds: int) -> list[str]:
    """One row for each engine and film."""
    if not Path(CHROMIUM).exists():
        return [
            "### Live camera",
            "",
            f"Not measured: there is no {CHROMIUM}.",
        ]
    lines = [
        "### Live camera, 1280x720 film in Chromium without a graphics card",
        "",
        f"{SECONDS:g} s each after {WARM_FRAMES} frames; browser and server share the cores. Trip: "
        "taking the frame, sending it and the answer. Health: `/_stcore/health` meanwhile.",
        "",
        "| engine | film | frames a second | target | trip ms, slowest | health ms, slowest |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        films = dict(_films(Path(folder)))
        for number, (name, settings) in enumerate(engine_settings(Path(folder))):
            data = Path(folder) / f"data{number}"
            with _serving(data, settings) as address:
                for title, film in films.items():
                    lines.append(_row(name, title, _measure(address, film)))
    return lines


def _row(name: str, title: str, rate: Rate) -> str:
    target = TARGETS.get(name)
    met = "" if target is None else f" {'met' if rate.fps >= target else '**missed**'}"
    wanted = "–" if target is None else f"≥ {target:g}{met}"
    return (
        f"| {name} | {title} | {rate.fps:.1f} | {wanted} | {rate.trip:.0f}, {rate.slowest:.0f} | "
        f"{rate.health:.0f}, {rate.health_slowest:.0f} |"
    )


def _films(folder: Path) -> Iterator[tuple[str, Path]]:
    yield "a demo person comes nearer", write_film(folder / "demo.mjpeg", approach(1))
    people = SHARED / "photos" / "people"
    if people.is_dir():
        pictures = (cv2.imread(str(path)) for path in sorted(people.iterdir())[:40])
        scenes = (on_stage(picture) for picture in pictures if picture is not None)
        yield "40 photos of people", write_film(folder / "people.mjpeg", scenes, each=4)


@contextmanager
def _serving(data: Path, settings: Settings) -> Iterator[str]:
    """A FaceDesk with the demo gallery and this engine; gives its address."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("FACEDESK_", "STREAMLIT_"))}
    env |= {
        "FACEDESK_DATA": str(data),
        "FACEDESK_ENGINE": settings.engine,
        "FACEDESK_MODELS": str(settings.models),
        "FACEDESK_CAMERA_FPS": FAST,
        "FACEDESK_LOG_LEVEL": "ERROR",
    }
    data.mkdir()
    command = [sys.executable, "-m", "core", "demo"]
    subprocess.run(command, check=True, cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    with serving(env) as server:
        yield server.address


def _measure(address: str, film: Path) -> Rate:
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={film}"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = visitor(browser, viewport={"width": 1440, "height": 900}).new_page()
        page.goto(f"{address}/?person=002")
        page.wait_for_selector(".fd-photo", timeout=60_000)
        page.locator(".st-key-new_source button").nth(1).click()
        page.locator(".st-key-new_camera_auto label").click()  # no photo takes itself
        settle(page)
        page.wait_for_function(f"+{STAGE}.frames >= {WARM_FRAMES}", timeout=60_000)
        rate = _watch(page, address)
        browser.close()
    return rate


def _watch(page: Page, address: str) -> Rate:
    trips, health = [], []
    frames, start = int(page.evaluate(f"{STAGE}.frames")), time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        page.wait_for_timeout(200)
        trips.append(float(page.evaluate(f"{STAGE}.trip")))
        asked = time.perf_counter()
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=10):
            health.append((time.perf_counter() - asked) * 1000)
    seen = int(page.evaluate(f"{STAGE}.frames")) - frames
    fps = seen / (time.perf_counter() - start)
    return Rate(fps, statistics.median(trips), max(trips), statistics.median(health), max(health))
