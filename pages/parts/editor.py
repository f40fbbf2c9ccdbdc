"""Editing one person: data, groups, photos, deletion; and the list of permission groups."""

from __future__ import annotations

import streamlit as st

from core.assessment import Assessment
from core.contract.fields import USER_TYPES
from core.desk import Desk
from core.errors import FaceDeskError
from core.gallery.records import AuditEntry, Identity, IdentityChange
from pages.parts import stage
from pages.parts.compare import warn, why_grey
from pages.parts.links import page_link
from pages.parts.marks import picture
from pages.parts.quality import quality_panel
from pages.parts.signin import actor, allowed, registering
from pages.parts.texts import error_text, plain, t


def edit_person(desk: Desk, person: Identity) -> None:
    """Everything that can be done with one person."""
    with st.container(border=True, key="edit"):
        st.markdown(f"##### {plain(person.id)} · {plain(person.name)}")
        page_link("replace", t("identities.go"), person=person.id)
        _photos(desk, person)
        if allowed("update"):
            _data(desk, person)
        if allowed("add_photo"):
            with st.expander(t("identities.add_photo")):
                _add_photo(desk, person)
        if allowed("delete_photo") and len(person.photos) > 1:
            with st.expander(t("identities.remove")):
                _remove_photo(desk, person)
        if allowed("delete"):
            with st.expander(t("identities.delete")):
                _delete(desk, person)
        changed = f"{person.updated_at:%Y-%m-%d %H:%M}"
        st.caption(
            t(
                "identities.description",
                id=plain(person.id),
                version=person.version,
                changed=changed,
            )
        )


def _photos(desk: Desk, person: Identity) -> None:
    thumbs = desk.gallery.thumbs([photo.id for photo in person.photos])
    figures = ""
    for number, photo in enumerate(person.photos, 1):
        alt = t("registered.alt", number=number, name=person.name)
        figures += (
            f"<figure>{picture(thumbs.get(photo.id, b''), alt, 'fd-thumb')}"
            f"<figcaption>#{number} · {photo.overall}</figcaption></figure>"
        )
    st.html(f'<div class="fd-thumbs">{figures}</div>')


def _data(desk: Desk, person: Identity) -> None:
    groups = {group.id: group.name for group in desk.gallery.groups()}
    with st.form(f"edit_{person.id}_{person.version}", border=False):
        name = st.text_input(t("identities.name"), person.name, max_chars=200)
        user_type = st.selectbox(
            t("identities.type"),
            USER_TYPES,
            index=USER_TYPES.index(person.user_type),
            format_func=lambda key: t(f"type.{key}"),
        )
        chosen = st.multiselect(
            t("identities.groups"),
            list(groups),
            default=[group.id for group in person.groups],
            format_func=lambda key: groups.get(key, key),
            placeholder=t("identities.choose_groups"),
        )
        if st.form_submit_button(t("identities.save")):
            change = IdentityChange(
                name=name.strip(), user_type=user_type, permission_ids=tuple(chosen)
            )
            _do(
                lambda: desk.gallery.update_identity(
                    person.id, change, person.version, _entry(desk, "update", person.id)
                ),
                t("identities.saved"),
            )


def _add_photo(desk: Desk, person: Identity) -> None:
    key = f"add_{person.id}"
    seen = stage.new_photo(desk, key, person.id)
    if seen is None:
        return
    stage.show_faces(key, seen)
    level = stage.level_control(key, seen)
    quality_panel(seen.look.report, level)
    checks = desk.check(person, None, seen.look.embedding)
    must_explain = warn(desk, person, checks, seen)
    reason = st.text_input(
        t("checks.override") if must_explain else t("confirm.reason"), key=f"{key}_reason"
    ).strip()
    grey = why_grey("add_photo", seen, level, checks, reason)
    label = t("identities.add_photo")
    asked = st.button(label, key=f"{key}_go", type="primary", disabled=bool(grey))
    if grey:
        st.caption(grey)
    elif asked:
        assessment = Assessment(seen.look, checks)
        stage.clear(key)
        _do(
            lambda: desk.add(
                person,
                assessment,
                level,
                actor(desk, *registering("add_photo", level, must_explain)),
                reason=reason,
            ),
            t("identities.photo_added"),
        )


def _remove_photo(desk: Desk, person: Identity) -> None:
    ids = [photo.id for photo in person.photos]
    chosen = st.pills(
        t("identities.remove_which"),
        ids,
        format_func=lambda photo_id: f"#{ids.index(photo_id) + 1}",
        key=f"remove_{person.id}_{person.version}",
    )
    number = ids.index(chosen) + 1 if chosen else ""
    label = t("identities.remove_photo", number=number)
    if st.button(label, key=f"remove_go_{person.id}", disabled=chosen is None) and chosen:
        _do(
            lambda: desk.gallery.delete_photo(
                person.id, chosen, _entry(desk, "delete_photo", person.id)
            ),
            t("identities.photo_removed"),
        )


def _delete(desk: Desk, person: Identity) -> None:
    typed = st.text_input(t("identities.delete_confirm"), key=f"typed_{person.id}")
    if st.button(
        t("identities.delete"), key=f"delete_{person.id}", disabled=typed.strip() != person.id
    ):
        _do(
            lambda: desk.gallery.delete_identities([person.id], actor(desk, "delete")),
            t("identities.deleted", id=plain(person.id)),
        )


def manage_groups(desk: Desk) -> None:
    """The permission groups, and a new one."""
    names = [plain(group.name) for group in desk.gallery.groups()]
    if names:
        st.write(" · ".join(names))
    if not allowed("create_group"):
        return
    with st.form("group", border=False, clear_on_submit=True):
        name = st.text_input(t("identities.new_group"), max_chars=200).strip()
        if st.form_submit_button(t("identities.create_group")) and name:
            _do(
                lambda: desk.gallery.create_group(name, actor(desk, "create_group")),
                t("identities.group_made", name=plain(name)),
            )


def _entry(desk: Desk, action: str, identity_id: str) -> AuditEntry:
    return AuditEntry(action, identity_id=identity_id, actor=actor(desk, action))


def _do(work: object, said: str) -> None:
    """Do one change; say what was done on the next run, or why not on this one."""
    try:
        work()  # type: ignore[operator]
    except FaceDeskError as error:
        st.error(error_text(error))
        return
    st.session_state.identities_said = said
    st.rerun()
