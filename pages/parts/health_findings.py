"""Faces that disagree, people who look alike, and embeddings that cannot be compared."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd
import streamlit as st

from core.contract.fields import Band
from core.desk import Desk
from core.errors import NotFound
from core.fiqa.report import Verdict
from core.gallery.records import Identity
from core.health.checkup import Checkup
from core.health.likeness import FacePair
from pages.parts.charts import show_plot
from pages.parts.health_summary import heading
from pages.parts.links import desk_link, engine_link
from pages.parts.marks import picture, sign
from pages.parts.score_charts import scores_plot
from pages.parts.texts import t

AT_FIRST, MORE = 4, 12
_OF_OWN: dict[Band, Verdict] = {"same": "pass", "uncertain": "advice", "different": "fail"}
_OF_OTHERS: dict[Band, Verdict] = {"same": "fail", "uncertain": "advice", "different": "pass"}

Shown = tuple[FacePair, Identity, int, Identity, int]
"""A pair with both people and which of their photos it is, counted from 1."""


def own_photos(desk: Desk, checkup: Checkup) -> None:
    """People of whom two photos do not look like one person."""
    heading(t("health.own"))
    likeness = checkup.likeness
    if not likeness.several:
        st.info(t("health.own_nobody"))
        return
    bands = likeness.disagreeing
    if not likeness.least_alike:
        st.success(t("health.own_fine", people=likeness.several))
        return
    counts = {"different": bands["different"], "uncertain": bands["uncertain"]}
    st.caption(t("health.own_says", people=likeness.several, **counts))
    _pairs(desk, likeness.least_alike, "own", _OF_OWN)


def look_alikes(desk: Desk, checkup: Checkup) -> None:
    """People whose faces could be one person's: enrolled twice, or merely alike."""
    heading(t("health.alike"))
    likeness = checkup.likeness
    if not likeness.pairs:
        st.info(t("health.alike_nobody"))
        return
    if not likeness.most_alike:
        st.success(t("health.alike_fine", pairs=likeness.pairs))
        return
    counts = {"same": likeness.alike["same"], "uncertain": likeness.alike["uncertain"]}
    st.caption(t("health.alike_says", pairs=likeness.pairs, **counts))
    _pairs(desk, likeness.most_alike, "alike", _OF_OTHERS)


def engines(desk: Desk, checkup: Checkup) -> None:
    """How scores lie in this gallery, and which engines made the embeddings."""
    info = desk.vision.engine.info
    left, right = st.columns(2, gap="large")
    with left:
        heading(t("health.scores"))
        scores = checkup.scores
        if len(scores.same):
            same, other = int(scores.same.sum()), int(scores.different.sum())
            sentence = t("health.scores_say", same=same, different=other)
            if scores.sampled:
                sentence += " " + t("health.scores_sampled")
            spec, table = scores_plot(scores, info)
            show_plot(spec, sentence, table, "health_scores")
        else:
            st.info(t("health.scores_none"))
    with right:
        heading(t("health.engines"))
        if checkup.stale:
            st.warning(t("health.stale", count=checkup.stale))
            engine_link()
        else:
            st.success(t("health.engines_fine"))
        rows = [
            (name, count, t("quality.yes") if name == info.engine_id else t("quality.no"))
            for name, count in checkup.engines.items()
        ]
        columns = [t("health.engine"), t("identities.photos"), t("health.in_use")]
        st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True, key="health_engines")


def _pairs(desk: Desk, found: Sequence[FacePair], key: str, marks: dict[Band, Verdict]) -> None:
    wanted = st.session_state.get(f"health_{key}", AT_FIRST)
    shown = _still_there(desk, found[:wanted])
    ids = [photo for pair, *_ in shown for photo in (pair.first_photo, pair.second_photo)]
    thumbs = desk.gallery.thumbs(ids)
    for number, pair in enumerate(shown):
        with st.container(border=True, key=f"pair_{key}_{number}"):
            _pair(desk, pair, thumbs, marks)
    if len(found) > wanted:
        st.button(t("health.more"), key=f"health_more_{key}", on_click=_more, args=(key, wanted))


def _more(key: str, wanted: int) -> None:
    st.session_state[f"health_{key}"] = wanted + MORE


def _still_there(desk: Desk, found: Sequence[FacePair]) -> list[Shown]:
    """Without those of whom a photo was replaced or removed since the check."""
    shown: list[Shown] = []
    for pair in found:
        try:
            first = desk.gallery.identity(pair.first_id)
            second = desk.gallery.identity(pair.second_id)
        except NotFound:
            continue
        places = _place(first, pair.first_photo), _place(second, pair.second_photo)
        if all(places):
            shown.append((pair, first, places[0], second, places[1]))
    return shown


def _place(person: Identity, photo_id: str) -> int:
    """Which of the person's photos it is, from 1; 0 when it is none of them."""
    return next((n for n, photo in enumerate(person.photos, 1) if photo.id == photo_id), 0)


def _pair(desk: Desk, shown: Shown, thumbs: dict[str, bytes], marks: dict[Band, Verdict]) -> None:
    pair, first, one, second, two = shown
    band = desk.vision.engine.info.band(pair.cosine)
    sides = ((first, one, pair.first_photo), (second, two, pair.second_photo))
    figures = "".join(
        f"<figure>{picture(thumbs.get(photo, b''), _alt(person, n), 'fd-thumb')}"
        f"<figcaption>{escape(person.id)} · {escape(person.name)} #{n}</figcaption></figure>"
        for person, n, photo in sides
    )
    said = f"{sign(marks[band])} <b>{pair.cosine:.3f}</b> {escape(t(f'band.{band}'))}"
    st.html(f'<div class="fd-couple"><div class="fd-pair">{figures}</div><div>{said}</div></div>')
    for column, (person, n, photo) in zip(st.columns(2), sides, strict=True):
        with column:
            desk_link(person.id, photo, n)


def _alt(person: Identity, number: int) -> str:
    return t("registered.alt", number=number, name=person.name)
