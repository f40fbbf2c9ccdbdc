"""Before and after, same person or not, and who else it might be."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.assessment import Checks
from core.contract.fields import Level
from core.desk import Desk, require_checks
from core.errors import FaceDeskError, NotFound
from core.fiqa.report import Verdict
from core.gallery.records import Identity, RegisteredPhoto
from pages.parts.marks import picture, sign
from pages.parts.signin import registering, why_not
from pages.parts.stage import Seen
from pages.parts.texts import error_text, plain, t

_OF_BAND: dict[str, Verdict] = {"same": "pass", "uncertain": "advice", "different": "fail"}
_OF_OTHER: dict[str, Verdict] = {"same": "fail", "uncertain": "advice", "different": "pass"}


def before_after(desk: Desk, old: RegisteredPhoto, seen: Seen) -> None:
    """Both crops side by side."""
    pictures = (
        ("checks.before", desk.gallery.crop_jpeg(old.id)),
        ("checks.after", seen.face_jpeg),
    )
    figures = "".join(
        f"<figure>{picture(jpeg, t(key))}<figcaption>{escape(t(key))}</figcaption></figure>"
        for key, jpeg in pictures
    )
    st.html(f'<div class="fd-pair">{figures}</div>')


def check_facts(checks: Checks) -> None:
    """Two lines: similarity to this person, and the nearest other."""
    limit = escape(t("checks.limit", limit=f"{checks.same_limit:.2f}"))
    lines = [
        f"{_own(checks)} <small>({limit})</small>",
        _other(checks),
    ]
    st.html(f'<div class="fd-fact">{"<br>".join(lines)}</div>')


def _own(checks: Checks) -> str:
    name = escape(t("checks.same"))
    if checks.best_cosine is None or checks.same_band is None:
        why = t("checks.stale") if checks.stale else t("checks.off")
        return f"{sign('not_assessed')} {name}: {escape(why)}"
    band = escape(t(f"band.{checks.same_band}"))
    mark = sign(_OF_BAND[checks.same_band])
    own = f"{mark} {name}: <b>{checks.best_cosine:.2f}</b> {band}"
    if checks.old_cosine is None:
        return own
    return f"{own} <small>· {escape(t('checks.old', cosine=f'{checks.old_cosine:.2f}'))}</small>"


def _other(checks: Checks) -> str:
    name = escape(t("checks.nearest"))
    if checks.duplicate_mode == "off":
        return f"{sign('not_assessed')} {name}: {escape(t('checks.off'))}"
    if checks.nearest is None or checks.nearest_band is None:
        return f"{sign('pass')} {name}: {escape(t('checks.nobody'))}"
    who = escape(f"{checks.nearest.identity_id} {checks.nearest.identity_name}")
    mark = sign(_OF_OTHER[checks.nearest_band])
    return f"{mark} {name}: {who} <b>{checks.nearest.cosine:.2f}</b>"


def warn(desk: Desk, person: Identity | None, checks: Checks, seen: Seen) -> bool:
    """A card with the faces it is about; whether a reason has to be typed to go on."""
    sentences, faces = [], [(seen.face_jpeg, t("new.title"))]
    limit = f"{checks.same_limit:.2f}"
    own = "" if checks.best_cosine is None else f"{checks.best_cosine:.2f}"
    if person and checks.wrong_person:
        sentences.append(t("checks.wrong", name=person.name, cosine=own, limit=limit))
        faces += _registered(desk, person.photos[0].id, person.name, person.id)
    if checks.double_person and (near := checks.nearest):
        cosine = f"{near.cosine:.2f}"
        name, who = near.identity_name, near.identity_id
        sentences.append(t("checks.double", name=name, id=who, cosine=cosine))
        faces += _registered(desk, near.photo_id, name, who)
    if sentences:
        _red_card(sentences, faces)
    elif person and checks.same_band == "uncertain":
        st.warning(t("checks.uncertain", name=plain(person.name), cosine=own, limit=limit))
    return bool(sentences)


def why_grey(right: str, seen: Seen, level: Level, checks: Checks, reason: str) -> str:
    """Why this photo cannot be registered, or not by this person; empty when it can."""
    if denied := why_not(*registering(right, level, bool(checks.objections))):
        return denied
    if not seen.look.report.passes(level):
        return t("confirm.need_quality", level=t(f"level.{level}"))
    try:
        require_checks(checks)
    except FaceDeskError as error:
        return error_text(error)
    return t("confirm.need_reason") if checks.objections and not reason else ""


def _registered(desk: Desk, photo_id: str, name: str, identity_id: str) -> list[tuple[bytes, str]]:
    """The crop of a registered face with whose it is; nothing when it was removed meanwhile."""
    try:
        return [(desk.gallery.crop_jpeg(photo_id), f"{name} ({identity_id})")]
    except NotFound:
        return []


def _red_card(sentences: list[str], faces: list[tuple[bytes, str]]) -> None:
    said = "".join(f"<p>{sign('fail')} {escape(sentence)}</p>" for sentence in sentences)
    figures = "".join(
        f"<figure>{picture(jpeg, caption)}<figcaption>{escape(caption)}</figcaption></figure>"
        for jpeg, caption in faces
    )
    inside = f'<div>{said}</div><div class="fd-pair">{figures}</div>'
    st.html(f'<div class="fd-red" role="alert">{inside}</div>')
