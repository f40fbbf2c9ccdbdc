"""Registering a new person with a first photo."""

from __future__ import annotations

import uuid

import streamlit as st

from core.assessment import Assessment
from core.contract.fields import USER_TYPES
from core.desk import Desk
from core.errors import FaceDeskError
from core.gallery.records import IdentityChange
from pages.parts import stage
from pages.parts.camera import listen
from pages.parts.compare import warn, why_grey
from pages.parts.quality import quality_panel
from pages.parts.signin import actor, registering
from pages.parts.texts import error_text, language, plain, t

KEY = "reg"


def register_person(desk: Desk) -> None:
    """Data on the left, photo in the middle, quality on the right."""
    if st.session_state.pop("reg_done", False):
        st.session_state.update(reg_id="", reg_name="", reg_reason="", reg_groups=[])
    data, photo, quality = st.columns([1, 1.3, 1.3], gap="medium")
    groups = {group.id: group.name for group in desk.gallery.groups()}
    with data:
        identity_id = st.text_input(
            t("identities.id"), key="reg_id", help=t("identities.id_help"), max_chars=128
        ).strip()
        name = st.text_input(t("identities.name"), key="reg_name", max_chars=200).strip()
        user_type = st.selectbox(
            t("identities.type"),
            USER_TYPES,
            format_func=lambda key: t(f"type.{key}"),
            key=f"reg_type_{language()}",
        )
        chosen = st.multiselect(
            t("identities.groups"),
            list(groups),
            format_func=lambda key: groups.get(key, key),
            placeholder=t("identities.choose_groups"),
            key="reg_groups",
        )
    with photo:
        seen = stage.new_photo(desk, KEY)
        if seen is not None:
            stage.show_faces(KEY, seen)
    with quality:
        level = stage.level_control(KEY, seen)
        if seen is None:
            return
        quality_panel(seen.look.report, level)
        checks = desk.check(None, None, seen.look.embedding)
        must_explain = warn(desk, None, checks, seen)
        label = t("checks.override") if must_explain else t("confirm.reason")
        reason = st.text_input(label, key="reg_reason", max_chars=200).strip()
        grey = why_grey("create", seen, level, checks, reason)
        asked = st.button(
            t("identities.register"), type="primary", key="reg_go", disabled=bool(grey)
        )
        if grey:
            st.caption(grey)
        else:
            listen("reg_go", "Enter", t("camera.confirms"))
        if asked and not grey:
            change = IdentityChange(
                name=name or None, user_type=user_type, permission_ids=tuple(chosen)
            )
            wanted = identity_id or str(uuid.uuid4())
            assessment = Assessment(seen.look, checks)
            try:
                who = actor(desk, *registering("create", level, must_explain))
                desk.create(wanted, change, assessment, level, who, reason=reason)
            except FaceDeskError as error:
                st.error(error_text(error))
                return
            stage.clear(KEY)
            st.session_state.reg_done = True
            st.session_state.identities_said = t("identities.registered", id=plain(wanted))
            st.rerun()
