"""1:1: two photos, or a photo against a person, or two people."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import streamlit as st

from core.contract.fields import Band
from core.desk import Desk
from core.errors import FaceDeskError
from core.fiqa.report import Verdict
from core.gallery.records import Identity
from core.health.checkup import JOB, Checkup
from core.health.faces import current_faces
from core.health.scores import Scores, gallery_scores
from core.pictures import aligned_jpeg
from core.verifying.subject import (
    OUTSIDE,
    Comparison,
    Subject,
    aligned_registered,
    compare,
    from_embedding,
    registered_person,
)
from pages.parts import stage
from pages.parts.charts import show_plot
from pages.parts.marks import picture, sign
from pages.parts.people import MOST, find_people, person_label
from pages.parts.score_charts import scores_plot
from pages.parts.texts import error_text, t

OF_BAND: dict[Band, Verdict] = {"same": "pass", "uncertain": "advice", "different": "fail"}
KINDS = ("photo", "person")


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What stands on one side; ``seen`` is None for a registered person."""

    subject: Subject
    name: str
    seen: stage.Seen | None


def compare_two(desk: Desk) -> None:
    """Both sides, and what they have to do with each other."""
    left, right = st.columns(2, gap="large")
    with right:  # first: sample photos are offered of the person chosen here
        second = _side(desk, "b", "person", "")
    with left:
        first = _side(desk, "a", "photo", st.session_state.get("verify_person_b") or "")
    if first is None or second is None:
        st.html(f'<div class="fd-hint fd-low">{escape(t("verify.two_hint"))}</div>')
        return
    found = compare(desk, first.subject, second.subject)
    _result(desk, first, second, found)


def _side(desk: Desk, key: str, usual: str, sample_of: str) -> Side | None:
    st.session_state.setdefault(f"verify_kind_{key}", usual)
    kind = st.segmented_control(
        t(f"verify.side_{key}"),
        KINDS,
        format_func=lambda name: t(f"verify.kind_{name}"),
        key=f"verify_kind_{key}",
        required=True,
    )
    if kind == "person":
        return _person_side(desk, key)
    seen = stage.new_photo(desk, f"verify_{key}", sample_of)
    if seen is None:
        return None
    stage.show_faces(f"verify_{key}", seen)
    return Side(from_embedding(seen.look.embedding), t(f"verify.photo_{key}"), seen)


def _person_side(desk: Desk, key: str) -> Side | None:
    person = _choose_person(desk, key)
    if person is None:
        return None
    thumbs = desk.gallery.thumbs([photo.id for photo in person.photos])
    figures = "".join(
        f"<figure>{picture(thumbs.get(photo.id, b''), _alt(person, n), 'fd-thumb')}"
        f"<figcaption>#{n}</figcaption></figure>"
        for n, photo in enumerate(person.photos, 1)
    )
    st.html(f'<div class="fd-thumbs">{figures}</div>')
    try:
        return Side(registered_person(desk, person.id), person_label(person), None)
    except FaceDeskError as error:
        st.error(error_text(error))
        return None


def _choose_person(desk: Desk, key: str) -> Identity | None:
    query = ""
    total = desk.gallery.count()
    if not total:
        st.info(t("verify.nobody"))
        return None
    if total > MOST:
        query = st.text_input(t("person.search"), key=f"verify_query_{key}").strip()
    people = {person.id: person for person in find_people(desk, query)}
    if not people:
        st.info(t("person.none", query=query))
        return None
    chosen = st.selectbox(
        t("person.label"),
        list(people),
        index=None,
        format_func=lambda i: person_label(people[i]) if i in people else i,
        key=f"verify_person_{key}",
        placeholder=t("person.placeholder"),
    )
    return people.get(chosen or "")


def _alt(person: Identity, number: int) -> str:
    return t("registered.alt", number=number, name=person.name)


def _result(desk: Desk, first: Side, second: Side, found: Comparison) -> None:
    info = desk.vision.engine.info
    mark = OF_BAND[found.band]
    pictures = (
        (_crop(desk, first, found.first_photo), first.name),
        (_crop(desk, second, found.second_photo), second.name),
    )
    figures = "".join(
        f"<figure>{picture(jpeg, name)}<figcaption>{escape(name)}</figcaption></figure>"
        for jpeg, name in pictures
    )
    limits = t("verify.limits", same=f"{info.same_cosine:.3g}", low=f"{info.different_cosine:.3g}")
    cosine = t("verify.cosine_is", cosine=f"{found.cosine:.3f}", score=found.score)
    left, right = st.columns([1, 1.35], gap="large")
    left.html(
        f'<div class="fd-pair fd-large">{figures}</div>'
        f'<div class="fd-verdict fd-{mark}">{sign(mark)} '
        f"<b>{escape(t(f'verify.band_{found.band}'))}</b></div>"
        f'<div class="fd-fact">{escape(cosine)}<br><small>{escape(limits)}</small></div>'
    )
    with right:
        _place(desk, found)


def _crop(desk: Desk, side: Side, photo_id: str) -> bytes:
    if photo_id == OUTSIDE and side.seen is not None:
        return aligned_jpeg(side.seen.look.sight)
    return _aligned(desk, photo_id)


def _aligned(desk: Desk, photo_id: str) -> bytes:
    """Looked at once a session, and the last one only: nobody's face stays behind for long."""
    kept: tuple[str, bytes] = st.session_state.get("verify_aligned", ("", b""))
    if kept[0] != photo_id:
        kept = photo_id, aligned_registered(desk, photo_id)
        st.session_state.verify_aligned = kept
    return kept[1]


def _place(desk: Desk, found: Comparison) -> None:
    """Where this cosine lies among those of the gallery."""
    info = desk.vision.engine.info
    scores = scores_now(desk)
    if not len(scores.same):
        st.info(t("health.scores_none"))
        return
    at = t("verify.this", cosine=f"{found.cosine:.3f}")
    spec, table = scores_plot(scores, info, (at, found.cosine))
    show_plot(spec, _place_says(scores, found.cosine), table, "verify_scores")


def _place_says(scores: Scores, cosine: float) -> str:
    """In words: how rare such a cosine is among pairs of two people, and of one."""
    above = scores.edges[1:] > cosine
    other, same = int(scores.different[above].sum()), int(scores.same[above].sum())
    return t(
        "verify.place_says",
        cosine=f"{cosine:.3f}",
        above_different=other,
        different=int(scores.different.sum()),
        above_same=same,
        same=int(scores.same.sum()),
    )


def scores_now(desk: Desk) -> Scores:
    """The gallery's distribution: the last check's where nothing changed since."""
    done = desk.jobs.last_done(JOB)
    counter = desk.gallery.counter()
    if done is not None and isinstance(done.result, Checkup) and done.result.counter == counter:
        return done.result.scores
    return _scores(desk, desk.settings.database_url, counter)


@st.cache_data(show_spinner=False, max_entries=4)
def _scores(_desk: Desk, database: str, counter: int) -> Scores:
    return gallery_scores(current_faces(_desk))
