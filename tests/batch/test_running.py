"""The run: each row once, nothing unseen overwritten, whatever happens in between."""

from __future__ import annotations

import csv
import io
import random
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.assessment import Assessment
from core.batch.folder import BatchFolder
from core.batch.records import Batch, Order
from core.batch.results import count, result_of, results_csv
from core.batch.running import discard, run_batch
from core.batch.shelf import shelf_of
from core.desk import Desk
from core.errors import NotReady, ParameterError
from core.gallery.records import Actor, IdentityChange
from core.gallery.store import SEAMS
from core.imaging.read import is_jpeg
from tests.batch.children import run_until
from tests.batch.material import (
    ADMIN,
    OPERATOR,
    audit,
    checked,
    face,
    good_files,
    hashes,
    toy_desk,
)
from tests.crash.children import context, killed

LOW = Order("no")


def results(batch: Batch) -> list[str]:
    return [result_of(batch, row, "no")[0] for row in batch.rows]


def status(batch: Batch, number: int) -> str:
    why = batch.outcomes[number].reason
    return why.status if why else ""


def test_every_row_is_replaced_and_audited(desk: Desk) -> None:
    before = hashes(desk)
    folder = checked(desk, good_files())
    steps: list[tuple[int, int]] = []
    batch = run_batch(desk, folder, LOW, ADMIN, lambda done, of: steps.append((done, of)))
    assert results(batch) == ["replaced"] * 5 and batch.state == "done"
    assert steps[0] == (0, 5) and steps[-1] == (5, 5)
    after = hashes(desk)
    assert all(set(after[p]).isdisjoint(before[p]) for p in before)
    assert [p.sha256 for p in desk.gallery.identity("003").photos] == [
        row.verdict.sha256 for row in batch.rows[2:] if row.verdict
    ]
    entries = [row.entry for row in audit(desk, "replace")]
    assert [entry.actor.request_id for entry in entries] == [
        f"batch-{batch.id}-{number:05d}" for number in range(1, 6)
    ]
    assert {entry.actor.operator for entry in entries} == {"tester"}
    assert not list(desk.gallery.faults(is_jpeg))


def test_when_it_is_done_no_photo_is_kept(desk: Desk) -> None:
    folder = checked(desk, good_files())
    run_batch(desk, folder, LOW, ADMIN)
    assert [file.name for file in folder.path.iterdir()] == ["journal.jsonl"]


def test_it_runs_once(desk: Desk) -> None:
    folder = checked(desk, good_files())
    run_batch(desk, folder, LOW, ADMIN)
    before = hashes(desk)
    with pytest.raises(ParameterError):
        run_batch(desk, folder, LOW, ADMIN)
    assert hashes(desk) == before


def test_somebody_changed_meanwhile_is_left_alone(desk: Desk) -> None:
    folder = checked(desk, good_files())
    entry = audit(desk)[0].entry
    desk.gallery.update_identity("003", IdentityChange(name="other"), None, entry)
    before = hashes(desk)
    batch = run_batch(desk, folder, LOW, ADMIN)
    assert results(batch) == ["replaced", "replaced", "failed", "failed", "failed"]
    assert status(batch, 3) == "VERSION_CONFLICT"
    assert hashes(desk)["003"] == before["003"]
    refused = [row.entry for row in audit(desk, "replace", refused=True)]
    assert [entry.outcome for entry in refused] == [40901] * 3


def test_somebody_deleted_meanwhile_is_a_failed_row(desk: Desk) -> None:
    folder = checked(desk, good_files())
    desk.gallery.delete_identities(["001"], ADMIN)
    batch = run_batch(desk, folder, LOW, ADMIN)
    assert results(batch) == ["failed", *["replaced"] * 4]
    assert status(batch, 1) == "ID_NOT_FOUND"


OTHERS = [("001.jpg", face("002", 1)), ("002.jpg", face("002", 2))]


def test_objections_are_left_out_unless_chosen(desk: Desk) -> None:
    before = hashes(desk)
    batch = run_batch(desk, checked(desk, OTHERS), LOW, ADMIN)
    assert results(batch) == ["left_out", "replaced"]
    assert hashes(desk)["001"] == before["001"]
    batch = run_batch(desk, checked(desk, OTHERS[:1]), Order("no", (1,), "seen in person"), ADMIN)
    assert results(batch) == ["replaced"]
    entry = audit(desk, "replace")[-1].entry
    assert entry.reason == "seen in person" and "wrong_person" in entry.facts["overridden"]


@pytest.mark.parametrize("order", [Order("no"), Order("no", (1,), "because")])
def test_level_no_and_objections_are_an_admins(desk: Desk, order: Order) -> None:
    before = hashes(desk)
    batch = run_batch(desk, checked(desk, OTHERS), order, OPERATOR)
    assert "replaced" not in results(batch) and hashes(desk) == before
    refused = [row.entry for row in audit(desk, "replace", refused=True)]
    assert {entry.outcome for entry in refused} == {40300}
    assert {entry.actor.operator for entry in refused} == {"op"}


def test_an_objection_that_came_up_since_refuses_the_row(desk: Desk) -> None:
    """Between dry run and run somebody else is registered with that face."""
    folder = checked(desk, [("001.jpg", face("777", 1))])
    accepted = folder.load().rows[0].verdict
    assert accepted and accepted.objections == ("wrong_person",)
    look = desk.vision.look(face("777", 5))
    checks = desk.check(None, None, look.embedding, "off", "off")
    desk.create("777", IdentityChange(name="new"), Assessment(look, checks), "no", ADMIN)
    batch = run_batch(desk, folder, Order("no", (1,), "because"), ADMIN)
    assert status(batch, 1) == "DUPLICATE_PERSON"


def test_stopped_between_two_rows_it_goes_on(desk: Desk) -> None:
    folder = checked(desk, good_files())

    class Stopped(Exception):  # noqa: N818
        pass

    def stop(done: int, of: int) -> None:
        if done == 3:
            raise Stopped

    with pytest.raises(Stopped):
        run_batch(desk, folder, LOW, ADMIN, stop)
    batch = folder.load()
    assert batch.state == "running" and results(batch).count("waiting") == 2
    assert count(batch, "no").replaced == 3
    done = run_batch(desk, folder, Order("high"), ADMIN)
    assert results(done) == ["replaced"] * 5, "it goes on by its first order"
    assert len(audit(desk, "replace")) == 5


CHANCE = random.Random(20261124)
KILLS = [(step, CHANCE.randint(1, 5)) for step in SEAMS] + [("committed", 5), ("begin", 1)]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.parametrize(("step", "times"), KILLS)
def test_killed_at_a_random_row_it_replaces_each_once(
    desk: Desk, tmp_path: Path, step: str, times: int
) -> None:
    file = tmp_path / "data" / "gallery.db"
    versions = {p: desk.gallery.identity(p).version for p in ("001", "002", "003")}
    folder = checked(desk, good_files())
    child = context().Process(target=run_until, args=(file, folder.id, step, times))
    child.start()
    assert killed(child)
    batch = folder.load()
    assert batch.state == "running" and len(batch.outcomes) == times - 1
    batch = run_batch(desk, folder, LOW, ADMIN)
    assert results(batch) == ["replaced"] * 5
    ids = [row.entry.actor.request_id for row in audit(desk, "replace", refused=False)]
    assert sorted(ids) == [batch.request_id(row) for row in batch.rows]
    after = {p: desk.gallery.identity(p).version for p in versions}
    assert after == {"001": versions["001"] + 1, "002": versions["002"] + 1,
                     "003": versions["003"] + 3}  # fmt: skip
    for row, outcome in zip(batch.rows, batch.outcomes.values(), strict=True):
        assert row.verdict and desk.gallery.photo(outcome.new_photo_id).sha256 == row.verdict.sha256
    assert not list(desk.gallery.faults(is_jpeg))


def test_two_runs_at_once_replace_each_once(desk: Desk) -> None:
    folder = checked(desk, good_files())
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run_batch, desk, folder, LOW, ADMIN) for _ in range(2)]
    done = [run for run in runs if run.exception() is None]
    assert done and all(isinstance(r.exception(), (ParameterError, type(None))) for r in runs)
    assert len(audit(desk, "replace", refused=False)) == 5


def tampered(folder: BatchFolder) -> None:
    (folder.path / "00001.photo").write_bytes(face("001", 99))


def removed(folder: BatchFolder) -> None:
    (folder.path / "00001.photo").unlink()


@pytest.mark.parametrize("harm", [tampered, removed])
def test_a_kept_photo_that_was_changed_is_refused(
    desk: Desk, harm: Callable[[BatchFolder], None]
) -> None:
    folder = checked(desk, good_files())
    harm(folder)
    before = hashes(desk)
    batch = run_batch(desk, folder, LOW, ADMIN)
    assert status(batch, 1) == "KEPT_COPY" and hashes(desk)["001"] == before["001"]
    assert results(batch)[1:] == ["replaced"] * 4


def test_when_the_gallery_fails_the_run_stops_and_can_be_resumed(
    desk: Desk, tmp_path: Path
) -> None:
    commits = 0

    def break_down(step: str) -> None:
        nonlocal commits
        commits += step == "begin"
        if commits == 3 and step == "begin":
            raise NotReady

    folder = checked(desk, good_files())
    broken = toy_desk(tmp_path / "data" / "gallery.db", seam=break_down)
    with pytest.raises(NotReady):
        run_batch(broken, folder, LOW, ADMIN)
    broken.gallery.close()
    assert len(folder.load().outcomes) == 2 and folder.load().state == "running"
    assert results(run_batch(desk, folder, LOW, ADMIN)) == ["replaced"] * 5


def test_what_nobody_foresaw_fails_one_row_only(desk: Desk, tmp_path: Path) -> None:
    runs = 0

    def break_down(what: str) -> None:
        nonlocal runs
        runs += what == "embed"
        if runs == 2 and what == "embed":
            raise RuntimeError("boom")

    folder = checked(desk, good_files())
    broken = toy_desk(tmp_path / "data" / "gallery.db", model=break_down)
    batch = run_batch(broken, folder, LOW, ADMIN)
    broken.gallery.close()
    assert sorted(results(batch)) == ["failed", *["replaced"] * 4]
    assert not any("boom" in o.reason.en for o in batch.outcomes.values() if o.reason)


def test_the_result_is_a_harmless_table(desk: Desk) -> None:
    files = [*good_files()[:2], ("=HYPERLINK(1).jpg", b"x"), ("999.jpg", face("001", 1))]
    batch = run_batch(desk, checked(desk, files), LOW, ADMIN)
    text = results_csv(batch, "no").decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [line["result"] for line in lines] == ["replaced", "replaced", "left_out", "left_out"]
    assert lines[2]["file"] == "'=HYPERLINK(1).jpg"
    assert lines[3]["status"] == "UNKNOWN_PERSON" and "999" in lines[3]["reason"]
    assert lines[0]["new_register_image_id"] == desk.gallery.identity("001").photos[0].id


def test_quality_counts_at_the_level_of_the_order(desk: Desk) -> None:
    folder = checked(desk, good_files()[:1])
    row = folder.load().rows[0]
    assert row.standing("high") == "refused" and row.why("high") and row.why("high").zh
    batch = run_batch(desk, folder, Order("high"), ADMIN)
    assert results(batch) == ["left_out"] and batch.state == "done"


def test_who_runs_it_may_differ_from_who_checked_it(desk: Desk) -> None:
    folder = checked(desk, good_files()[:1])
    run_batch(desk, folder, LOW, Actor("somebody", "page"))
    assert audit(desk, "replace")[-1].entry.actor.operator == "somebody"
    assert shelf_of(desk).listed()[0].operator == "tester"


def test_a_batch_that_is_ended_keeps_no_photo_and_its_way_back(desk: Desk) -> None:
    folder = checked(desk, good_files())

    def stop(done: int, of: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_batch(desk, folder, LOW, ADMIN, stop)
    batch = discard(folder)
    assert batch and batch.state == "done" and not batch.waiting
    assert results(batch) == ["replaced", "replaced", *["left_out"] * 3]
    assert [file.name for file in folder.path.iterdir()] == ["journal.jsonl"]
    assert discard(checked(desk, good_files())) is None
