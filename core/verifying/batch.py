"""Many pairs at once: each one's cosine, and what the limits are worth where the truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

import numpy as np

from core.assessment import Stopwatch
from core.contract.fields import Band
from core.desk import Desk
from core.engine.base import EngineInfo
from core.errors import FaceDeskError, ServerError
from core.jobs import Job
from core.pairs import Outcome
from core.spreadsheet import Cell, csv_file
from core.verifying.pairs_file import PairRow
from core.verifying.photo_source import PhotoSource
from core.verifying.subject import (
    Subject,
    compare,
    from_embedding,
    registered_person,
    registered_photo,
)

JOB = "verify_pairs"
PERSON, PHOTO = "identity:", "photo:"
"""How a pairs file names somebody who is registered, or one registered photo."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A row of the file with its cosine and band, or with the reason why there is none."""

    row: PairRow
    cosine: float | None
    band: Band | None
    score: int | None
    problem: FaceDeskError | None = None
    where: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """All pairs compared.

    Attributes:
        at: when it began, UTC.
        info: the engine.
        rows: one for each row of the file, in its order.
        outcome: what the limits do to the labelled pairs; None without pairs of both kinds.
    """

    at: datetime
    info: EngineInfo
    rows: tuple[Scored, ...]
    outcome: Outcome | None

    @property
    def failed(self) -> tuple[Scored, ...]:
        """Rows without a cosine."""
        return tuple(row for row in self.rows if row.cosine is None)


def start_pairs(desk: Desk, rows: Sequence[PairRow], source: PhotoSource) -> Job:
    """Begin in the background. Raises VersionConflict: it is running already."""
    return desk.jobs.start(JOB, lambda job: compare_pairs(desk, rows, source, job))


def compare_pairs(desk: Desk, rows: Sequence[PairRow], source: PhotoSource, job: Job) -> Batch:
    """Look at every photo once, then compare. Raises NotReady, JobCancelledError.

    What goes wrong with one photo is said in its rows; what goes wrong with the house ends it.
    """
    at, info = datetime.now(timezone.utc), desk.vision.engine.info
    names = list(dict.fromkeys(name for row in rows for name in (row.first, row.second)))
    subjects: dict[str, Subject | FaceDeskError] = {}
    for number, name in enumerate(names):
        job.step(number, len(names))
        subjects[name] = _subject(desk, name, source)
    job.step(len(names), len(names))
    scored = tuple(_scored(desk, row, subjects) for row in rows)
    return Batch(at, info, scored, _outcome(info, scored))


def _subject(desk: Desk, name: str, source: PhotoSource) -> Subject | FaceDeskError:
    try:
        if name.startswith(PERSON):
            return registered_person(desk, name.removeprefix(PERSON).strip())
        if name.startswith(PHOTO):
            return registered_photo(desk, name.removeprefix(PHOTO).strip())
        sight = desk.vision.see(source.read(name), None, Stopwatch())
        return from_embedding(desk.vision.engine.embed(sight.photo.pixels_bgr, sight.face))
    except ServerError as error:
        if name.startswith((PERSON, PHOTO)):
            return error
        raise
    except FaceDeskError as error:
        return error


def _scored(desk: Desk, row: PairRow, subjects: dict[str, Subject | FaceDeskError]) -> Scored:
    first, second = subjects[row.first], subjects[row.second]
    if isinstance(first, FaceDeskError):
        return Scored(row, None, None, None, first, row.first)
    if isinstance(second, FaceDeskError):
        return Scored(row, None, None, None, second, row.second)
    found = compare(desk, first, second)
    return Scored(row, found.cosine, found.band, found.score)


def _outcome(info: EngineInfo, rows: Sequence[Scored]) -> Outcome | None:
    known = [(row.row.same, row.cosine) for row in rows if row.cosine is not None]
    same = np.sort([cosine for label, cosine in known if label is True])
    different = np.sort([cosine for label, cosine in known if label is False])
    return Outcome(info, same, different) if len(same) and len(different) else None


def batch_csv(batch: Batch) -> bytes:
    """The rows as a file; a spreadsheet takes nothing in it for a formula."""
    columns = ("line", "first", "second", "label", "cosine", "score", "band", "problem")
    return csv_file(columns, (_cells(row) for row in batch.rows))


def _cells(row: Scored) -> tuple[Cell, ...]:
    label = {True: "same", False: "different", None: ""}[row.row.same]
    cosine = "" if row.cosine is None else round(row.cosine, 6)
    problem = f"{row.where}: {row.problem.message}" if row.problem else ""
    score = "" if row.score is None else row.score
    return (
        *(row.row.line, row.row.first, row.row.second, label, cosine, score),
        *(row.band or "", problem),
    )
