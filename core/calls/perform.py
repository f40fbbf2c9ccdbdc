"""The contract's edge: a dict in, a dict out, and never an exception."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.access.roles import require
from core.answers import error_answer
from core.calls.people import signed
from core.calls.table import Call
from core.contract import answers as a
from core.contract import requests as r
from core.contract.parse import parse
from core.desk import Desk
from core.errors import AccessError, FaceDeskError, ServerError
from core.fiqa.report import Report
from core.gallery.records import Actor, AuditEntry

log = logging.getLogger("facedesk")
security = logging.getLogger("facedesk.security")

_NAMED = ("face_id", "register_image_index", "identity_ids", "permission_name")
"""Fields that say what a refused change was about, where the entry has no place of its own."""


def perform(call: Call, data: object, actor: Actor, desk: Callable[[], Desk]) -> dict[str, Any]:
    """Do one call. Never raises: every failure comes back as the contract's error object.

    Args:
        call: which.
        data: the caller's dict.
        actor: who, and through which door; its request id is completed here.
        desk: gives the desk; may raise NotReady.
    """
    actor = replace(actor, request_id=actor.request_id or uuid.uuid4().hex)
    start = time.perf_counter()
    code = 0
    try:
        _require_role(desk, call, actor)
        request = _understood(call, data, actor)
        actor = replace(actor, request_id=getattr(request, "request_id", None) or actor.request_id)
        answer = _do(call, request, actor, desk).as_dict()
    except FaceDeskError as error:
        code, answer = error.code, error_answer(error).as_dict()
    except Exception:  # the contract's edge: whatever happens, the caller gets an answer
        log.exception("unforeseen call=%s request=%s", call.name, actor.request_id)
        code, answer = ServerError.code, error_answer(ServerError()).as_dict()
    spent = (time.perf_counter() - start) * 1000
    log.info(
        "call=%s request=%s source=%s code=%d ms=%.1f",
        call.name, actor.request_id, actor.source, code, spent,
    )  # fmt: skip
    return answer


def _understood(call: Call, data: object, actor: Actor) -> r.Request:
    """The request; a malformed one says nothing reliable, so the log gets a line, not the audit."""
    try:
        return parse(call.request, data)
    except FaceDeskError as error:
        security.warning(
            "malformed call=%s request=%s source=%s code=%d",
            call.name, actor.request_id, actor.source, error.code,
        )  # fmt: skip
        raise


def _do(call: Call, request: r.Request, actor: Actor, desk: Callable[[], Desk]) -> a.Answer:
    try:
        return call.run(desk(), request, actor)
    except Exception as error:
        tried = call.action and not getattr(request, "dry_run", False)
        if tried or isinstance(error, AccessError):
            known = error if isinstance(error, FaceDeskError) else ServerError()
            _note_refusal(desk, call, request, actor, known)
        raise


def _require_role(desk: Callable[[], Desk], call: Call, actor: Actor) -> None:
    """Before anything of the request is read. Raises Forbidden, which is recorded."""
    try:
        require(actor.role, call.action or "look")
    except AccessError as error:
        _refuse(desk, AuditEntry(call.action or call.name, actor=actor), error)
        raise


def _note_refusal(
    desk: Callable[[], Desk], call: Call, request: r.Request, actor: Actor, error: FaceDeskError
) -> None:
    """One audit row for a refused change."""
    sent = {name: getattr(request, name, None) for name in _NAMED}
    entry = AuditEntry(
        call.action or call.name,
        identity_id=getattr(request, "identity_id", None) or "",
        old_photo_id=getattr(request, "register_image_id", None) or "",
        level=getattr(request, "fiqa_level", ""),
        reason=getattr(request, "reason", None) or "",
        facts={name: value for name, value in sent.items() if value is not None} | _scores(error),
        actor=signed(actor, request) if isinstance(request, r.Traced) else actor,
    )
    _refuse(desk, entry, error)


def _refuse(desk: Callable[[], Desk], entry: AuditEntry, error: FaceDeskError) -> None:
    """Note a refusal; a gallery that is down must not hide it."""
    try:
        desk().gallery.refuse(entry, error)
    except FaceDeskError as failure:
        log.error(
            "refusal not audited request=%s message=%s", entry.actor.request_id, failure.message
        )


def _scores(error: FaceDeskError) -> dict[str, Any]:
    """What a quality report among the error's details says, in few numbers."""
    report = error.details.get("report")
    if not isinstance(report, Report):
        return {}
    failed = [item.name for item in report.failed(error.details["level"])]
    return {
        "overall": report.overall,
        "best_level": report.best_level,
        "failed_items": failed,
    }
