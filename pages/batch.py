"""Many replacements at once: where the photos are, the dry run, the run, the way back."""

from __future__ import annotations

import streamlit as st

from core.batch.folder import BatchFolder
from core.batch.records import Batch
from core.batch.shelf import shelf_of
from core.desk import Desk
from core.errors import NotFound
from core.jobs import Job
from pages.parts.batch_intake import CHECK, choose_source, list_batches
from pages.parts.batch_run import decide, go_on, offer_undo
from pages.parts.batch_table import rows_table, summary
from pages.parts.progress import show_end, show_progress
from pages.parts.shell import page_title, show, start, tell
from pages.parts.signin import allowed
from pages.parts.texts import t

TITLES = {"checked": "batch.running", "running": "batch.running", "undoing": "batch.undoing"}


def main() -> None:
    """The page."""
    desk, head = start()
    page_title(head, t("page.batch"))
    tell("batch")
    if check := st.query_params.get("check"):
        _checking(desk, check)
    elif batch_id := st.query_params.get("batch"):
        _opened(desk, batch_id)
    else:
        choose_source(desk)
        list_batches(desk)


def _checking(desk: Desk, token: str) -> None:
    """The dry run on its way; its batch when it is done."""
    job = desk.jobs.get(CHECK + token)
    if job is not None and job.running:
        st.info(t("batch.checking"))
        show_progress(job, may_stop=allowed("replace"))
        return
    st.query_params.clear()
    if job is not None:
        desk.jobs.forget(job.name)
        show_end(job)
        if job.state == "done":
            st.query_params["batch"] = job.result
            st.rerun()
    choose_source(desk)
    list_batches(desk)


def _opened(desk: Desk, batch_id: str) -> None:
    """One batch: what is to be decided, or what became of it, above its rows."""
    if st.button(f"← {t('batch.back')}", key="batch_back"):
        st.query_params.clear()
        st.rerun()
    try:
        folder = shelf_of(desk).open(batch_id)
        batch = folder.load()
    except NotFound:
        st.warning(t("batch.gone"))
        return
    job = desk.jobs.get(f"batch-{batch.id}")
    if job is not None and job.running:
        summary(desk, batch, batch.level)
        st.info(t(TITLES.get(batch.state, "batch.running")))
        show_progress(job, may_stop=allowed("replace"))
        return
    _at_rest(desk, folder, batch, job)


def _at_rest(desk: Desk, folder: BatchFolder, batch: Batch, job: Job | None) -> None:
    if job is not None and job.error is not None:
        show_end(job)
    level = batch.order.level if batch.order else batch.level
    if batch.state == "checked":
        level = decide(desk, folder, batch)
    else:
        summary(desk, batch, level)
        if batch.state in ("running", "undoing"):
            go_on(desk, folder, batch)
        offer_undo(desk, folder, batch)
    rows_table(desk, folder, batch, level)


show(main)
