"""Comparing everybody with everybody in blocks says what comparing them one by one says."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from core.engine.base import EngineInfo
from core.health import likeness
from core.health.faces import Faces, sorted_faces
from core.health.likeness import find_likeness
from core.health.scores import MOST_BARS, gallery_scores, histogram_of
from core.jobs import Job, JobCancelledError

INFO = EngineInfo("toy", "toy", "toy:1", 16, 0.55, 0.35, "none")


def crowd(people: int, seed: int = 0, most: int = 4) -> Faces:
    """People with one to four photos around a direction of their own, in random order."""
    random = np.random.default_rng(seed)
    rows: list[tuple[str, str, np.ndarray]] = []
    for person in range(people):
        centre = random.normal(size=16)
        for photo in range(int(random.integers(1, most + 1))):
            vector = centre + random.normal(size=16) * 0.9
            rows.append((f"p{person}-{photo}", f"{person:04}", vector / np.linalg.norm(vector)))
    random.shuffle(rows)  # type: ignore[arg-type]
    photos, owners, vectors = zip(*rows, strict=True)
    return sorted_faces(list(photos), list(owners), np.array(vectors, np.float32))


def best_pairs(faces: Faces) -> dict[tuple[str, str], float]:
    """Best cosine of every two people, one by one in float64."""
    found = {}
    for one, two in itertools.combinations(range(len(faces.people)), 2):
        rows = faces.vectors[faces.rows_of(one)].astype(np.float64)
        others = faces.vectors[faces.rows_of(two)].astype(np.float64)
        found[faces.people[one], faces.people[two]] = float((rows @ others.T).max())
    return found


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(likeness, "BLOCK", 17)
    monkeypatch.setattr(likeness, "MOST_LISTED", 25)
    yield


def test_rows_keep_their_owners() -> None:
    faces = crowd(40)
    assert len(faces) == faces.starts[-1] and len(faces.people) == 40
    for person in range(40):
        rows = faces.rows_of(person)
        names = {name.split("-")[0] for name in faces.photo_ids[rows]}
        assert names == {f"p{int(faces.people[person])}"}
    own = np.random.default_rng(1).normal(size=(60, 8)).astype(np.float32)
    sorted_ = sorted_faces([f"{n:03}" for n in range(60)][::-1], ["one"] * 60, own.copy())
    assert np.array_equal(sorted_.vectors, own[::-1])


def test_blocks_find_what_one_by_one_finds(small_blocks: None) -> None:
    faces = crowd(60)
    expected = best_pairs(faces)
    found = find_likeness(faces, INFO)
    assert found.pairs == len(expected) == 60 * 59 // 2
    values = np.array(list(expected.values()))
    assert found.alike["same"] == (values >= 0.55).sum() > 0
    assert found.alike["uncertain"] == ((values >= 0.35) & (values < 0.55)).sum() > 0
    top = sorted(expected.items(), key=lambda pair: -pair[1])[:25]
    assert [(p.first_id, p.second_id) for p in found.most_alike] == [pair for pair, _ in top]
    assert [p.cosine for p in found.most_alike] == pytest.approx([c for _, c in top], abs=1e-6)
    for pair in found.most_alike:
        one, two = (faces.photo_ids.index(p) for p in (pair.first_photo, pair.second_photo))
        cosine = faces.vectors[one].astype(np.float64) @ faces.vectors[two].astype(np.float64)
        assert cosine == pytest.approx(pair.cosine)


def test_photos_of_one_person_that_disagree() -> None:
    faces = crowd(30, seed=3)
    found = find_likeness(faces, INFO)
    least = {}
    for person in range(30):
        rows = faces.vectors[faces.rows_of(person)].astype(np.float64)
        if len(rows) > 1:
            cosines = rows @ rows.T
            least[faces.people[person]] = cosines[np.triu_indices(len(rows), 1)].min()
    assert found.several == len(least)
    low = sorted((c, name) for name, c in least.items() if c < 0.55)
    assert [p.first_id for p in found.least_alike] == [name for _, name in low]
    assert found.disagreeing["different"] == sum(c < 0.35 for c, _ in low)
    assert all(p.first_id == p.second_id for p in found.least_alike)
    assert all(p.first_photo != p.second_photo for p in found.least_alike)


@pytest.mark.parametrize("people", [0, 1])
def test_nobody_to_compare_with(people: int) -> None:
    faces = crowd(1, most=1) if people else sorted_faces([], [], np.empty((0, 16), np.float32))
    found = find_likeness(faces, INFO)
    assert (found.pairs, found.several, found.most_alike) == (0, 0, ())
    assert not len(gallery_scores(faces).same)


def test_it_stops_between_blocks(small_blocks: None) -> None:
    job = Job("test")
    told: list[int] = []

    def step(pairs: int) -> None:
        told.append(pairs)
        if len(told) == 3:
            job.cancel()
        job.step(pairs, 1000)

    with pytest.raises(JobCancelledError):
        find_likeness(crowd(60), INFO, step)
    assert len(told) == 3 and told == sorted(told)


def test_histograms_count_every_pair() -> None:
    faces = crowd(50, seed=5)
    scores = gallery_scores(faces)
    owners = np.repeat(np.arange(50), np.diff(faces.starts))
    one, two = np.triu_indices(len(faces), 1)
    same = int((owners[one] == owners[two]).sum())
    assert scores.same.sum() == same and scores.different.sum() == len(one) - same
    assert len(scores.edges) == len(scores.same) + 1 <= MOST_BARS + 1 and not scores.sampled
    cosines = (faces.vectors @ faces.vectors.T)[one, two]
    assert scores.edges[0] <= cosines.min() and cosines.max() <= scores.edges[-1] + 1e-6


def test_the_ends_of_the_scale_are_counted() -> None:
    scores = histogram_of(np.array([1.0, 0.5]), np.array([-1.0, -0.99, 0.1]))
    assert scores.same.sum() == 2 and scores.different.sum() == 3
    assert scores.edges[0] == -1 and scores.edges[-1] == pytest.approx(1)
