"""1:N: a face against everybody who is registered."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.demo import PEOPLE
from core.desk import Desk
from core.errors import NotFound
from core.gallery.records import IdentityFilter, Match
from pages.parts import stage
from pages.parts.links import desk_link
from pages.parts.marks import picture, sign
from pages.parts.texts import t
from pages.parts.verify_pair import OF_BAND

TOPS = (5, 10, 20)
IN_A_ROW = 5


def search_all(desk: Desk) -> None:
    """The photo, whom it finds, and how far the first is ahead."""
    photo, found = st.columns([1, 1.9], gap="large")
    with photo:
        seen = stage.new_photo(desk, "verify_s", _sample_of(desk))
        if seen is not None:
            stage.show_faces("verify_s", seen)
    with found:
        st.session_state.setdefault("verify_top", TOPS[0])
        top = st.segmented_control(t("verify.top"), TOPS, key="verify_top", required=True)
        if not len(desk.matrix):
            st.info(t("verify.nobody"))
        elif seen is None:
            st.html(f'<div class="fd-hint">{escape(t("verify.search_hint"))}</div>')
        else:
            _matches(desk, desk.matrix.nearest(seen.look.embedding.vector, top or TOPS[0]))


def _sample_of(desk: Desk) -> str:
    """Whose sample photos are offered: the first of the demo's, while the demo is loaded."""
    first = PEOPLE[0].identity_id
    found = desk.gallery.list_identities(IdentityFilter(identity_id=first), 0, 1).identities
    return first if found and found[0].ext_info.get("demo") else ""


def _matches(desk: Desk, matches: tuple[Match, ...]) -> None:
    info = desk.vision.engine.info
    _verdict(desk, matches)
    for start in range(0, len(matches), IN_A_ROW):
        columns = st.columns(IN_A_ROW, gap="small")
        row = matches[start : start + IN_A_ROW]
        for rank, (column, match) in enumerate(zip(columns, row, strict=False), start + 1):
            with column, st.container(border=True, key=f"match_{rank}"):
                _card(desk, rank, match)
    limits = t("verify.limits", same=f"{info.same_cosine:.3g}", low=f"{info.different_cosine:.3g}")
    st.caption(limits)


def _verdict(desk: Desk, matches: tuple[Match, ...]) -> None:
    """What the list means in one sentence, and the margin to the second."""
    info, first = desk.vision.engine.info, matches[0]
    band = info.band(first.cosine)
    mark = OF_BAND[band]
    who = {"name": first.identity_name, "id": first.identity_id, "cosine": f"{first.cosine:.3f}"}
    margin = ""
    if len(matches) > 1:
        ahead = first.cosine - matches[1].cosine
        margin = t("verify.margin", margin=f"{ahead:.3f}")
        if info.band(matches[1].cosine) == "same":
            margin += " " + t("verify.two_same")
    st.html(
        f'<div class="fd-verdict fd-{mark}">{sign(mark)} '
        f"<b>{escape(t(f'verify.found_{band}', **who))}</b></div>"
        f'<p class="fd-todo">{escape(margin)}</p>'
    )


def _card(desk: Desk, rank: int, match: Match) -> None:
    info = desk.vision.engine.info
    band = info.band(match.cosine)
    try:
        crop = desk.gallery.crop_jpeg(match.photo_id)
        person = desk.gallery.identity(match.identity_id)
    except NotFound:  # removed this very moment
        return
    number = next((n for n, p in enumerate(person.photos, 1) if p.id == match.photo_id), 1)
    alt = t("registered.alt", number=number, name=match.identity_name)
    score = t("verify.score", score=info.score(match.cosine))
    st.html(
        f'<div class="fd-match">{picture(crop, alt)}'
        f"<div><b>{rank}. {escape(match.identity_id)}</b> {escape(match.identity_name)}<br>"
        f"{sign(OF_BAND[band])} <b>{match.cosine:.3f}</b> {escape(t(f'band.{band}'))}<br>"
        f"<small>{escape(score)}</small></div></div>"
    )
    desk_link(match.identity_id, match.photo_id, number)
