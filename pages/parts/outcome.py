"""After a replacement: the proof, the JSON answer, and the way back."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from core.desk import Desk
from core.errors import FaceDeskError
from pages.parts.signin import actor, allowed, why_not
from pages.parts.texts import error_text, plain, t


def show_outcome(desk: Desk, person_id: str) -> None:
    """What the last replacement of this person did, until something else is done."""
    message = st.session_state.pop("undone", None)
    if message:
        st.info(message)
    done: dict[str, Any] | None = st.session_state.get("done")
    if not done or done["answer"]["identity"]["identity_id"] != person_id:
        return
    with st.container(border=True):
        text, button = st.columns([5, 1], vertical_alignment="center")
        text.success(f"**{t('done.title')}** {done['proof']}")
        button.button(
            t("done.undo"),
            key="undo",
            width="stretch",
            disabled=not allowed("restore"),
            help=why_not("restore") or None,
            on_click=_undo,
            args=(desk, person_id),
        )
        with st.expander(t("done.json")):
            st.code(as_json(done["answer"]), language="json", height=300)


def proof(desk: Desk, person_id: str, photo_id: str) -> str:
    """Whom a search with the new photo finds first, and how far behind everybody else comes."""
    vector, _engine = desk.gallery.embedding(photo_id)
    first, *others = desk.matrix.nearest(vector, 2)
    found = {"name": plain(first.identity_name), "id": plain(first.identity_id)}
    if first.identity_id != person_id:
        return t("done.proof_other", **found, cosine=f"{first.cosine:.2f}")
    if not others:
        return t("done.proof_only", **found)
    other, limit = others[0], desk.vision.engine.info.same_cosine
    return t(
        "done.proof_first",
        **found,
        other=plain(other.identity_name),
        cosine=f"{other.cosine:.2f}",
        limit=f"{limit:.2f}",
    )


def as_json(answer: dict[str, Any]) -> str:
    """An answer as text to read and copy."""
    return json.dumps(answer, ensure_ascii=False, indent=2)


def _undo(desk: Desk, person_id: str) -> None:
    st.session_state.pop("done", None)
    st.session_state.desk_changed = True
    try:
        receipt = desk.undo(person_id, actor(desk, "restore"))
    except FaceDeskError as error:
        st.session_state.undone = error_text(error)
        return
    st.session_state.undone = t("done.undone") if receipt else t("done.nothing")
    if receipt and receipt.new:
        st.session_state[f"old_{person_id}"] = receipt.new.id
