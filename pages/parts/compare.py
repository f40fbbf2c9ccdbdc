"""Before and after, same person or not, and who else it might be."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.assessment import Checks
from core.desk import Desk
from core.fiqa.report import Verdict
from core.gallery.records import Identity, RegisteredPhoto
from core.pictures import face_jpeg
from pages.parts.marks import picture, sign
from pages.parts.stage import Seen
from pages.parts.texts import t

_OF_BAND: dict[str, Verdict] = {"same": "pass", "uncertain": "advice", "different": "fail"}
_OF_OTHER: dict[str, Verdict] = {"same": "fail", "uncertain": "advice", "different": "pass"}


def before_after(desk: Desk, old: RegisteredPhoto, seen: Seen) -> None:
    """Both crops side by side."""
    pictures = (
        ("checks.before", desk.gallery.crop_jpeg(old.id)),
        ("checks.after", face_jpeg(seen.look.sight)),
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
    if checks.nearest is None or checks.nearest_band is None:
        return f"{sign('pass')} {name}: {escape(t('checks.nobody'))}"
    who = escape(f"{checks.nearest.identity_id} {checks.nearest.identity_name}")
    mark = sign(_OF_OTHER[checks.nearest_band])
    return f"{mark} {name}: {who} <b>{checks.nearest.cosine:.2f}</b>"


def warn(person: Identity | None, checks: Checks) -> bool:
    """A red or yellow card; whether a reason has to be typed to go on."""
    sentences = []
    limit = f"{checks.same_limit:.2f}"
    own = "" if checks.best_cosine is None else f"{checks.best_cosine:.2f}"
    if person and checks.wrong_person:
        sentences.append(t("checks.wrong", name=person.name, cosine=own, limit=limit))
    if checks.double_person and checks.nearest:
        near = checks.nearest
        cosine = f"{near.cosine:.2f}"
        text = t("checks.double", name=near.identity_name, id=near.identity_id, cosine=cosine)
        sentences.append(text)
    if sentences:
        st.error("  \n".join(sentences))
    elif person and checks.same_band == "uncertain":
        st.warning(t("checks.uncertain", name=person.name, cosine=own, limit=limit))
    return bool(sentences)
