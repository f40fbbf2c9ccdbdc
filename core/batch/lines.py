"""The journal's lines: each record as one JSON object, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from core.batch.reasons import Reason
from core.batch.records import Batch, Order, Outcome, Row, Target, Undone, Verdict

CHECKED, ENDED, UNDO, UNDO_ENDED = "checked", "ended", "undo", "undo_ended"
_KINDS = {Row: "row", Outcome: "outcome", Undone: "undone", Order: "order"}
_STATES = {CHECKED: "checked", ENDED: "done", UNDO: "undoing", UNDO_ENDED: "undone"}


def begun(batch: Batch) -> dict[str, Any]:
    """The first line: what the batch is."""
    return {
        "kind": "batch",
        "id": batch.id,
        "made_at": batch.made_at.isoformat(),
        "operator": batch.operator,
        "source": batch.source,
        "level": batch.level,
    }


def line_of(record: Row | Outcome | Undone | Order) -> dict[str, Any]:
    """A record as a line."""
    return {"kind": _KINDS[type(record)], **asdict(record)}


def replay(lines: Iterable[dict[str, Any]]) -> Batch | None:
    """The batch that these lines tell of; None when the first one is not there."""
    batch: Batch | None = None
    for line in lines:
        kind = line.pop("kind", "")
        if kind == "batch":
            made_at = datetime.fromisoformat(line.pop("made_at"))
            batch = Batch(made_at=made_at, **line)
        elif batch is not None:
            _take(batch, kind, line)
    return batch


def parsed(text: str) -> Iterable[dict[str, Any]]:
    """The lines that are whole; one that was cut off when the disk was full is left out."""
    for line in text.split("\n"):
        try:
            found = json.loads(line) if line else None
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found


def _take(batch: Batch, kind: str, line: dict[str, Any]) -> None:
    if kind == "row":
        batch.rows.append(_row(line))
    elif kind == "outcome":
        outcome = Outcome(**{**line, "reason": _reason(line["reason"])})
        batch.outcomes[outcome.number] = outcome
    elif kind == "undone":
        undone = Undone(**{**line, "reason": _reason(line["reason"])})
        batch.undone[undone.number] = undone
    elif kind == "order":
        batch.order = Order(**{**line, "accepted": tuple(line["accepted"])})
        batch.state = "running"
    elif kind in _STATES:
        batch.state = _STATES[kind]  # type: ignore[assignment]


def _row(line: dict[str, Any]) -> Row:
    target, verdict = line["target"], line["verdict"]
    return Row(
        number=line["number"],
        file=line["file"],
        identity_id=line["identity_id"],
        target=Target(**target) if target else None,
        refusal=_reason(line["refusal"]),
        verdict=_verdict(verdict) if verdict else None,
    )


def _verdict(line: dict[str, Any]) -> Verdict:
    reasons = {level: _reason(line[level]) for level in ("low", "normal", "high")}
    return Verdict(**{**line, **reasons, "objections": tuple(line["objections"])})


def _reason(line: dict[str, str] | None) -> Reason | None:
    return Reason(**line) if line else None
