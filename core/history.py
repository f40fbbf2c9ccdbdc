"""What was done and refused, for people: restoring an earlier photo, and the list as a file."""

from __future__ import annotations

from core.desk import Desk
from core.gallery.records import Actor, AuditEntry, AuditFilter, AuditRow, Receipt
from core.reembedding import reembed_photo
from core.spreadsheet import Cell, csv_file

ACTIONS = (
    "replace",
    "restore",
    "create",
    "add_photo",
    "delete_photo",
    "update",
    "delete",
    "create_group",
    "erase",
    "purge",
    "switch_engine",
    "set_thresholds",
    "get_models",
    "reembed",
    "encrypt",
    "rekey",
    "backup",
    "restore_backup",
    "copy",
    "account",
    "token",
    "sign_in",
    "lock_out",
    "connect",
    "page",
)
"""The audit's words for what can be done: to people, to the gallery, at the door."""

MOST_ROWS = 20_000
"""Rows of one export: more do not fit a spreadsheet's user, nor memory."""

FACTS = (
    "status",
    "message",
    "overridden",
    "same_cosine",
    "same_limit",
    "nearest_identity",
    "nearest_cosine",
    "overall",
    "best_level",
    "failed_items",
    "restored_from",
    "engine",
    "pack",
    "different_limit",
)
"""Facts of a row that get a column of their own."""


def restore(
    desk: Desk, photo_id: str, actor: Actor, reason: str = "", expected_version: int | None = None
) -> Receipt:
    """Bring an earlier photo back, in the place and at the cost of the one that stands there now.

    A photo that another engine embedded is embedded anew first, so that it can be found.

    Raises NotFound, ParameterError (it is current, or its place is gone), VersionConflict,
    PhotoError (its face is not found again), NotReady, NoSpaceLeft; then nothing was changed.
    """
    photo = desk.gallery.photo(photo_id)
    if photo.engine_id != desk.vision.engine.info.engine_id:
        reembed_photo(desk, photo_id)
    facts = {"restored_from": photo_id}
    entry = AuditEntry(
        "restore", identity_id=photo.identity_id, reason=reason, facts=facts, actor=actor
    )
    return desk.gallery.restore(photo_id, entry, expected_version)


def export_history(desk: Desk, wanted: AuditFilter) -> bytes:
    """The newest rows that match as a CSV file for spreadsheets; times are UTC."""
    columns = (
        "number", "time_utc", "action", "outcome", "identity_id", "old_photo_id", "new_photo_id",
        "level", "reason", "operator", "source", "address", "request_id", *FACTS,
    )  # fmt: skip
    rows = desk.gallery.history(wanted, 0, MOST_ROWS).rows
    return csv_file(columns, (_cells(row) for row in rows))


def _cells(row: AuditRow) -> tuple[Cell, ...]:
    entry = row.entry
    return (
        row.id, row.at.strftime("%Y-%m-%d %H:%M:%S"), entry.action, entry.outcome,
        entry.identity_id, entry.old_photo_id, entry.new_photo_id, entry.level, entry.reason,
        entry.actor.operator, entry.actor.source, entry.actor.address, entry.actor.request_id,
        *(_cell(entry.facts.get(name)) for name in FACTS),
    )  # fmt: skip


def _cell(fact: object) -> Cell:
    if isinstance(fact, list):
        return " ".join(str(item) for item in fact)
    return fact if isinstance(fact, (str, int, float)) else ""
