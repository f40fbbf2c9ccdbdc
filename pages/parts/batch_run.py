"""What is decided about a batch: its level and objections, run or discard, go on, take back."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.batch.folder import BatchFolder
from core.batch.records import Batch, Order, Row
from core.batch.results import count, results_csv
from core.batch.running import discard, run_batch
from core.batch.undoing import undo_batch
from core.contract.fields import LEVELS, Level
from core.desk import Desk
from core.errors import FaceDeskError
from core.gallery.records import Actor
from core.jobs import Job
from pages.parts.batch_table import objections_text, summary
from pages.parts.signin import actor, allowed, registering, why_not
from pages.parts.texts import error_text, t


def decide(desk: Desk, folder: BatchFolder, batch: Batch) -> Level:
    """Level, objections and the two buttons of a checked batch; returns the level chosen."""
    with st.container(border=True):
        said, choice, act = st.columns([1.2, 1.6, 1], gap="medium")
        with choice:
            level = _level(batch)
            accepted, reason = _objections(batch, level)
        with said:
            summary(desk, batch, level)
        order = Order(level, accepted, reason)
        with act:
            _buttons(desk, folder, batch, order)
    return level


def _level(batch: Batch) -> Level:
    key = f"batch_level_{batch.id}"
    st.session_state.setdefault(key, batch.level)
    chosen = st.segmented_control(
        t("level.label"), LEVELS, format_func=lambda name: t(f"level.{name}"), key=key,
        required=True,
    )  # fmt: skip
    level = chosen or batch.level
    if level != "high":
        st.caption(f"⚠ {t('level.warning')}")
    return level


def _objections(batch: Batch, level: Level) -> tuple[tuple[int, ...], str]:
    """Rows that go on in spite of an objection, and why; nobody is chosen beforehand."""
    rows = {row.number: row for row in batch.rows if row.standing(level) == "objection"}
    chosen: list[int] = []
    if rows:
        chosen = st.multiselect(
            t("batch.accept"),
            list(rows),
            format_func=lambda number: _label(rows.get(number), number),
            placeholder=t("batch.accept_none"),
            disabled=not allowed("override"),
            help=why_not("override") or None,
            key=f"batch_accept_{batch.id}_{level}",
        )
    label = t("batch.accept_reason" if chosen else "confirm.reason")
    reason = st.text_input(label, key=f"batch_reason_{batch.id}", max_chars=200).strip()
    return tuple(chosen), reason


def _label(row: Row | None, number: int) -> str:
    if row is None:
        return str(number)
    return t("batch.accept_row", number=number, id=row.identity_id, what=objections_text(row))


def _buttons(desk: Desk, folder: BatchFolder, batch: Batch, order: Order) -> None:
    number = sum(order.takes(row) for row in batch.rows)
    grey = why_not(*registering("replace", order.level, bool(order.accepted)))
    if not grey and not number:
        grey = t("batch.run_none")
    if not grey and order.accepted and not order.reason:
        grey = t("confirm.need_reason")
    st.button(
        t("batch.run", count=number),
        type="primary",
        width="stretch",
        key="batch_run",
        disabled=bool(grey),
        on_click=_run,
        args=(desk, folder, order, grey),
    )
    if grey:
        st.caption(grey)
    st.button(
        t("batch.discard"),
        width="stretch",
        key="batch_discard",
        disabled=not allowed("replace"),
        on_click=_discard,
        args=(desk, folder),
    )
    _download(batch, order.level)


def go_on(desk: Desk, folder: BatchFolder, batch: Batch) -> None:
    """The way on for what stopped between two rows."""
    undoing = batch.state == "undoing"
    of = len(batch.replaced if undoing else batch.chosen)
    done = len(batch.undone if undoing else batch.outcomes)
    key = "batch.resume_undo" if undoing else "batch.resume_text"
    with st.container(border=True):
        text, button, end = st.columns([4, 1, 1], vertical_alignment="center")
        text.write(t(key, done=done, of=of))
        right = "restore" if undoing else "replace"
        work = _undo if undoing else _resume
        button.button(
            t("batch.resume"),
            type="primary",
            width="stretch",
            key="batch_resume",
            disabled=not allowed(right),
            help=why_not(right) or None,
            on_click=work,
            args=(desk, folder),
        )
        if not undoing:
            end.button(
                t("batch.end"),
                width="stretch",
                key="batch_end",
                disabled=not allowed("replace"),
                help=why_not("replace") or None,
                on_click=_discard,
                args=(desk, folder),
            )


def offer_undo(desk: Desk, folder: BatchFolder, batch: Batch) -> None:
    """The result as a file, and the way back."""
    numbers = count(batch, batch.level)
    file, undo, _ = st.columns([1, 1, 3])
    with file:
        _download(batch, batch.level)
    if batch.state not in ("running", "done") or not numbers.replaced:
        return
    denied = why_not("restore")
    with undo, st.popover(t("batch.undo"), width="stretch"):
        st.write(denied or t("batch.undo_text"))
        st.button(
            t("batch.undo_go", count=numbers.replaced),
            type="primary",
            key="batch_undo",
            disabled=bool(denied),
            on_click=_undo,
            args=(desk, folder),
        )


def _download(batch: Batch, level: Level) -> None:
    st.download_button(
        t("batch.download"),
        data=lambda: results_csv(batch, level),
        file_name=f"facedesk-batch-{batch.id}.csv",
        mime="text/csv",
        on_click="ignore",
        width="stretch",
        key="batch_download",
    )


def _run(desk: Desk, folder: BatchFolder, order: Order, grey: str) -> None:
    if grey:  # a greyed button is only the browser's promise
        st.session_state.batch_failed = grey
        return
    rights = registering("replace", order.level, bool(order.accepted))
    _start(desk, folder, rights, lambda who, job: run_batch(desk, folder, order, who, job.step))


def _resume(desk: Desk, folder: BatchFolder) -> None:
    order = folder.load().order or Order("high")
    _run(desk, folder, order, "")


def _undo(desk: Desk, folder: BatchFolder) -> None:
    rights = ("restore",)
    _start(desk, folder, rights, lambda who, job: undo_batch(desk, folder, who, job.step))


def _start(
    desk: Desk,
    folder: BatchFolder,
    rights: tuple[str, ...],
    work: Callable[[Actor, Job], Batch],
) -> None:
    try:
        who = actor(desk, *rights)
        desk.jobs.start(f"batch-{folder.id}", lambda job: work(who, job))
    except FaceDeskError as error:
        st.session_state.batch_failed = error_text(error)


def _discard(desk: Desk, folder: BatchFolder) -> None:
    try:
        actor(desk, "replace")
        left = discard(folder)
    except FaceDeskError as error:
        st.session_state.batch_failed = error_text(error)
        return
    if left is None:
        st.query_params.clear()
        st.session_state.batch_said = t("batch.discarded")
