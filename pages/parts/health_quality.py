"""The registered photos by quality, and those to replace first."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.contract.fields import LEVELS, Level
from core.desk import Desk
from core.errors import NotFound
from core.gallery.records import Identity
from core.health.quality import BIN, Poor, Quality
from pages.parts.charts import items_plot, level_name, overall_plot, show_plot
from pages.parts.health_summary import heading
from pages.parts.links import desk_link
from pages.parts.marks import picture, quality_dot
from pages.parts.quality import item_name
from pages.parts.texts import both, t

AT_FIRST, MORE = 8, 20


def overview(quality: Quality) -> Level:
    """Both plots; returns the level that the reader asks the photos to reach."""
    heading(t("health.quality"))
    st.session_state.setdefault("health_level", "normal")
    chosen = st.segmented_control(
        t("health.level"),
        LEVELS[1:],
        format_func=lambda level: t(f"level.{level}"),
        key="health_level",
        required=True,
    )
    level: Level = chosen or "normal"
    left, right = st.columns(2, gap="large")
    with left:
        _overall(quality)
    with right:
        _items(quality, level)
    if quality.as_kept:
        st.caption(t("health.as_kept", count=quality.as_kept))
    return level


def below(quality: Quality, level: Level) -> int:
    """Photos that do not pass this level."""
    return sum(quality.levels[lower] for lower in LEVELS[: LEVELS.index(level)])


def _overall(quality: Quality) -> None:
    counts = {level: quality.overall[level].tolist() for level in LEVELS}
    spec, table = overall_plot(counts, BIN)
    parts = [f"{level_name(level)}: {quality.levels[level]}" for level in LEVELS]
    unknown = quality.photos - sum(sum(each) for each in counts.values())
    sentence = t("health.overall_says", photos=quality.photos, levels=" · ".join(parts))
    if unknown:
        sentence += " " + t("health.overall_unknown", count=unknown)
    show_plot(spec, sentence, table, "health_overall")


def _items(quality: Quality, level: Level) -> None:
    failing = sorted(
        ((item_name(name), counts[level]) for name, counts in quality.failed.items()),
        key=lambda pair: -pair[1],
    )
    failing = [(name, count) for name, count in failing if count]
    named = t(f"level.{level}")
    if not failing:
        st.success(t("health.items_none", level=named))
        return
    spec, table = items_plot(failing, quality.photos)
    first, count = failing[0]
    sentence = t("health.items_say", level=named, item=first, count=count, photos=quality.photos)
    show_plot(spec, sentence, table, "health_items")


def replace_first(desk: Desk, quality: Quality, level: Level) -> None:
    """The photos below the level, the worst first, each with why and the way to the desk."""
    heading(t("health.first"))
    rank = LEVELS.index(level)
    poor = [p for p in quality.worst if LEVELS.index(p.judged.best_level) < rank]
    if not poor:
        st.success(t("health.first_none", level=t(f"level.{level}")))
        return
    count = below(quality, level)
    st.caption(t("health.first_says", count=count, level=t(f"level.{level}")))
    wanted = st.session_state.get("health_rows", AT_FIRST)
    shown = _still_there(desk, poor[:wanted])
    thumbs = desk.gallery.thumbs([photo.photo_id for photo, _ in shown])
    for photo, person in shown:
        _row(photo, person, thumbs.get(photo.photo_id, b""))
    if len(poor) > wanted:
        st.button(t("health.more"), key="health_more", on_click=_more, args=(wanted,))
    elif count > len(poor):
        st.caption(t("health.listed", count=len(poor)))


def _more(wanted: int) -> None:
    st.session_state.health_rows = wanted + MORE


def _still_there(desk: Desk, poor: list[Poor]) -> list[tuple[Poor, Identity]]:
    """Without the photos that were replaced or removed since the check."""
    people: dict[str, Identity | None] = {}
    found = []
    for photo in poor:
        if photo.identity_id not in people:
            try:
                people[photo.identity_id] = desk.gallery.identity(photo.identity_id)
            except NotFound:
                people[photo.identity_id] = None
        person = people[photo.identity_id]
        if person is not None and any(p.id == photo.photo_id for p in person.photos):
            found.append((photo, person))
    return found


def _row(photo: Poor, person: Identity, thumb: bytes) -> None:
    judged = photo.judged
    alt = t("registered.alt", number=photo.number, name=person.name)
    reason = both(judged.reason) if judged.reason else t("health.no_reason")
    overall = t("registered.quality", overall=judged.overall if judged.overall >= 0 else "–")
    with st.container(border=True, key=f"poor_{photo.photo_id}"):
        face, said, link = st.columns([0.7, 6, 2], vertical_alignment="center")
        face.html(picture(thumb, alt, "fd-thumb fd-small"))
        said.html(
            f'<div class="fd-photo"><b>{escape(person.id)} · {escape(person.name)}</b> '
            f"{quality_dot(judged.best_level)} {escape(level_name(judged.best_level))} · "
            f"{escape(overall)}<br>{escape(reason)}</div>"
        )
        with link:
            desk_link(person.id, photo.photo_id, photo.number)
