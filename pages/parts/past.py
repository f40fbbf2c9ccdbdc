"""One row of the history: what it was, before and after, and restoring an earlier photo."""

from __future__ import annotations

from datetime import tzinfo
from html import escape

import streamlit as st

from core.desk import Desk
from core.errors import FaceDeskError, NotFound
from core.fiqa.texts import ITEM_NAMES
from core.gallery.records import Actor, AuditEntry, AuditRow, RegisteredPhoto
from core.history import restore
from pages.parts.marks import picture, sign
from pages.parts.signin import actor, allowed, why_not
from pages.parts.texts import both, error_text, language, t
from pages.parts.texts_zh import ZH


def action_text(action: str) -> str:
    """What was done; an action that has no text yet in its own word."""
    key = f"action.{action}"
    return t(key) if key in ZH else action


def outcome_text(entry: AuditEntry) -> str:
    """Done, or what it was refused with."""
    if entry.outcome == 0:
        return f"✔ {t('history.done')}"
    return f"✘ {entry.outcome} {entry.facts.get('status', '')}".strip()


def operator_text(actor: Actor) -> str:
    """Who did it; where nobody signs in, where it came from."""
    return actor.operator or f"({source_text(actor)})"


def source_text(actor: Actor) -> str:
    """Where it came from; one that has no text yet in its own word."""
    key = f"from.{actor.source}"
    return t(key) if key in ZH else actor.source


def show_row(desk: Desk, row: AuditRow, zone: tzinfo) -> None:
    """Everything the audit says of it, and the way back where there is one."""
    entry = row.entry
    with st.container(border=True):
        st.markdown(f"##### #{row.id} · {action_text(entry.action)}")
        st.caption(f"{row.at.astimezone(zone):%Y-%m-%d %H:%M:%S}")
        _pair(desk, (("checks.before", entry.old_photo_id), ("checks.after", entry.new_photo_id)))
        st.html(f'<div class="fd-fact">{"<br>".join(_lines(entry))}</div>')
        earlier = _earlier(desk, entry)
        if earlier:
            with st.expander(t("history.restore"), expanded=True):
                _offer_restore(desk, earlier)


def _lines(entry: AuditEntry) -> list[str]:
    mark = sign("pass" if entry.outcome == 0 else "fail")
    facts = entry.facts
    lines = [f"{mark} {escape(_said(entry))}"]
    shown: list[tuple[str, object]] = [
        ("history.person", entry.identity_id),
        ("history.operator", entry.actor.operator or t("history.nobody")),
        ("history.source", source_text(entry.actor)),
        ("access.address", entry.actor.address or facts.get("address")),
        ("history.level", t(f"level.{entry.level}") if entry.level else ""),
        ("history.reason", entry.reason),
        ("history.overridden", _names("objection", facts.get("overridden"))),
        ("history.failed", _names("item", facts.get("failed_items"))),
        ("history.overall", facts.get("overall")),
        ("checks.same", _cosine(facts.get("same_cosine"))),
        ("checks.nearest", _nearest(facts)),
        ("engine.name", facts.get("pack") or facts.get("engine")),
        ("engine.limits", _limits(entry)),
        ("history.request", entry.actor.request_id),
    ]
    lines += [
        f"{escape(t(key))}: <b>{escape(str(value))}</b>"
        for key, value in shown
        if value not in ("", None)
    ]
    return lines


def _said(entry: AuditEntry) -> str:
    if entry.outcome == 0:
        return t("history.done")
    status = entry.facts.get("status", "")
    own = entry.facts.get("message", "")
    said = own if language() == "en" else ZH.get(f"error.{status}", own)
    return f"{entry.outcome} {status}: {said}"


def _names(kind: str, values: object) -> str:
    if not isinstance(values, list):
        return ""
    if kind == "item":
        return ", ".join(both(ITEM_NAMES[name]) for name in values if name in ITEM_NAMES)
    return ", ".join(t(f"objection.{name}") for name in values)


def _cosine(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else ""


def _nearest(facts: dict[str, object]) -> str:
    who = facts.get("nearest_identity")
    return f"{who} {_cosine(facts.get('nearest_cosine'))}" if who else ""


def _limits(entry: AuditEntry) -> str:
    """The thresholds before a change of them and after."""
    facts = entry.facts
    if entry.action != "set_thresholds":
        return ""
    before = f"{facts.get('same_before')} / {facts.get('different_before')}"
    if "same_limit" not in facts:
        return f"{before} → {t('engine.own')}"
    return f"{before} → {facts['same_limit']} / {facts['different_limit']}"


def _pair(desk: Desk, pairs: tuple[tuple[str, str], ...]) -> None:
    figures = ""
    for key, photo_id in pairs:
        if not photo_id:
            continue
        try:
            inside = picture(desk.gallery.crop_jpeg(photo_id), t(key))
        except NotFound:
            inside = f'<div class="fd-hint fd-gone">{escape(t("history.removed"))}</div>'
        figures += f"<figure>{inside}<figcaption>{escape(t(key))}</figcaption></figure>"
    if figures:
        st.html(f'<div class="fd-pair">{figures}</div>')


def _earlier(desk: Desk, entry: AuditEntry) -> list[RegisteredPhoto]:
    """The row's photos that are kept but not current any more."""
    found = []
    for photo_id in dict.fromkeys((entry.old_photo_id, entry.new_photo_id)):
        try:
            photo = desk.gallery.photo(photo_id) if photo_id else None
        except NotFound:
            continue
        if photo is not None and photo.state == "superseded":
            found.append(photo)
    return found


def _offer_restore(desk: Desk, earlier: list[RegisteredPhoto]) -> None:
    """What stands there now, what will, and the button."""
    chosen = earlier[0]
    if len(earlier) > 1:
        index = st.radio(
            t("history.which"),
            range(len(earlier)),
            format_func=lambda i: t("checks.before" if i == 0 else "checks.after"),
            horizontal=True,
            key=f"which_{chosen.id}",
        )
        chosen = earlier[index]
    now = desk.gallery.in_place_of(chosen.id)
    if now is None:
        st.info(t("history.no_place"))
        return
    version = desk.gallery.identity(chosen.identity_id).version
    _pair(desk, (("history.now", now.id), ("history.then", chosen.id)))
    reason = st.text_input(
        t("confirm.reason"), key=f"reason_{chosen.id}_{version}", max_chars=200
    ).strip()
    st.button(
        t("history.restore_button"),
        type="primary",
        key=f"restore_{chosen.id}",
        disabled=not allowed("restore"),
        help=why_not("restore") or None,
        on_click=_restore,
        args=(desk, chosen.id, version, reason),
    )


def _restore(desk: Desk, photo_id: str, version: int, reason: str) -> None:
    try:
        restore(desk, photo_id, actor(desk, "restore"), reason, version)
    except FaceDeskError as error:
        st.session_state.history_failed = error_text(error)
        return
    st.session_state.history_said = t("history.restored")
