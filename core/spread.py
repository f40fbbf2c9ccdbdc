"""What thresholds and quality limits do to this very gallery: distributions, counted in jobs."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.assessment import Stopwatch
from core.calibration.tables import Limited, PassRate, limited_values, pass_rates
from core.contract.fields import Level
from core.desk import Desk
from core.errors import NotFound, PhotoError
from core.fiqa.policy import Policy, Rule
from core.fiqa.report import Report
from core.gallery.records import RegisteredPhoto
from core.jobs import Job
from core.pairs import Outcome
from core.reembedding import MIN_OVERLAP, overlap

SCORES, QUALITY = "engine_scores", "engine_quality"
"""Names of the jobs."""

MOST_FACES = 2000
"""Photos that are compared with one another: two million pairs, done in about a second."""

MOST_JUDGED = 200
"""Photos that are judged anew: each takes a detection pass and the measures."""

_BLOCK = 500
_BARS = 60

Numbers = NDArray[np.float64]
Step = Callable[[int, int], object]


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Cosines of this gallery's photos.

    Attributes:
        outcome: the engine and the cosines of pairs of one person, and of two.
        photos, people: how many were compared.
        of_photos: how many of this engine there are; more than ``photos``: it is a sample.
        counter: the gallery's number of changes then.
    """

    outcome: Outcome
    photos: int
    people: int
    of_photos: int
    counter: int

    @property
    def sampled(self) -> bool:
        """Whether people were left out."""
        return self.photos < self.of_photos


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """This gallery's photos, judged anew by the policy in use.

    Attributes:
        rates: how many pass each level: all items, then item by item.
        limited: what each rule of the policy compares, of all photos that have it.
        photos: how many were judged; ``not_found``: those whose face was not found again.
        of_photos: how many there are.
        engine_id, counter: the engine and the gallery's number of changes then.
    """

    rates: tuple[PassRate, ...]
    limited: tuple[Limited, ...]
    photos: int
    not_found: int
    of_photos: int
    engine_id: str
    counter: int


@dataclass(frozen=True, slots=True)
class LimitRow:
    """What a policy demands of one measure.

    Attributes:
        item, measure: by name.
        unit: of the limits; empty for a score or a plain number.
        score: whether a score 0..100 is compared, not the native value.
        at_least: whether a value has to reach the limit; else it must not pass it.
        advice: whether missing it only warns.
        limits: at each level that sets one.
    """

    item: str
    measure: str
    unit: str
    score: bool
    at_least: bool
    advice: bool
    limits: Mapping[Level, float]


def limit_row(rule: Rule) -> LimitRow:
    """A policy's rule as pages show it."""
    criterion = rule.criterion
    return LimitRow(
        criterion.item,
        criterion.measure,
        criterion.unit,
        criterion.reading == "score",
        criterion.higher_is_better,
        rule.verdict == "advice",
        rule.limits,
    )


def limit_rows(desk: Desk) -> tuple[LimitRow, ...]:
    """The limits of the policy in use, in its order; measures without any are left out."""
    return tuple(limit_row(rule) for rule in desk.vision.policy.rules if rule.limits)


def start_scores(desk: Desk) -> Job:
    """Compare the gallery's photos in the background. Raises VersionConflict, NotReady."""
    return desk.jobs.start(SCORES, lambda job: gallery_scores(desk, job.step))


def start_judging(desk: Desk) -> Job:
    """Judge the gallery's photos in the background. Raises VersionConflict."""
    return desk.jobs.start(QUALITY, lambda job: judge_gallery(desk, job.step))


def gallery_scores(desk: Desk, step: Step, most: int = MOST_FACES) -> Scores:
    """Cosines of all pairs of photos, in a large gallery of people drawn by chance."""
    counter, info = desk.gallery.counter(), desk.vision.engine.info
    _, owners, vectors = desk.matrix_of(info.engine_id).snapshot()
    rows = _drawn(owners, most)
    names = [owners[row] for row in rows]
    same, different = _cosines(names, vectors[rows], step)
    outcome = Outcome(info, np.sort(same), np.sort(different))
    return Scores(outcome, len(rows), len(set(names)), len(owners), counter)


def _drawn(owners: Sequence[str], most: int) -> list[int]:
    """Rows of all people, or of so many, whole, as fit: the same ones each time."""
    if len(owners) <= most:
        return list(range(len(owners)))
    rows: dict[str, list[int]] = {}
    for row, owner in enumerate(owners):
        rows.setdefault(owner, []).append(row)
    taken: list[int] = []
    for owner in sorted(rows, key=lambda name: zlib.crc32(name.encode())):
        if len(taken) + len(rows[owner]) > most:
            break
        taken += rows[owner]
    return taken


def _cosines(
    owners: Sequence[str], vectors: NDArray[np.float32], step: Step
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosines of pairs of one person and of two, each pair once."""
    _, person = np.unique(np.asarray(owners, dtype=str), return_inverse=True)
    same, different = [np.empty(0, np.float32)], [np.empty(0, np.float32)]
    for start in range(0, len(vectors), _BLOCK):
        step(start, len(vectors))
        rows = np.arange(start, min(start + _BLOCK, len(vectors)))
        cosines = vectors[rows] @ vectors.T
        once = rows[:, None] < np.arange(len(vectors))[None, :]
        one = person[rows][:, None] == person[None, :]
        same.append(cosines[once & one])
        different.append(cosines[once & ~one])
    step(len(vectors), len(vectors))
    return np.concatenate(same), np.concatenate(different)


def histogram(scores: Scores) -> tuple[Numbers, Numbers, Numbers]:
    """Edges (B + 1,) and, for pairs of one person and of two, the share of each bar (B,)."""
    parts = scores.outcome.same, scores.outcome.different
    info = scores.outcome.info
    ends = [float(end) for part in parts if len(part) for end in (part[0], part[-1])]
    low, high = min([info.different_cosine, *ends]), max([info.same_cosine, *ends])
    edges = np.linspace(low, max(high, low + 1e-6), _BARS + 1)
    shares = [np.histogram(part, edges)[0] / max(len(part), 1) for part in parts]
    return edges, shares[0], shares[1]


def judge_gallery(desk: Desk, step: Step, most: int = MOST_JUDGED) -> Judged:
    """Look at photos anew and judge the registered face by today's policy; nothing is stored."""
    counter, engine_id = desk.gallery.counter(), desk.vision.engine.info.engine_id
    of_photos = desk.gallery.count_photos()
    ids = desk.gallery.sample_photos(most)
    policy, reports = desk.vision.policy, []
    for number, photo_id in enumerate(ids):
        step(number, len(ids))
        try:
            reports.append(_report(desk, desk.gallery.photo(photo_id)))
        except (PhotoError, NotFound):  # its face is not found again, or it was deleted
            continue
    step(len(ids), len(ids))
    missing = len(ids) - len(reports)
    return _judged(policy, reports, missing, of_photos, engine_id, counter)


def _judged(
    policy: Policy, reports: Sequence[Report], missing: int, of: int, engine_id: str, counter: int
) -> Judged:
    rates = tuple(pass_rates(reports)) if reports else ()
    limited = tuple(row for row in limited_values(policy, reports) if row.rule.limits)
    return Judged(rates, limited, len(reports), missing, of, engine_id, counter)


def _report(desk: Desk, photo: RegisteredPhoto) -> Report:
    """The report of the face that is registered, not of another one in the picture."""
    vision, watch = desk.vision, Stopwatch()
    sight = vision.see(desk.gallery.photo_jpeg(photo.id), None, watch)
    overlaps = [overlap(face, photo.box_xyxy) for face in sight.source_faces]
    best = max(range(len(overlaps)), key=overlaps.__getitem__)
    if overlaps[best] < MIN_OVERLAP:
        raise PhotoError("The registered face was not found again in its photo.")
    return vision.judge(replace(sight, taken=best), watch)
