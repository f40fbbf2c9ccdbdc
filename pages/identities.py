"""People and permission groups: look, register, edit, add and remove photos, delete."""

from __future__ import annotations

import base64
from dataclasses import replace

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from core.contract.fields import USER_TYPES
from core.desk import Desk
from core.gallery.records import Identity, IdentityFilter
from core.roster import export_people
from pages.parts.demo import offer_demo
from pages.parts.editor import edit_person, manage_groups
from pages.parts.importing import JOB, PLAN, import_people
from pages.parts.registered import worst
from pages.parts.registration import register_person
from pages.parts.shell import page_title, show, start, tell
from pages.parts.signin import allowed
from pages.parts.texts import language, t

PAGE_SIZE = 20


def main() -> None:
    """The page."""
    desk, head = start()
    page_title(head, t("page.identities"))
    tell("identities")
    wanted = _filter(desk)
    table, side = st.columns([2.2, 1], gap="medium")
    with table:
        chosen = _table(desk, wanted)
    with side:
        if chosen:
            edit_person(desk, chosen)
        else:
            st.info(t("identities.select"))
    if allowed("create"):
        opened = bool(st.session_state.get("reg_seen"))
        with st.expander(t("identities.register"), expanded=opened):
            register_person(desk)
        importing = bool({PLAN, JOB} & set(st.session_state))
        with st.expander(t("import.title"), expanded=importing):
            import_people(desk)
    with st.expander(t("identities.groups_title")):
        manage_groups(desk)


def _filter(desk: Desk) -> IdentityFilter:
    groups = {group.id: group.name for group in desk.gallery.groups()}
    search, kind, group = st.columns([2, 1, 1])
    text = search.text_input(t("identities.search"), key="live_id_search").strip()
    user_type = kind.selectbox(
        t("identities.type"),
        USER_TYPES,
        index=None,
        format_func=lambda name: t(f"type.{name}"),
        placeholder=t("identities.all"),
        key=f"id_type_{language()}",
    )
    group_id = group.selectbox(
        t("identities.group"),
        list(groups),
        index=None,
        format_func=lambda key: groups.get(key, key),
        placeholder=t("identities.all"),
        key="id_group",
    )
    return IdentityFilter(
        name_contains=text,
        permission_ids=(group_id,) if group_id else (),
        user_type=user_type,
    )


def _table(desk: Desk, wanted: IdentityFilter) -> Identity | None:
    people, total, last = _found(desk, wanted)
    if not people:
        if not desk.gallery.count():
            offer_demo(desk)
        else:
            st.info(t("identities.none"))
        return None
    event = st.dataframe(
        _frame(desk, people),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        row_height=56,
        height=min(len(people), 8) * 56 + 40,
        column_config=_columns(),
        # A row's number means another person as soon as other people are shown.
        key=f"id_table_{hash(tuple(person.id for person in people))}",
    )
    count, export, pages = st.columns([2, 1, 1], vertical_alignment="bottom")
    count.caption(t("identities.count", count=total))
    export.download_button(
        t("identities.export"),
        data=lambda: export_people(desk, wanted),
        file_name="facedesk-people.csv",
        mime="text/csv",
        on_click="ignore",
        width="stretch",
        key="id_export",
    )
    if last > 1:
        pages.number_input(t("identities.page"), 1, last, key="id_page")
    rows = event.selection.rows
    if not rows or rows[0] >= len(people):
        return None
    return people[rows[0]]


def _found(desk: Desk, wanted: IdentityFilter) -> tuple[tuple[Identity, ...], int, int]:
    """The people of the open page, how many match in all, and the last page's number."""
    number = st.session_state.get("id_page", 1)
    page = desk.gallery.list_identities(wanted, number - 1, PAGE_SIZE)
    last = max(1, -(-page.total // PAGE_SIZE))
    if number > last:
        st.session_state.id_page = last
        page = desk.gallery.list_identities(wanted, last - 1, PAGE_SIZE)
    if not wanted.name_contains:
        return page.identities, page.total, last
    by_id = replace(wanted, name_contains="", identity_id=wanted.name_contains)
    named = {person.id for person in page.identities}
    exact = desk.gallery.list_identities(by_id, 0, 1).identities
    exact = tuple(person for person in exact if person.id not in named)
    return (*exact, *page.identities), page.total + len(exact), last


def _frame(desk: Desk, people: tuple[Identity, ...]) -> pd.DataFrame:
    thumbs = desk.gallery.thumbs([person.photos[0].id for person in people if person.photos])
    return pd.DataFrame(
        {
            t("identities.picture"): [_uri(thumbs, person) for person in people],
            t("identities.id"): [person.id for person in people],
            t("identities.name"): [person.name for person in people],
            t("identities.type"): [t(f"type.{person.user_type}") for person in people],
            t("identities.groups"): [", ".join(g.name for g in p.groups) for p in people],
            t("identities.photos"): [len(person.photos) for person in people],
            t("identities.quality"): [worst(p).overall if p.photos else None for p in people],
            t("identities.changed"): [person.updated_at for person in people],
        }
    )


def _uri(thumbs: dict[str, bytes], person: Identity) -> str | None:
    if not person.photos or person.photos[0].id not in thumbs:
        return None
    data = base64.b64encode(thumbs[person.photos[0].id]).decode("ascii")
    return f"data:image/jpeg;base64,{data}"


def _columns() -> dict[str, ColumnConfig | str | None]:
    config = st.column_config
    return {
        t("identities.picture"): config.ImageColumn(width=64),
        t("identities.photos"): config.NumberColumn(width=70),
        t("identities.quality"): config.ProgressColumn(
            min_value=0, max_value=100, format="%d", width=110
        ),
        t("identities.changed"): config.DatetimeColumn(format="YYYY-MM-DD", width=95),
    }


show(main)
