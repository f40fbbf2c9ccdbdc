"""A batch as it is: its rows, what the dry run says of them, what became of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from core.batch.reasons import Reason
from core.contract.fields import Band, Level

Standing = Literal["ready", "objection", "refused"]
State = Literal["checking", "checked", "running", "done", "undoing", "undone"]


@dataclass(frozen=True, slots=True)
class Target:
    """The registered photo that a row replaces, as it was seen when the batch was planned.

    Attributes:
        place: its 0-based place among the person's photos.
        version: the person's version.
    """

    photo_id: str
    place: int
    version: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What models and checks say of a row's photo.

    Attributes:
        sha256: of the file.
        overall, best_level: FIQA score 0..100 (or -1), and the strictest level it passes.
        low, normal, high: why it fails at that level; None where it passes.
        same_cosine, same_band: to the person's own photos; None when there is none to compare.
        nearest_id, nearest_cosine: the nearest other person.
        objections: ``wrong_person``, ``double_person``.
    """

    sha256: str
    overall: int
    best_level: Level
    low: Reason | None
    normal: Reason | None
    high: Reason | None
    same_cosine: float | None
    same_band: Band | None
    nearest_id: str
    nearest_cosine: float | None
    objections: tuple[str, ...]

    def failing(self, level: Level) -> Reason | None:
        """Why the photo fails at this level; ``no`` never fails."""
        return {"no": None, "low": self.low, "normal": self.normal, "high": self.high}[level]


@dataclass(frozen=True, slots=True)
class Row:
    """One photo of a batch.

    Attributes:
        number: from 1.
        file: its name as it came, in printable characters.
        identity_id: whom it is meant for, as far as that is clear.
        target: what it replaces; None when that is not clear.
        refusal: why it cannot be used at any level, or None.
        verdict: None unless it was looked at.
    """

    number: int
    file: str
    identity_id: str = ""
    target: Target | None = None
    refusal: Reason | None = None
    verdict: Verdict | None = None

    def standing(self, level: Level) -> Standing:
        """Whether it may run at this level, or only by an explicit choice, or not at all."""
        if self.refusal or self.verdict is None or self.verdict.failing(level):
            return "refused"
        return "objection" if self.verdict.objections else "ready"

    def why(self, level: Level) -> Reason | None:
        """Why it is refused at this level."""
        return self.refusal or (self.verdict.failing(level) if self.verdict else None)


@dataclass(frozen=True, slots=True)
class Order:
    """What to do with a checked batch.

    Attributes:
        level: quality level.
        accepted: numbers of the rows that go on in spite of an objection.
        reason: why, for the audit.
    """

    level: Level
    accepted: tuple[int, ...] = ()
    reason: str = ""

    def takes(self, row: Row) -> bool:
        """Whether this row is to be replaced."""
        standing = row.standing(self.level)
        return standing == "ready" or (standing == "objection" and row.number in self.accepted)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: replaced (no reason) or not."""

    number: int
    reason: Reason | None = None
    new_photo_id: str = ""
    audit_id: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing did to a replaced row: restored (no reason) or left as it is."""

    number: int
    reason: Reason | None = None
    audit_id: int = 0


@dataclass(slots=True)
class Batch:
    """A batch as its journal tells it.

    Attributes:
        id: also part of every request id in the audit.
        source: name of the archive or folder.
        level: quality level that was asked for first.
        rows: in order, as they were checked.
        outcomes, undone: by row number.
    """

    id: str
    made_at: datetime
    operator: str
    source: str
    level: Level
    rows: list[Row] = field(default_factory=list)
    order: Order | None = None
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    undone: dict[int, Undone] = field(default_factory=dict)
    state: State = "checking"

    @property
    def chosen(self) -> list[Row]:
        """The rows that are replaced by its order; none before there is one."""
        return [row for row in self.rows if self.order and self.order.takes(row)]

    @property
    def waiting(self) -> list[Row]:
        """Chosen rows that have no outcome and may still get one."""
        if self.state != "running":
            return []
        return [row for row in self.chosen if row.number not in self.outcomes]

    @property
    def replaced(self) -> list[Row]:
        """Rows whose photo was replaced."""
        done = {number for number, outcome in self.outcomes.items() if outcome.reason is None}
        return [row for row in self.rows if row.number in done]

    def request_id(self, row: Row, undo: bool = False) -> str:
        """The id under which a row is replaced, or restored, exactly once."""
        return f"batch-{self.id}-{row.number:05d}{'-undo' if undo else ''}"

    def content_sha256(self, row: Row) -> str:
        """Hash of what a row asks for."""
        assert row.target and row.verdict and self.order
        asked = [row.identity_id, row.target.photo_id, row.target.version]
        text = json.dumps([*asked, row.verdict.sha256, self.order.level])
        return hashlib.sha256(text.encode()).hexdigest()
