"""What the quality limits do to this very gallery: its photos under today's limits, in a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.calibration.tables import Limited, PassRate, limited_values, pass_rates
from core.contract.fields import Level
from core.desk import Desk
from core.errors import NotFound
from core.fiqa.policy import Policy, Rule
from core.fiqa.report import Report
from core.jobs import Job
from core.kept import judged_again

QUALITY = "engine_quality"
"""Name of the job."""

MOST_JUDGED = 2_000
"""Photos that are judged; in a larger gallery they are drawn by chance."""

Step = Callable[[int, int], object]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """This gallery's photos, judged by the policy in use.

    Attributes:
        rates: how many pass each level: all items, then item by item.
        limited: what each rule of the policy compares, of all photos that have it.
        photos: how many were judged; ``unknown``: those whose measures were not kept.
        of_photos: how many there are.
        engine_id, counter: the engine and the gallery's number of changes then.
    """

    rates: tuple[PassRate, ...]
    limited: tuple[Limited, ...]
    photos: int
    unknown: int
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


def start_judging(desk: Desk) -> Job:
    """Judge the gallery's photos in the background. Raises VersionConflict."""
    return desk.jobs.start(QUALITY, lambda job: judge_gallery(desk, job.step))


def judge_gallery(desk: Desk, step: Step, most: int = MOST_JUDGED) -> Judged:
    """Judge what was measured at registration by today's policy; nothing is stored."""
    counter, engine_id = desk.gallery.counter(), desk.vision.engine.info.engine_id
    of_photos = desk.gallery.count_photos()
    ids = desk.gallery.sample_photos(most)
    policy = desk.vision.policy
    reports: list[Report | None] = []
    for number, photo_id in enumerate(ids):
        step(number, len(ids))
        try:
            reports.append(judged_again(desk.gallery.photo(photo_id).fiqa, policy))
        except NotFound:  # deleted meanwhile
            reports.append(None)
    step(len(ids), len(ids))
    known = [report for report in reports if report]
    return _judged(policy, known, len(ids) - len(known), of_photos, engine_id, counter)


def _judged(
    policy: Policy, reports: Sequence[Report], unknown: int, of: int, engine_id: str, counter: int
) -> Judged:
    rates = tuple(pass_rates(reports)) if reports else ()
    limited = tuple(row for row in limited_values(policy, reports) if row.rule.limits)
    return Judged(rates, limited, len(reports), unknown, of, engine_id, counter)
