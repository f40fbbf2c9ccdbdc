"""History: every change and every refusal, and the way back to an earlier photo."""

from __future__ import annotations

import base64
from datetime import date, datetime, time, timedelta
from typing import Literal

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from core.desk import Desk
from core.gallery.records import AuditFilter, AuditRow
from core.history import ACTIONS, export_history
from pages.parts.past import action_text, operator_text, outcome_text, show_row
from pages.parts.shell import page_title, show, start, tell
from pages.parts.texts import t
from pages.parts.when import zone

PAGE_SIZE = 25


def main() -> None:
    """The page."""
    desk, head = start()
    page_title(head, t("page.history"))
    tell("history")
    wanted = _filter()
    table, side = st.columns([2.3, 1], gap="medium")
    with table:
        row = _table(desk, wanted)
    with side:
        if row is None:
            st.info(t("history.select"))
        else:
            show_row(desk, row, zone())


def _filter() -> AuditFilter:
    person, action, outcome, days = st.columns([1.4, 1.6, 1, 1.3])
    asked = st.query_params.get("person", "")
    text = person.text_input(t("history.person"), asked, key="live_hist_person").strip()
    actions = action.multiselect(
        t("history.action"),
        ACTIONS,
        format_func=action_text,
        placeholder=t("identities.all"),
        key="hist_action",
    )
    refused = outcome.selectbox(
        t("history.outcome"),
        (False, True),
        index=None,
        format_func=lambda value: t("history.refused" if value else "history.done"),
        placeholder=t("identities.all"),
        key="hist_outcome",
    )
    nothing: list[date | datetime | str | Literal["today"] | None] = []
    picked = days.date_input(t("history.days"), value=nothing, key="hist_days", format="YYYY-MM-DD")
    since, until = _times(picked if isinstance(picked, tuple) else (picked,))
    return AuditFilter(text, tuple(actions), refused, since, until)


def _times(days: tuple[date, ...]) -> tuple[datetime | None, datetime | None]:
    """From the first day's beginning to the last day's end, in the reader's time zone."""
    if not days:
        return None, None
    first = datetime.combine(days[0], time(), zone())
    last = datetime.combine(days[-1] + timedelta(days=1), time(), zone())
    return first, last


def _table(desk: Desk, wanted: AuditFilter) -> AuditRow | None:
    number = st.session_state.get("hist_page", 1)
    page = desk.gallery.history(wanted, number - 1, PAGE_SIZE)
    last = max(1, -(-page.total // PAGE_SIZE))
    if number > last:  # the filter changed
        st.session_state.hist_page = number = last
        page = desk.gallery.history(wanted, number - 1, PAGE_SIZE)
    if not page.rows:
        st.info(t("history.none"))
        return None
    event = st.dataframe(
        _frame(desk, page.rows),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        row_height=44,
        height=min(len(page.rows), 12) * 44 + 40,
        column_config=_columns(),
        key=f"hist_table_{number}_{hash(wanted)}",
    )
    count, export, pages = st.columns([2, 1, 1], vertical_alignment="bottom")
    count.caption(t("history.count", count=page.total))
    export.download_button(
        t("history.export"),
        data=lambda: export_history(desk, wanted),
        file_name="facedesk-history.csv",
        mime="text/csv",
        on_click="ignore",
        width="stretch",
        key="hist_export",
    )
    if last > 1:
        pages.number_input(t("identities.page"), 1, last, key="hist_page")
    rows = event.selection.rows
    return page.rows[rows[0]] if rows and rows[0] < len(page.rows) else None


def _frame(desk: Desk, rows: tuple[AuditRow, ...]) -> pd.DataFrame:
    entries = [row.entry for row in rows]
    ids = [i for e in entries for i in (e.old_photo_id, e.new_photo_id) if i]
    thumbs = desk.gallery.thumbs(ids)
    names = desk.gallery.names([entry.identity_id for entry in entries])
    return pd.DataFrame(
        {
            t("history.time"): [row.at.astimezone(zone()).replace(tzinfo=None) for row in rows],
            t("history.action"): [action_text(e.action) for e in entries],
            t("history.outcome"): [outcome_text(entry) for entry in entries],
            t("history.person"): [
                f"{e.identity_id} {names.get(e.identity_id, '')}".strip() for e in entries
            ],
            t("checks.before"): [_uri(thumbs.get(entry.old_photo_id)) for entry in entries],
            t("checks.after"): [_uri(thumbs.get(entry.new_photo_id)) for entry in entries],
            t("history.level"): [t(f"level.{e.level}") if e.level else "" for e in entries],
            t("history.reason"): [entry.reason for entry in entries],
            t("history.operator"): [operator_text(e.actor) for e in entries],
        }
    )


def _uri(thumb: bytes | None) -> str:
    if thumb is None:
        return ""
    return "data:image/jpeg;base64," + base64.b64encode(thumb).decode("ascii")


def _columns() -> dict[str, ColumnConfig | str | None]:
    config = st.column_config
    return {
        t("history.time"): config.DatetimeColumn(format="YYYY-MM-DD HH:mm", width=138),
        t("checks.before"): config.ImageColumn(width=60),
        t("checks.after"): config.ImageColumn(width=60),
        t("history.level"): config.TextColumn(width=74),
        t("history.outcome"): config.TextColumn(width=100),
        t("history.action"): config.TextColumn(width=92),
        t("history.operator"): config.TextColumn(width=84),
    }


show(main)
