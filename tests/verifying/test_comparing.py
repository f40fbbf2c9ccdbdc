"""Subjects, batches and curves, on the small gallery and on made-up cosines."""

from __future__ import annotations

import csv
import io
import zipfile

import numpy as np
import pytest

from core.assessment import Look
from core.desk import Desk
from core.engine.base import EngineInfo
from core.errors import NotFound, NotReady
from core.jobs import Job
from core.pairs import Outcome
from core.verifying.batch import batch_csv, compare_pairs
from core.verifying.curve import equal_error, operating_points, roc
from core.verifying.gallery_pairs import gallery_pairs, pairs_csv
from core.verifying.pairs_file import PairRow, read_pair_rows
from core.verifying.photo_source import PhotoSource
from core.verifying.subject import (
    OUTSIDE,
    aligned_registered,
    compare,
    from_embedding,
    registered_person,
    registered_photo,
)
from tests.desk.conftest import (  # noqa: F401 - fixtures
    Snapshot,
    desk,
    looks,
    pictures,
    settings,
    snapshot,
    vision,
)

INFO = EngineInfo("toy", "toy", "toy:1", 16, 0.6, 0.4, "none")


def test_the_best_of_a_persons_photos_counts(desk: Desk, looks: dict[str, Look]) -> None:  # noqa: F811
    person = registered_person(desk, "001")
    outside = from_embedding(looks["jing"].embedding)
    found = compare(desk, outside, person)
    own = [photo.id for photo in desk.gallery.identity("001").photos]
    looked = looks["jing"].embedding
    cosines = {
        photo_id: float(looked.vector @ vector)
        for photo_id, vector in desk.gallery.embeddings(own, looked.engine_id).items()
    }
    best = max(cosines, key=cosines.__getitem__)
    assert found.cosine == pytest.approx(cosines[best], abs=1e-6) and found.band == "same"
    assert (found.first_photo, found.second_photo) == (OUTSIDE, best)
    other = compare(desk, outside, registered_person(desk, "002"))
    assert other.band == "different" and other.score < 40


def test_who_cannot_be_compared(desk: Desk) -> None:  # noqa: F811
    with pytest.raises(NotFound):
        registered_person(desk, "nobody")
    photo = desk.gallery.identity("002").photos[0]
    vector, _ = desk.gallery.embedding(photo.id)
    desk.gallery.reembed(photo.id, vector, "other:engine:1:128")
    for look_up in (
        lambda: registered_person(desk, "002"),
        lambda: registered_photo(desk, photo.id),
    ):
        with pytest.raises(NotReady, match="reembed"):
            look_up()


def test_a_registered_face_is_shown_upright(desk: Desk) -> None:  # noqa: F811
    photo = desk.gallery.identity("001").photos[0]
    assert aligned_registered(desk, photo.id)[:2] == b"\xff\xd8"
    with pytest.raises(NotFound):
        aligned_registered(desk, "gone")


def archive_of(pictures: dict[str, bytes]) -> bytes:  # noqa: F811
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("jing", "ming", "nobody"):
            archive.writestr(f"photos/{name}.jpg", pictures[name])
        archive.writestr("text.jpg", b"no photo")
    return out.getvalue()


def test_a_batch_of_everything(
    desk: Desk,  # noqa: F811
    pictures: dict[str, bytes],  # noqa: F811
    snapshot: object,  # noqa: F811
) -> None:
    before = snapshot()  # type: ignore[operator]
    photo = desk.gallery.identity("001").photos[1].id
    pairs = [
        ("jing.jpg", "identity:001", "yes"), ("ming.jpg", f"photo:{photo}", "no"),
        ("identity:001", "identity:002", "no"), ("jing.jpg", "photos/ming.jpg", ""),
        ("nobody.jpg", "identity:001", "no"), ("text.jpg", "jing.jpg", ""),
        ("jing.jpg", "absent.jpg", ""), ("identity:=9", "jing.jpg", "yes"),
    ]  # fmt: skip
    text = "file_x,file_y,Decision\n" + "".join(",".join(pair) + "\n" for pair in pairs)
    rows = read_pair_rows(text.encode())
    job = Job("test")
    batch = compare_pairs(desk, rows, PhotoSource(desk.settings, archive_of(pictures)), job)
    assert [row.band for row in batch.rows[:4]] == ["same", "different", "different", "different"]
    problems = [row.problem.code for row in batch.failed if row.problem]
    assert problems == [40004, 40003, 40003, 40401] and (job.done, job.of) == (10, 10)
    assert batch.failed[2].where == "absent.jpg"
    assert batch.outcome is not None
    assert (len(batch.outcome.same), len(batch.outcome.different)) == (1, 2)
    cells = list(csv.DictReader(io.StringIO(batch_csv(batch).decode("utf-8-sig"))))
    assert cells[0]["label"] == "same" and float(cells[0]["cosine"]) > 0.9
    assert cells[4]["problem"].startswith("nobody.jpg: ") and len(cells) == len(pairs)
    assert snapshot() == before  # type: ignore[operator]


def test_the_gallerys_own_pairs(desk: Desk) -> None:  # noqa: F811
    rows = gallery_pairs(desk)
    assert [row.same for row in rows] == [True, False, False]
    assert [(r.first, r.second, r.same) for r in read_pair_rows(pairs_csv(rows))] == [
        (r.first, r.second, r.same) for r in rows
    ]
    batch = compare_pairs(desk, rows, PhotoSource(desk.settings, None), Job("test"))
    assert not batch.failed and batch.outcome is not None
    assert batch.outcome.same[0] > batch.outcome.different[-1]


def test_without_labels_there_are_no_rates(desk: Desk) -> None:  # noqa: F811
    rows = (PairRow(2, "identity:001", "identity:002", None),)
    batch = compare_pairs(desk, rows, PhotoSource(desk.settings, None), Job("test"))
    assert batch.outcome is None and batch.rows[0].cosine is not None


def made_up(count: int, seed: int = 0) -> Outcome:
    random = np.random.default_rng(seed)
    same = np.sort(np.clip(random.normal(0.7, 0.12, count), -1, 1))
    return Outcome(INFO, same, np.sort(np.clip(random.normal(0.2, 0.12, 3 * count), -1, 1)))


def test_the_curve_is_the_counts() -> None:
    outcome = made_up(400)
    curve = roc(outcome)
    for threshold, fmr, tmr in zip(curve.threshold, curve.fmr, curve.tmr, strict=True):
        assert fmr == pytest.approx((outcome.different >= threshold).mean())
        assert tmr == pytest.approx((outcome.same >= threshold).mean())
    assert (np.diff(curve.fmr) >= 0).all() and (np.diff(curve.tmr) >= 0).all()
    assert (curve.fmr == 0).sum() == 1 and (curve.fmr[-1], curve.tmr[-1]) == (1, 1)
    assert curve.floor == 0.5 / 1200
    rate, at = equal_error(outcome)
    assert (outcome.same < at).mean() == pytest.approx(rate, abs=0.01)


def test_a_long_curve_is_thinned() -> None:
    assert len(roc(made_up(20_000)).fmr) <= 400


def test_perfect_and_single_pairs() -> None:
    perfect = Outcome(INFO, np.array([0.8, 0.9]), np.array([0.1, 0.2]))
    assert roc(perfect).tmr[0] == 1 and equal_error(perfect)[0] == 0
    single = roc(Outcome(INFO, np.array([0.5]), np.array([0.5])))
    assert len(single.fmr) == 1
    points = operating_points(perfect)
    assert [point.threshold for point in points] == [0.6, 0.4]
    assert points[0].fmr.errors == 0 and points[0].fmr.upper > 0.7


def test_thresholds_for_a_rate() -> None:
    outcome = made_up(400)
    points = {point.wanted: point for point in operating_points(outcome)}
    assert set(points) == {None, 1e-2, 1e-3}
    assert points[1e-2].fmr.value <= 1e-2 and points[1e-3].fmr.value <= 1e-3
