"""The whole gallery looked at once, in the background: quality, likeness, engines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from core.desk import Desk
from core.gallery.records import IdentityFilter
from core.health.faces import current_faces
from core.health.likeness import Likeness, find_likeness
from core.health.quality import Quality, QualityTally
from core.health.scores import Scores, gallery_scores
from core.jobs import Job

JOB = "health"
PAGE = 500
"""People read at a time."""

PAIRS_LIKE_A_PHOTO = 100_000
"""About as many comparisons take as long as judging one photo: for the remaining time."""


@dataclass(frozen=True, slots=True, eq=False)
class Checkup:
    """What was found, and when.

    Attributes:
        at: when it began, UTC.
        counter: the gallery's number of changes then.
        engine_id: engine whose embeddings were compared.
        engines: current photos by the engine of their embedding.
        quality, likeness, scores: see there.
    """

    at: datetime
    counter: int
    engine_id: str
    engines: dict[str, int]
    quality: Quality
    likeness: Likeness
    scores: Scores

    @property
    def stale(self) -> int:
        """Photos that could not be compared, as another engine embedded them."""
        return sum(count for name, count in self.engines.items() if name != self.engine_id)


def start_checkup(desk: Desk) -> Job:
    """Begin in the background. Raises VersionConflict: it is running already."""
    return desk.jobs.start(JOB, lambda job: check_up(desk, job))


def changed_since(desk: Desk, checkup: Checkup) -> bool:
    """Whether photos came, went or changed since."""
    return desk.gallery.counter() != checkup.counter


def check_up(desk: Desk, job: Job) -> Checkup:
    """Look at everything. Raises NotReady, JobCancelledError."""
    at, counter = datetime.now(timezone.utc), desk.gallery.counter()
    info = desk.vision.engine.info
    photos = desk.gallery.count_photos()
    faces = len(desk.matrix)
    of = photos + faces * (faces - 1) // 2 // PAIRS_LIKE_A_PHOTO
    quality = judge_all(desk, job, of)
    ours = current_faces(desk)
    likeness = find_likeness(
        ours, info, lambda pairs: job.step(min(photos + pairs // PAIRS_LIKE_A_PHOTO, of), of)
    )
    scores = gallery_scores(ours)
    job.step(of, of)
    engines = desk.gallery.engine_counts()
    return Checkup(at, counter, info.engine_id, engines, quality, likeness, scores)


def judge_all(desk: Desk, job: Job, of: int) -> Quality:
    """Every registered photo under today's limits; tells the job, which counts to ``of``."""
    tally = QualityTally(desk.vision.policy)
    done, page = 0, 0
    while True:
        job.step(min(done, of), of)
        people = desk.gallery.list_identities(IdentityFilter(), page, PAGE).identities
        for person in people:
            tally.add(person)
            done += len(person.photos)
        if len(people) < PAGE:
            return tally.result()
        page += 1
