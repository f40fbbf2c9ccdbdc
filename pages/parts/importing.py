"""Registering many people from a ZIP and a list: who would come in, the run, the result."""

from __future__ import annotations

import io
import uuid
from collections import Counter

import pandas as pd
import streamlit as st

from core.batch.csv_map import MAX_BYTES
from core.batch.reasons import Reason
from core.batch.sources import Source, caps_of
from core.batch.zip_source import ZipSource
from core.contract.fields import LEVELS, Level
from core.desk import Desk
from core.enrolling import COLUMNS, Enrolled, Newcomer, enrol, plan_newcomers, result_file
from core.errors import FaceDeskError
from core.jobs import Job
from pages.parts.batch_intake import uploader_words
from pages.parts.batch_table import reason_text
from pages.parts.progress import show_end, show_progress
from pages.parts.signin import actor, registering, why_not
from pages.parts.texts import error_text, language, t

JOB, PLAN, SOURCE, DONE = "import_job", "import_plan", "import_source", "import_done"
ROW_PX, MOST_ROWS_SHOWN = 36, 10


def import_people(desk: Desk) -> None:
    """The stage the import is at."""
    name = st.session_state.get(JOB)
    job = desk.jobs.get(name) if name else None
    if failure := st.session_state.pop("import_failed", None):
        st.error(failure)
    if job is not None and job.running:
        show_progress(job)
    elif job is not None:
        _ended(job)
    elif PLAN in st.session_state:
        _planned(desk, st.session_state[PLAN])
    else:
        _form(desk)


def _form(desk: Desk) -> None:
    turn = st.session_state.get("import_round", 0)
    mb = st.get_option("server.maxUploadSize")
    photos, people = st.columns(2)
    with photos:
        uploader_words("import_zip", t("batch.zip_hint", mb=mb))
        archive = st.file_uploader(t("import.zip"), type=["zip"], key=f"import_zip_{turn}")
    with people:
        uploader_words("import_csv", t("batch.csv_hint", mb=f"{MAX_BYTES / 1e6:.0f}"))
        table = st.file_uploader(t("import.csv"), type=["csv", "txt"], key=f"import_csv_{turn}")
    st.caption(t("import.how", columns=", ".join(f"`{name}`" for name in COLUMNS)))
    st.button(
        t("import.check"),
        key="import_check",
        disabled=archive is None,
        on_click=_plan,
        args=(desk, archive, table),
    )


def _plan(desk: Desk, archive: io.BytesIO, table: io.BytesIO | None) -> None:
    caps = caps_of(desk.settings)
    try:
        source = ZipSource(io.BytesIO(archive.getvalue()), "photos.zip", caps)
        listed = table.getvalue() if table else None
        st.session_state[PLAN] = plan_newcomers(desk, source, listed, caps.photos)
    except FaceDeskError as error:
        st.session_state["import_failed"] = error_text(error)
        return
    st.session_state[SOURCE] = source


def _planned(desk: Desk, plan: list[Newcomer]) -> None:
    ready = [newcomer for newcomer in plan if newcomer.problem is None]
    counts = t("import.planned", ready=len(ready), refused=len(plan) - len(ready))
    st.markdown(f"**{counts}**")
    _table([(newcomer, newcomer.problem) for newcomer in plan], t("import.ready"))
    level = st.segmented_control(
        t("level.label"),
        LEVELS,
        format_func=lambda name: t(f"level.{name}"),
        key="import_level",
        default="high",
        required=True,
    )
    denied = why_not(*registering("create", level or "high", False))
    go, leave, _ = st.columns([1.5, 1, 3])
    go.button(
        t("import.run", count=len(ready)),
        type="primary",
        key="import_run",
        disabled=not ready or bool(denied),
        help=denied or None,
        on_click=_start,
        args=(desk, ready, level or "high"),
        width="stretch",
    )
    leave.button(t("import.discard"), key="import_discard", on_click=_leave, width="stretch")


def _start(desk: Desk, ready: list[Newcomer], level: Level) -> None:
    try:
        who = actor(desk, *registering("create", level, False))
        source: Source = st.session_state[SOURCE]
        done: list[Enrolled] = []

        def work(job: Job) -> None:
            for each in enrol(desk, source, ready, level, who, lambda n: job.step(n, len(ready))):
                done.append(each)

        name = f"import-{uuid.uuid4().hex[:12]}"
        desk.jobs.start(name, work)
    except FaceDeskError as error:
        st.session_state["import_failed"] = error_text(error)
        return
    refused = [Enrolled(each, each.problem) for each in st.session_state[PLAN] if each.problem]
    st.session_state[JOB], st.session_state[DONE] = name, (done, refused)


def _ended(job: Job) -> None:
    show_end(job)
    done, refused = st.session_state[DONE]
    all_of_them = sorted([*done, *refused], key=lambda each: each.newcomer.number)
    states = Counter(each.reason is None for each in all_of_them)
    st.success(t("import.ended", registered=states[True], refused=states[False]))
    _table([(each.newcomer, each.reason) for each in all_of_them], t("import.registered"))
    result, leave, _ = st.columns([1.5, 1, 3])
    result.download_button(
        t("batch.download"),
        data=lambda: result_file(all_of_them),
        file_name="facedesk-import.csv",
        mime="text/csv",
        on_click="ignore",
        key="import_result",
        width="stretch",
    )
    leave.button(t("import.close"), key="import_close", on_click=_leave, width="stretch")


def _table(rows: list[tuple[Newcomer, Reason | None]], fine: str) -> None:
    columns = {
        "#": [newcomer.number for newcomer, _ in rows],
        t("identities.id"): [newcomer.identity_id for newcomer, _ in rows],
        t("identities.name"): [newcomer.name for newcomer, _ in rows],
        t("batch.col_file"): [newcomer.file for newcomer, _ in rows],
        t("history.outcome"): [f"✘ {reason_text(why)}" if why else f"✔ {fine}" for _, why in rows],
    }
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        height=min(len(rows), MOST_ROWS_SHOWN) * ROW_PX + 40,
        row_height=ROW_PX,
        key=f"import_table_{language()}",
    )


def _leave() -> None:
    source: Source | None = st.session_state.pop(SOURCE, None)
    if source is not None:
        source.close()
    for name in (JOB, PLAN, DONE):
        st.session_state.pop(name, None)
    st.session_state["import_round"] = st.session_state.get("import_round", 0) + 1
