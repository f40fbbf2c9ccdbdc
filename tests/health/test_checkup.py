"""The check of a whole gallery: what is kept with the photos is enough to judge them again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.assessment import Look
from core.contract.fields import LEVELS
from core.desk import Desk, new_photo
from core.fiqa.policy import Policy, Rule, load_policy
from core.gallery.records import Actor, AuditEntry, IdentityChange
from core.gallery.store import Gallery
from core.health.checkup import JOB, changed_since, check_up, start_checkup
from core.health.quality import MOST_LISTED, QualityTally, judge_photo
from core.jobs import Job
from core.kept import judged_again, kept_report
from tests.desk.conftest import (  # noqa: F401 - fixtures
    desk,
    looks,
    pictures,
    settings,
    vision,
)


@pytest.fixture
def empty(tmp_path: Path, desk: Desk) -> Iterator[Desk]:  # noqa: F811
    with Gallery.open(f"sqlite:///{tmp_path / 'empty.db'}", 9999, 4) as gallery:
        yield Desk(desk.settings, gallery, desk.vision)


def stricter(policy: Policy) -> Policy:
    """The same, but that faces must be larger than any."""
    rules = [
        Rule(rule.criterion, {"low": 3000.0, "normal": 3000.0, "high": 3000.0})
        if rule.criterion.measure == "FaceShortSide"
        else rule
        for rule in policy.rules
    ]
    return replace(policy, rules=tuple(rules))


def test_what_is_kept_is_judged_as_it_was(looks: dict[str, Look]) -> None:  # noqa: F811
    for look in looks.values():
        again = judged_again(kept_report(look.report), load_policy(None))
        assert again is not None
        assert again.items == look.report.items
        assert (again.overall, again.best_level) == (look.report.overall, look.report.best_level)


@pytest.mark.parametrize("kept", [{}, {"items": []}, {"clarity": {"value": 3}}])
def test_nothing_is_judged_without_measures(kept: dict[str, Any]) -> None:
    assert judged_again(kept, load_policy(None)) is None


def test_todays_limits_count(desk: Desk) -> None:  # noqa: F811
    photo = desk.gallery.identity("001").photos[0]
    assert judge_photo(photo, desk.vision.policy).anew
    judged = judge_photo(photo, stricter(desk.vision.policy))
    assert judged.best_level == "no" and judged.failed["low"][0] == "face_size"
    assert judged.reason is not None and "3000" in judged.reason.en


def test_an_old_photo_counts_with_the_verdict_of_its_day(desk: Desk) -> None:  # noqa: F811
    photo = desk.gallery.identity("001").photos[0]
    old = {name: {k: v for k, v in item.items() if k != "measures"}
           for name, item in photo.fiqa.items()}  # fmt: skip
    judged = judge_photo(replace(photo, fiqa=old, best_level="low"), stricter(desk.vision.policy))
    assert not judged.anew and judged.best_level == "low"
    bare = judge_photo(replace(photo, fiqa={}, best_level="no", overall=-1), desk.vision.policy)
    assert bare.reason is None and bare.overall == -1


def test_the_check_of_a_small_gallery(desk: Desk) -> None:  # noqa: F811
    found = check_up(desk, Job("test"))
    quality = found.quality
    assert (quality.people, quality.photos, quality.as_kept) == (2, 3, 0)
    assert sum(quality.levels.values()) == 3 == sum(c.sum() for c in quality.overall.values())
    assert found.likeness.pairs == 1 and found.likeness.several == 1
    assert found.stale == 0 and not changed_since(desk, found)
    assert found.scores.same.sum() == 1 and found.scores.different.sum() == 2
    worst = [LEVELS.index(poor.judged.best_level) for poor in quality.worst]
    assert worst == sorted(worst)


def test_a_change_and_another_engine_are_noticed(desk: Desk) -> None:  # noqa: F811
    before = check_up(desk, Job("test"))
    photo = desk.gallery.identity("001").photos[0]
    vector, _ = desk.gallery.embedding(photo.id)
    desk.gallery.reembed(photo.id, vector, "other:engine:1:128")
    assert changed_since(desk, before)
    after = check_up(desk, Job("test"))
    assert after.stale == 1 and after.likeness.several == 0 and after.quality.photos == 3


def test_an_empty_gallery_and_a_gallery_of_one(
    empty: Desk,
    looks: dict[str, Look],  # noqa: F811
) -> None:
    found = check_up(empty, Job("test"))
    assert (found.quality.people, found.quality.photos, found.likeness.pairs) == (0, 0, 0)
    entry = AuditEntry("create", identity_id="1", actor=Actor())
    new = new_photo(looks["jing"], "no")
    empty.gallery.create_identity("1", IdentityChange(name="one"), new, audit=entry)
    found = check_up(empty, Job("test"))
    assert (found.quality.people, found.likeness.pairs, len(found.scores.same)) == (1, 0, 0)


def test_people_without_a_photo_are_counted(desk: Desk) -> None:  # noqa: F811
    tally = QualityTally(desk.vision.policy)
    person = desk.gallery.identity("002")
    tally.add(replace(person, photos=()))
    tally.add(person)
    found = tally.result()
    assert found.photoless == ("002",) and found.photoless_count == 1 and found.photos == 1


def test_only_the_worst_are_listed(desk: Desk) -> None:  # noqa: F811
    person = desk.gallery.identity("002")
    poor = replace(person.photos[0], fiqa={}, best_level="low")
    tally = QualityTally(desk.vision.policy)
    for overall in range(3 * MOST_LISTED):
        photo = replace(poor, overall=overall % 101)
        tally.add(replace(person, id=f"{overall:05}", photos=(photo,)))
    found = tally.result()
    assert found.levels["low"] == 3 * MOST_LISTED and len(found.worst) == MOST_LISTED
    overalls = [each.judged.overall for each in found.worst]
    assert overalls == sorted(n % 101 for n in range(3 * MOST_LISTED))[:MOST_LISTED]


def test_the_last_result_outlives_a_new_run(desk: Desk) -> None:  # noqa: F811
    assert start_checkup(desk).wait(30)
    first = desk.jobs.last_done(JOB)
    assert first is not None and first.result.quality.photos == 3
    job = desk.jobs.start(JOB, lambda job: (job.cancel(), job.step(0, 1)))
    assert job.wait(30) and job.state == "cancelled"
    assert desk.jobs.last_done(JOB) is first
    desk.jobs.forget(JOB)
    assert desk.jobs.last_done(JOB) is None
