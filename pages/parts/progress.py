"""A job as a bar: how far, how long still, and a button that stops it."""

from __future__ import annotations

import streamlit as st

from core.jobs import Job
from pages.parts.texts import error_text, t


@st.fragment(run_every=0.5)
def show_progress(
    job: Job, per: float = 1, said: str = "job.progress", may_stop: bool = True
) -> None:
    """The bar of a running job; the page runs once more when the job ends.

    ``said`` is the text beside it; its numbers are steps divided by ``per``. The button is for
    those who may stop the work.
    """
    if not job.running:
        st.rerun()
    bar, stop = st.columns([6, 1], vertical_alignment="center")
    bar.progress(min(job.share, 1.0), text=_how_far(job, per, said))
    if may_stop:
        stop.button(t("job.cancel"), key=f"cancel_{job.name}", on_click=job.cancel, width="stretch")


def show_end(job: Job) -> None:
    """A sentence for a job that did not come to its end."""
    if job.error is not None:
        st.error(error_text(job.error))
    elif job.state == "cancelled":
        st.info(t("job.cancelled", done=job.done, of=job.of))


def _how_far(job: Job, per: float, said: str) -> str:
    if job.remaining_s is None:
        return t("job.starting")
    left = max(0, round(job.remaining_s))
    minutes, seconds = divmod(left, 60)
    done, of = (f"{n / per:.1f}" if per != 1 else n for n in (job.done, job.of))
    return t(said, done=done, of=of, left=f"{minutes}:{seconds:02d}")
