"""Health: which registered photos to replace first, and who is mixed up with whom."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from core.desk import Desk
from core.errors import AccessError, VersionConflict
from core.health.checkup import JOB, Checkup, changed_since, start_checkup
from core.jobs import Job
from pages.parts.demo import offer_demo
from pages.parts.health_findings import engines, look_alikes, own_photos
from pages.parts.health_quality import overview, replace_first
from pages.parts.health_summary import tiles
from pages.parts.progress import show_end, show_progress
from pages.parts.shell import page_title, show, start
from pages.parts.signin import actor
from pages.parts.texts import t
from pages.parts.when import moment

# Photos up to which the check begins by itself when the page is opened for the first time.
# (Comments, not docstrings: Streamlit would draw a bare string of a page's file.)
AT_ONCE = 2_000

# A small gallery is checked before a bar could be drawn: nothing flickers.
PATIENCE_S = 1.0


def main() -> None:
    """The page."""
    desk, head = start()
    page_title(head, t("page.health"))
    if not desk.gallery.count():
        offer_demo(desk)
        return
    job = desk.jobs.get(JOB) or _first(desk)
    if job is not None and job.running:
        job.wait(PATIENCE_S)
    if job is not None and job.running:
        show_progress(job)
    elif job is not None:
        show_end(job)
    done = desk.jobs.last_done(JOB)
    if done is None:
        if job is None or not job.running:
            st.info(t("health.never", photos=desk.gallery.count_photos()))
            _offer(desk, t("health.check"), "primary")
        return
    _show(desk, done.result, job is not None and job.running)


def _first(desk: Desk) -> Job | None:
    """Begin by itself where it takes no time."""
    if desk.gallery.count_photos() > AT_ONCE:
        return None
    _start(desk)
    return desk.jobs.get(JOB)


def _start(desk: Desk) -> None:
    try:
        actor(desk, "look")
        start_checkup(desk)
    except (VersionConflict, AccessError):  # somebody was quicker; or the page says why not
        return


def _offer(desk: Desk, label: str, kind: Literal["primary", "secondary"]) -> None:
    st.button(label, key="health_check", on_click=_start, args=(desk,), type=kind, width="stretch")


def _show(desk: Desk, checkup: Checkup, running: bool) -> None:
    quality = checkup.quality
    said, button = st.columns([5, 1.2], vertical_alignment="center")
    at = moment(checkup.at)
    said.caption(t("health.at", at=at, photos=quality.photos, people=quality.people))
    if changed_since(desk, checkup):
        said.warning(t("health.changed"))
    if not running:
        with button:
            _offer(desk, t("health.again"), "secondary")
    tiles(checkup)
    if quality.photos:
        level = overview(quality)
        replace_first(desk, quality, level)
    own, others = st.columns(2, gap="large")
    with own:
        own_photos(desk, checkup)
    with others:
        look_alikes(desk, checkup)
    engines(desk, checkup)


show(main)
