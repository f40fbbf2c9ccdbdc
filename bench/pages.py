"""How long the desk takes where no model is needed: from a click to the page that shows it."""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from bench.film import approach, write_film
from bench.screenshots import chromium, do
from bench.visiting import settle, visitor
from core.desktop.server import serving

CLICK = """([label, text]) => new Promise(done => {
    const buttons = [...document.querySelectorAll(".st-key-new_level button")];
    const begun = performance.now();
    const seen = new MutationObserver(() => {
        if (!document.querySelector(".fd-verdict")?.innerText.includes(text)) return;
        seen.disconnect();
        done(performance.now() - begun);
    });
    seen.observe(document.body, { subtree: true, childList: true, characterData: true });
    buttons.find(button => button.innerText.includes(label)).click();
})"""
LEVELS = (("low", "Passes “low”"), ("high", "Passes “high”"))


def report(rounds: int) -> list[str]:
    """Median and slowest of ``rounds`` changes of level each way, in the browser, in ms."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("FACEDESK_", "STREAMLIT_"))}
    with (
        tempfile.TemporaryDirectory() as data,
        serving(env | {"FACEDESK_DATA": data, "FACEDESK_ENGINE": "dlib"}) as server,
        chromium(write_film(Path(data) / "film.mjpeg", approach(1)[-1:])) as browser,
    ):
        page = visitor(browser, viewport={"width": 1440, "height": 900}).new_page()
        page.goto(server.address)
        page.wait_for_selector(".st-key-load_demo", timeout=60_000)
        do(page, "demo")
        page.goto(f"{server.address}/?person=001")
        page.wait_for_selector(".fd-photo", timeout=60_000)
        settle(page)
        do(page, "sample:0")
        settle(page)
        times = sorted(_change(page, *level) for _ in range(rounds) for level in LEVELS)
    return [
        "## A rerun without a model",
        "",
        "From the click on another level until the new verdict stands, in Chromium; target 100 ms.",
        "",
        "| clicks | median ms | 95 % ms | slowest ms |",
        "| --- | --- | --- | --- |",
        f"| {len(times)} | {statistics.median(times):.0f} | {times[int(0.95 * len(times))]:.0f} "
        f"| {times[-1]:.0f} |",
    ]


def _change(page: Page, label: str, text: str) -> float:
    taken = float(page.evaluate(CLICK, [label, text]))
    page.wait_for_timeout(300)
    return taken
