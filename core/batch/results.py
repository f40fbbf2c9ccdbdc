"""A batch for people: counted, and as a file for spreadsheets."""

from __future__ import annotations

from dataclasses import dataclass

from core.batch.reasons import Reason, reason
from core.batch.records import Batch, Row
from core.contract.fields import Level
from core.spreadsheet import Cell, csv_file

COLUMNS = (
    "row", "file", "identity_id", "register_image_index", "register_image_id", "result", "status",
    "reason", "new_register_image_id", "level", "best_level", "overall", "same_cosine",
    "nearest_identity", "nearest_cosine", "objections", "audit_id", "request_id", "undo",
    "undo_reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows stand how; before a run and after it."""

    ready: int
    objection: int
    refused: int
    replaced: int
    failed: int
    waiting: int
    restored: int
    kept: int


def count(batch: Batch, level: Level) -> Counts:
    """The batch in numbers; ``level`` counts as long as there is no order."""
    level = batch.order.level if batch.order else level
    standings = [row.standing(level) for row in batch.rows]
    return Counts(
        standings.count("ready"),
        standings.count("objection"),
        standings.count("refused"),
        len(batch.replaced),
        len(batch.outcomes) - len(batch.replaced),
        len(batch.waiting),
        sum(undone.reason is None for undone in batch.undone.values()),
        sum(undone.reason is not None for undone in batch.undone.values()),
    )


def result_of(batch: Batch, row: Row, level: Level) -> tuple[str, Reason | None]:
    """One word for where a row stands, with the reason.

    ``replaced``, ``failed``, ``waiting`` and ``left_out`` of a batch that was run, else its
    standing: ``ready``, ``objection`` or ``refused``.
    """
    outcome = batch.outcomes.get(row.number)
    if outcome is not None:
        return ("failed", outcome.reason) if outcome.reason else ("replaced", None)
    if batch.order is None:
        return row.standing(level), row.why(level)
    if batch.order.takes(row):
        running = batch.state == "running"
        return ("waiting", None) if running else ("left_out", reason("ENDED_BEFORE"))
    return "left_out", row.why(batch.order.level) or reason("CHOICE_MISSING")


def results_csv(batch: Batch, level: Level) -> bytes:
    """One line a row; reasons in English, text that looks like a formula made harmless."""
    return csv_file(COLUMNS, (_cells(batch, row, level) for row in batch.rows))


def _cells(batch: Batch, row: Row, level: Level) -> tuple[Cell, ...]:
    result, why = result_of(batch, row, level)
    outcome, undone = batch.outcomes.get(row.number), batch.undone.get(row.number)
    verdict, target = row.verdict, row.target
    undo = "" if undone is None else "left" if undone.reason else "restored"
    return (
        row.number, row.file, row.identity_id, target.place if target else "",
        target.photo_id if target else "", result, why.status if why else "",
        why.en if why else "", outcome.new_photo_id if outcome else "",
        batch.order.level if batch.order else level,
        verdict.best_level if verdict else "", verdict.overall if verdict else "",
        _number(verdict.same_cosine if verdict else None),
        verdict.nearest_id if verdict else "",
        _number(verdict.nearest_cosine if verdict else None),
        " ".join(verdict.objections) if verdict else "",
        outcome.audit_id if outcome and outcome.audit_id else "",
        batch.request_id(row) if outcome else "",
        undo, undone.reason.en if undone and undone.reason else "",
    )  # fmt: skip


def _number(value: float | None) -> Cell:
    return "" if value is None else value
