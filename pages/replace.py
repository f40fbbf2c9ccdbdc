"""The desk: who, current photos, new photo with boxes and scores, before/after, confirm, undo."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from core.access.roles import require
from core.answers import update_answer
from core.assessment import Assessment
from core.contract.fields import Level
from core.desk import Desk, look_notes
from core.errors import AccessError, FaceDeskError, NotFound
from core.gallery.records import Identity, RegisteredPhoto
from pages.parts import stage
from pages.parts.camera import listen
from pages.parts.compare import before_after, check_facts, warn, why_grey
from pages.parts.demo import offer_demo
from pages.parts.measures import measures_table
from pages.parts.outcome import as_json, proof, show_outcome
from pages.parts.people import pick_person
from pages.parts.quality import quality_panel
from pages.parts.registered import chosen_photo, pick_registered
from pages.parts.shell import page_title, show, start, tell
from pages.parts.signin import actor, principal, registering
from pages.parts.texts import error_text, t

KEY = "new"
# Set where the registered photos may have changed: the whole page has to run, not its work only.
CHANGED = "desk_changed"


def main() -> None:
    """The page."""
    desk, head = start()
    if not desk.gallery.count():
        page_title(head, t("page.replace"))
        offer_demo(desk)
        return
    with head:
        person = pick_person(desk)
    st.session_state.pop(CHANGED, None)
    if person is None:
        tell("replace")
        st.html(f'<div class="fd-hint">{t("person.hint")}</div>')
        return
    if st.session_state.get("stage_of") != person.id:
        stage.clear(KEY, camera_on=True)
        st.session_state.stage_of = person.id
    registered, work = st.columns([1, 3.1], gap="medium")
    with registered:
        pick_registered(desk, person)
    with work:
        _work(desk, person.id)


@st.fragment
def _work(desk: Desk, person_id: str) -> None:
    """The new photo and what becomes of it: a click here runs nothing else of the page."""
    show(lambda: _photo_and_decision(desk, person_id))


def _photo_and_decision(desk: Desk, person_id: str) -> None:
    person, old = _today(desk, person_id)
    outcome = st.container()
    photo, quality = st.columns(2, gap="medium")
    with photo:
        seen = _new_photo(desk, person)
    with quality:
        level = _quality(seen)
    tell("replace")
    if seen is None:
        with outcome:
            show_outcome(desk, person.id)
        return
    _decide(desk, person, old, seen, level)


def _today(desk: Desk, person_id: str) -> tuple[Identity, RegisteredPhoto]:
    """Who it is about as they stand now; the whole page runs anew when that has changed."""
    if st.session_state.pop(CHANGED, False):
        st.rerun()
    try:
        require(principal(desk).role, "look")
        person = desk.gallery.identity(person_id)
    except (AccessError, NotFound):
        st.rerun()
    old = chosen_photo(person)
    if old is None:
        st.rerun()
    return person, old


def _new_photo(desk: Desk, person: Identity) -> stage.Seen | None:
    """Where the new photo comes in and is shown with its faces."""
    seen = stage.new_photo(desk, KEY, person.id)
    if seen is None:
        if not stage.has_camera(KEY):
            st.html(f'<div class="fd-hint">{t("new.hint")}</div>')
    else:
        stage.show_faces(KEY, seen)
    return seen


def _quality(seen: stage.Seen | None) -> Level:
    """The level, the verdict and the items; a change of level runs no model."""
    level = stage.level_control(KEY, seen)
    if seen is None:
        st.html(f'<div class="fd-hint">{t("verdict.waiting")}</div>')
    else:
        quality_panel(seen.look.report, level)
    return level


def _decide(
    desk: Desk, person: Identity, old: RegisteredPhoto, seen: stage.Seen, level: Level
) -> None:
    """Before and after, the checks, and the button that says why it is grey."""
    checks = desk.check(person, old, seen.look.embedding)
    assessment = Assessment(seen.look, checks, look_notes(seen.look, old))
    with st.container(border=True):
        place: Literal["top", "center"] = "top" if checks.objections else "center"
        pair, facts, act = st.columns([1.35, 1.8, 1.2], vertical_alignment=place)
        with pair:
            before_after(desk, old, seen)
        with facts:
            check_facts(checks)
            must_explain = warn(desk, person, checks, seen)
        with act:
            label = t("checks.override") if must_explain else t("confirm.reason")
            reason = st.text_input(label, key="reason", max_chars=200).strip()
            grey = why_grey("replace", seen, level, checks, reason)
            st.button(
                t("confirm.button"),
                type="primary",
                width="stretch",
                disabled=bool(grey),
                key="confirm",
                on_click=_replace,
                args=(desk, person, old, assessment, level, reason, grey),
            )
            if grey:
                st.caption(grey)
            else:
                listen("confirm", "Enter", t("camera.confirms"))
    # What nobody has opened is not made: every click on this page runs it anew.
    details = st.expander(t("quality.details"), key="details", on_change="rerun")
    if details.open:
        with details:
            measures_table(seen.look.report, f"fiqa-{seen.look.sight.photo.sha256[:12]}")
    call = st.expander(t("json.title"), key="as_call", on_change="rerun")
    if call.open:
        with call:
            _as_call(desk, person, old, assessment, level)


def _replace(
    desk: Desk,
    person: Identity,
    old: RegisteredPhoto,
    assessment: Assessment,
    level: Level,
    reason: str,
    grey: str,
) -> None:
    st.session_state[CHANGED] = True
    if grey:  # a greyed button is only the browser's promise
        st.session_state.replace_failed = grey
        return
    try:
        who = actor(desk, *registering("replace", level, bool(assessment.checks.objections)))
        receipt = desk.replace(
            person,
            old,
            assessment,
            level,
            who,
            expected_version=person.version,
            reason=reason,
        )
    except FaceDeskError as error:
        st.session_state.replace_failed = error_text(error)
        return
    info = desk.vision.engine.info
    answer = update_answer(assessment, info, level, old, receipt.identity, receipt)
    new_id = receipt.new.id if receipt.new else ""
    st.session_state.done = {
        "answer": answer.as_dict(),
        "proof": proof(desk, person.id, new_id),
        "photo_id": new_id,
    }
    st.session_state.pop(f"old_{person.id}", None)
    st.session_state.reason = ""
    stage.clear(KEY)


def _as_call(
    desk: Desk, person: Identity, old: RegisteredPhoto, assessment: Assessment, level: Level
) -> None:
    """The JSON call that does the same, and what a dry run of it answers."""
    request = {
        "identity_id": person.id,
        "register_image": "<base64>",
        "register_image_id": old.id,
        "fiqa_level": level,
        "dry_run": True,
    }
    answer = update_answer(assessment, desk.vision.engine.info, level, old, person, None)
    asked, answered = st.columns([1, 2])
    with asked:
        st.caption(f"{t('json.request')}: POST /sophon/v2/face/updateimage")
        st.code(as_json(request), language="json")
    with answered:
        st.caption(t("json.dry_run"))
        st.code(as_json(answer.as_dict()), language="json", height=260)


show(main)
