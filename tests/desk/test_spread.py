"""What limits do to a gallery: every pair once, samples that are said, photos judged anew."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from core.contract.fields import LEVELS
from core.desk import Desk
from core.errors import NotFound
from core.fiqa.policy import STRICT_LEVELS
from core.jobs import Job
from core.passing import judge_gallery, start_judging
from core.spread import _cosines, _drawn, gallery_scores, start_scores


def no_step(done: int, of: int) -> None:
    pass


def test_every_pair_is_counted_once_on_its_side(desk: Desk) -> None:
    scores = gallery_scores(desk, no_step)
    _, owners, vectors = desk.matrix.snapshot()
    pairs = list(itertools.combinations(range(len(owners)), 2))
    for found, one in ((scores.outcome.same, True), (scores.outcome.different, False)):
        expected = [
            float(vectors[a] @ vectors[b]) for a, b in pairs if (owners[a] == owners[b]) is one
        ]
        np.testing.assert_allclose(found, sorted(expected), rtol=1e-5)
    assert (scores.photos, scores.people, scores.sampled) == (3, 2, False)


def test_blocks_do_not_lose_or_double_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(37, 8)).astype(np.float32)
    owners = [str(number) for number in random.integers(0, 9, 37)]
    whole = _cosines(owners, vectors, no_step)
    monkeypatch.setattr("core.spread._BLOCK", 5)
    steps: list[int] = []
    parts = _cosines(owners, vectors, lambda done, of: steps.append(done))
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(np.sort(one), np.sort(other), rtol=1e-5)
    assert len(whole[0]) + len(whole[1]) == 37 * 36 // 2 and steps[-1] == 37


def test_a_large_gallery_is_drawn_by_whole_people_the_same_each_time() -> None:
    owners = [f"p{number // 3}" for number in range(300)]
    rows = _drawn(owners, 100)
    assert rows == _drawn(owners, 100) and 90 < len(rows) <= 100
    taken = {owners[row] for row in rows}
    assert len(rows) == 3 * len(taken)
    assert _drawn(owners, 300) == list(range(300))


def test_photos_are_judged_by_todays_policy(desk: Desk) -> None:
    judged = judge_gallery(desk, no_step)
    assert (judged.photos, judged.unknown, judged.of_photos) == (3, 0, 3)
    whole = judged.rates[0]
    kept = [photo for name in ("001", "002") for photo in desk.gallery.identity(name).photos]
    for level in STRICT_LEVELS:
        passing = sum(LEVELS.index(p.best_level) >= LEVELS.index(level) for p in kept)
        assert whole.passed[level] == pytest.approx(passing / 3)
    assert all(row.rule.limits and len(row.values) == 3 for row in judged.limited)


def test_photos_whose_measures_were_not_kept_are_counted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no model runs for the others."""
    monkeypatch.setattr(type(desk.vision), "see", None)
    monkeypatch.setattr("core.passing.judged_again", lambda kept, policy: None)
    judged = judge_gallery(desk, no_step)
    assert (judged.photos, judged.unknown, judged.rates) == (0, 3, ())


def test_a_sample_is_said_and_the_gone_are_left_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = desk.gallery.sample_photos(1)[0]
    judged = judge_gallery(desk, no_step, most=2)
    assert (judged.photos, judged.of_photos) == (2, 3)
    whole = type(desk.gallery).photo

    def photo(self: object, photo_id: str) -> object:
        if photo_id == first:
            raise NotFound
        return whole(self, photo_id)  # type: ignore[arg-type]

    monkeypatch.setattr(type(desk.gallery), "photo", photo)
    judged = judge_gallery(desk, no_step)
    assert (judged.photos, judged.unknown) == (2, 1)


def test_both_are_jobs_that_can_be_stopped(desk: Desk) -> None:
    for start in (start_scores, start_judging):
        job: Job = start(desk)
        assert job.wait(30) and job.state == "done"
        job = start(desk)
        job.cancel()
        assert job.wait(30) and job.state in ("cancelled", "done")
