"""The identity picker: one person out of the gallery."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.desk import Desk
from core.gallery.records import Identity, IdentityFilter
from pages.parts.texts import plain, t

MOST = 300
"""People offered at once; beyond that a search box narrows them down."""


def pick_person(desk: Desk) -> Identity | None:
    """The person chosen, with the address of the page naming who it is."""
    total = desk.gallery.count()
    query = ""
    place: DeltaGenerator = st.container()
    if total > MOST:
        search, place = place.columns([1, 2], vertical_alignment="bottom")
        query = search.text_input(t("person.search"), key="person_search").strip()
    people = _offered(desk, query)
    if not people:
        st.info(t("person.none", query=plain(query)))
        return None
    if total > len(people) >= MOST:
        st.caption(t("person.more", shown=len(people), total=total))
    _say_gone(desk)
    people = _with_asked(desk, people, query)
    labels = {person.id: person_label(person) for person in people}
    asked = st.query_params.get("person")
    if "person" not in st.session_state and asked in labels:
        st.session_state.person = asked
    chosen = place.selectbox(
        t("person.label"),
        list(labels),
        index=None if st.session_state.get("person") not in labels else 0,
        format_func=lambda identity_id: labels.get(identity_id, identity_id),
        key="person",
        placeholder=t("person.placeholder"),
    )
    if chosen is None:
        return None
    st.query_params["person"] = chosen
    return desk.gallery.identity(chosen)


def _offered(desk: Desk, query: str) -> tuple[Identity, ...]:
    """Those to choose from, read again when the gallery has changed."""
    head = desk.gallery.head()
    kept = st.session_state.get("people_offered")
    if kept is None or kept[:2] != (head, query):
        kept = st.session_state.people_offered = (head, query, find_people(desk, query))
    people: tuple[Identity, ...] = kept[2]
    return people


def _say_gone(desk: Desk) -> None:
    """The picker forgets somebody who is not there any more; say why."""
    before = st.session_state.get("person")
    if before and not desk.gallery.has_identity(before):
        st.warning(t("person.gone"))


def _with_asked(desk: Desk, people: tuple[Identity, ...], query: str) -> tuple[Identity, ...]:
    """Whom the address or the last choice names, also where more people are than offered."""
    asked = st.session_state.get("person") or st.query_params.get("person")
    if query or not asked or asked in {person.id for person in people}:
        return people
    return (
        *desk.gallery.list_identities(IdentityFilter(identity_id=asked), 0, 1).identities,
        *people,
    )


def find_people(desk: Desk, query: str) -> tuple[Identity, ...]:
    """Up to MOST people whose id or name matches; without a query the first ones."""
    if not query:
        return desk.gallery.list_identities(IdentityFilter(), 0, MOST).identities
    named = desk.gallery.list_identities(IdentityFilter(name_contains=query), 0, MOST).identities
    exact = desk.gallery.list_identities(IdentityFilter(identity_id=query), 0, 1).identities
    return (*exact, *(person for person in named if person.id != query))


def person_label(person: Identity) -> str:
    """Id, name and groups in one line: what the picker can be searched by.

    The same in every language: the browser holds what was chosen by its label.
    """
    groups = ", ".join(group.name for group in person.groups)
    return " · ".join(part for part in (f"{person.id}  {person.name}", groups) if part)
