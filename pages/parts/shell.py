"""What every page does first: settings of the page, language, style, and the desk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from html import escape
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.desk import Desk
from core.errors import FaceDeskError, ServerError
from core.house import get_desk
from core.settings import get_settings
from pages.parts.frame import show_frame
from pages.parts.links import engine_link
from pages.parts.signin import let_in
from pages.parts.texts import NAMES, error_text, language, t

log = logging.getLogger("facedesk")

PAGES = Path(__file__).resolve().parent.parent
STYLE = (PAGES / "parts" / "style.css").read_text(encoding="utf-8")
ICON = PAGES / "parts" / "icon.svg"
WORDMARK = PAGES / "parts" / "wordmark.svg"


def navigate() -> None:
    """The user interface: the bar of pages, and the page that is open."""
    st.set_page_config("FaceDesk", str(ICON), layout="wide")
    st.logo(WORDMARK, size="large")
    pages = [
        st.Page(PAGES / "replace.py", title=t("page.replace"), default=True),
        st.Page(PAGES / "identities.py", title=t("page.identities"), url_path="identities"),
        st.Page(PAGES / "batch.py", title=t("page.batch"), url_path="batch"),
        st.Page(PAGES / "health.py", title=t("page.health"), url_path="health"),
        st.Page(PAGES / "verify.py", title=t("page.verify"), url_path="verify"),
        st.Page(PAGES / "history.py", title=t("page.history"), url_path="history"),
        st.Page(PAGES / "engine.py", title=t("page.engine"), url_path="engine"),
    ]
    st.navigation(pages, position="top").run()


def show(main: Callable[[], None]) -> None:
    """Run a page; what goes wrong is a sentence on it, a trace goes to the log only."""
    try:
        main()
    except FaceDeskError as error:
        st.error(error_text(error))
    except Exception:
        log.exception("page failed")
        st.error(error_text(ServerError()))


def start(right: str = "look", engine: bool = True) -> tuple[Desk, DeltaGenerator]:
    """The open desk with its engine, and the head of the page beside the language switch.

    Where there is no desk or no engine yet, or nobody with the right to see the page, it ends
    here with a plain sentence or with the form to sign in. ``engine`` False: the page can do
    without one that failed to load, and says itself what is the matter with engines.
    """
    st.html(f"<style>{STYLE}{_uploader_style()}</style>")
    show_frame()
    head, choice = st.columns([6, 1], vertical_alignment="bottom")
    with choice:
        _language_switch()
    try:
        desk = get_desk()
    except FaceDeskError as error:
        st.error(t("desk.failed", reason=error_text(error)))
        st.stop()
    let_in(desk, right, choice)
    if desk.vision.engine_slot.loading:
        _wait_for_engine(desk)
        st.stop()
    if engine:
        _warn_of_engine(desk)
    return desk, head


def _warn_of_engine(desk: Desk) -> None:
    """An engine that failed ends the page; photos of another one are a warning on top of it."""
    place = st.container()  # kept, as in ``tell``
    failure = desk.vision.engine_slot.error
    stale = 0 if failure else desk.matrix.stale
    if not failure and not stale:
        return
    said, way = place.columns([4, 1], vertical_alignment="center")
    if failure:
        said.error(t("engine.failed", reason=error_text(failure)))
    else:
        said.warning(t("engine.stale", count=stale))
    with way.container(key="engine_way"):
        engine_link()
    if failure:
        st.stop()


def _uploader_style() -> str:
    """Streamlit's uploader speaks English only: its texts are covered by ours."""
    mb = f"{get_settings().max_image_mb:g}"
    hint, refused = t("upload.hint", mb=mb), t("upload.refused", mb=mb)
    zone = '[data-testid="stFileUploaderDropzone"]'
    return (
        f"{zone} button p {{ font-size: 0; }} "
        f'{zone} button p::after {{ font-size: .875rem; content: "{t("upload.button")}"; }} '
        f'[data-testid="stFileUploaderDropzoneInstructions"] > * {{ display: none; }} '
        f'[data-testid="stFileUploaderDropzoneInstructions"]::after {{ '
        f'font-size: .86rem; content: "{hint}"; }} '
        f'[data-testid="stFileUploader"]:has([data-testid="stFileChip"][aria-invalid="true"])'
        f'::after {{ display: block; color: var(--fd-no); content: "{refused}"; }}'
    )


def page_title(head: DeltaGenerator, title: str) -> None:
    """The page's name, where the head holds nothing else."""
    head.html(f'<div class="fd-title" role="heading" aria-level="1">{escape(title)}</div>')


def tell(page: str) -> None:
    """What the last click did, or why it did not.

    Its place is kept where there is nothing to say: else everything below would be made anew as
    soon as the words go, and what is unfolded there would fold up.
    """
    with st.container():
        if message := st.session_state.pop(f"{page}_said", None):
            st.success(message)
        if failure := st.session_state.pop(f"{page}_failed", None):
            st.error(failure)


def _language_switch() -> None:
    st.session_state.language = language()  # set anew: else a followed link shows no choice
    st.segmented_control(
        t("app.language"),
        list(NAMES),
        format_func=lambda name: NAMES[name],
        key="language",
        label_visibility="collapsed",
    )


@st.fragment(run_every=0.4)
def _wait_for_engine(desk: Desk) -> None:
    st.info(t("engine.loading"))
    if not desk.vision.engine_slot.loading:
        st.rerun()
