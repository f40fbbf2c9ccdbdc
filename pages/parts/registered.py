"""The row of a person's registered faces, the one to replace marked."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.contract.fields import LEVELS
from core.desk import Desk
from core.gallery.records import Identity, RegisteredPhoto
from pages.parts.marks import picture, quality_dot
from pages.parts.texts import t

AT_ONCE, TALL_PX = 4, 540
"""More photos than this scroll within this height."""


def pick_registered(desk: Desk, person: Identity) -> None:
    """The registered photo to replace, of all in the order of their need; the worst is chosen."""
    key = f"old_{person.id}"
    ids = [photo.id for photo in person.photos]
    _take_asked(key, ids)
    if st.session_state.get(key) not in ids:
        st.session_state[key] = worst(person).id
    thumbs = desk.gallery.thumbs(ids)
    kind = escape(t(f"type.{person.user_type}"))
    title = escape(t("registered.title"))
    st.html(f'<div class="fd-head">{title} <small>{kind}</small></div>')
    with st.container(height=TALL_PX if len(person.photos) > AT_ONCE else "content", border=False):
        for number, photo in sorted(enumerate(person.photos, 1), key=lambda card: _need(card[1])):
            _card(person, photo, number, thumbs.get(photo.id, b""), key)


def chosen_photo(person: Identity) -> RegisteredPhoto | None:
    """The photo that was picked; None when it is not there any more."""
    chosen = st.session_state.get(f"old_{person.id}")
    return next((photo for photo in person.photos if photo.id == chosen), None)


def _take_asked(key: str, ids: list[str]) -> None:
    """The photo that the address names, once: what is chosen by hand afterwards counts."""
    asked = st.query_params.get("photo")
    if asked in ids and asked != st.session_state.get("photo_asked"):
        st.session_state[key] = st.session_state.photo_asked = asked
    elif asked is not None and asked not in ids:  # somebody else's, or gone
        del st.query_params["photo"]


def worst(person: Identity) -> RegisteredPhoto:
    """The photo that needs replacing most: of the lowest level, then of the lowest score."""
    return min(person.photos, key=_need)


def _need(photo: RegisteredPhoto) -> tuple[int, int]:
    """Its rank among those to be replaced, the lowest first."""
    return LEVELS.index(photo.best_level), photo.overall


def _card(person: Identity, photo: RegisteredPhoto, number: int, thumb: bytes, key: str) -> None:
    chosen = st.session_state[key] == photo.id
    alt = t("registered.alt", number=number, name=person.name)
    level = t("level.none") if photo.best_level == "no" else t(f"level.{photo.best_level}")
    fresh = photo.id == st.session_state.get("done", {}).get("photo_id")
    mark = f' · <span class="fd-new">{escape(t("registered.new"))}</span>' if fresh else ""
    with st.container(border=True, key=f"card_{'on' if chosen else 'off'}_{number}"):
        face, side = st.columns([1, 1.5], vertical_alignment="center", gap="small")
        face.html(picture(thumb, alt, "fd-thumb"))
        side.html(
            f'<div class="fd-photo"><b>#{number}</b> {quality_dot(photo.best_level)} '
            f"{escape(t('registered.quality', overall=photo.overall))}<br>"
            f"<span>{escape(level)}</span><br><small>{photo.created_at:%Y-%m-%d}</small>{mark}</div>"
        )
        side.button(
            t("registered.chosen") if chosen else t("registered.choose"),
            key=f"choose_{photo.id}",
            type="primary" if chosen else "secondary",
            width="stretch",
            on_click=_choose,
            args=(key, photo.id),
        )


def _choose(key: str, photo_id: str) -> None:
    st.session_state[key] = st.session_state.photo_asked = photo_id
    st.query_params["photo"] = photo_id
