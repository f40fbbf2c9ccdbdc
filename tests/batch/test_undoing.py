"""The way back, and how batches leave the shelf."""

from __future__ import annotations

import signal
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from core.batch.records import Batch, Order
from core.batch.running import run_batch
from core.batch.shelf import FOLDER, WAIT_DAYS, Shelf, shelf_of
from core.batch.undoing import undo_batch
from core.desk import Desk
from core.errors import NotFound, ParameterError
from core.imaging.read import is_jpeg
from tests.batch.children import run_until
from tests.batch.material import ADMIN, audit, checked, face, good_files, hashes
from tests.crash.children import context, killed

LOW = Order("no")


def said(batch: Batch) -> list[str]:
    """What became of each replaced row, in order."""
    found = [batch.undone[row.number] for row in batch.replaced]
    return [undone.reason.status if undone.reason else "" for undone in found]


def test_everything_is_as_before_and_audited(desk: Desk) -> None:
    before = hashes(desk)
    folder = checked(desk, good_files())
    run_batch(desk, folder, LOW, ADMIN)
    batch = undo_batch(desk, folder, ADMIN)
    assert said(batch) == [""] * 5 and batch.state == "undone"
    assert hashes(desk) == before
    entries = [row.entry for row in audit(desk, "restore")]
    assert {entry.actor.request_id for entry in entries} == {
        batch.request_id(row, undo=True) for row in batch.rows
    }
    assert all(batch.id in entry.reason for entry in entries)
    assert not list(desk.gallery.faults(is_jpeg))
    with pytest.raises(ParameterError):
        undo_batch(desk, folder, ADMIN)


def test_what_was_changed_since_is_left_alone_and_said(desk: Desk) -> None:
    folder = checked(desk, good_files())
    run_batch(desk, folder, LOW, ADMIN)
    run_batch(desk, checked(desk, [("003_2.jpg", face("003", 77))]), LOW, ADMIN)
    desk.gallery.delete_identities(["001"], ADMIN)
    newer = desk.gallery.identity("003").photos[1].id
    batch = undo_batch(desk, folder, ADMIN)
    assert said(batch) == ["CHANGED_SINCE", "", "", "CHANGED_SINCE", ""]
    assert desk.gallery.identity("003").photos[1].id == newer


def test_a_batch_that_stopped_can_be_undone_and_not_resumed(desk: Desk) -> None:
    before, folder = hashes(desk), checked(desk, good_files())

    def stop(done: int, of: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_batch(desk, folder, LOW, ADMIN, stop)
    assert said(undo_batch(desk, folder, ADMIN)) == ["", ""]
    assert hashes(desk) == before
    with pytest.raises(ParameterError):
        run_batch(desk, folder, LOW, ADMIN)


def test_nothing_replaced_nothing_to_undo(desk: Desk) -> None:
    with pytest.raises(ParameterError):
        undo_batch(desk, checked(desk, good_files()), ADMIN)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.parametrize(("step", "times"), [("committed", 2), ("before_commit", 3)])
def test_killed_while_undoing_it_restores_each_once(
    desk: Desk, tmp_path: Path, step: str, times: int
) -> None:
    before, folder = hashes(desk), checked(desk, good_files())
    run_batch(desk, folder, LOW, ADMIN)
    file = tmp_path / "data" / "gallery.db"
    child = context().Process(target=run_until, args=(file, folder.id, step, times, True))
    child.start()
    assert killed(child)
    assert folder.load().state == "undoing"
    batch = undo_batch(desk, folder, ADMIN)
    assert said(batch) == [""] * 5 and hashes(desk) == before
    assert len(audit(desk, "restore", refused=False)) == 5


@pytest.mark.parametrize("name", ["", "..", "20261124-101112-123456", "../data", "x" * 500])
def test_an_id_that_is_none(desk: Desk, name: str) -> None:
    with pytest.raises(NotFound):
        shelf_of(desk).open(name)


def test_a_line_that_was_cut_off_spoils_no_other(desk: Desk) -> None:
    folder = checked(desk, good_files())
    with (folder.path / "journal.jsonl").open("a") as journal:
        journal.write('\n{"kind":"outco')
    batch = run_batch(desk, folder, LOW, ADMIN)
    assert len(batch.outcomes) == 5 and len(folder.load().outcomes) == 5


def aged(desk: Desk, folder_name: str, days: float) -> Path:
    """The batch's folder under the name it would have had so long ago."""
    then = datetime.now(timezone.utc) - timedelta(days=days)
    path = desk.settings.data / FOLDER / folder_name
    return path.rename(path.with_name(f"{then:%Y%m%d-%H%M%S}{folder_name[15:]}"))


def test_what_nobody_came_back_for_goes(desk: Desk) -> None:
    never_run = aged(desk, checked(desk, good_files()).id, WAIT_DAYS + 1)
    fresh = checked(desk, good_files())
    stopped = checked(desk, good_files())
    stopped.record(LOW)
    stopped_path = aged(desk, stopped.id, WAIT_DAYS + 1)
    old = checked(desk, good_files())
    run_batch(desk, old, LOW, ADMIN)
    old_path = aged(desk, old.id, 91)
    shelf_of(desk).tidy(keep_days=90)
    assert not never_run.exists() and not old_path.exists()
    assert len(list(fresh.path.iterdir())) == 11
    assert [file.name for file in stopped_path.iterdir()] == ["journal.jsonl"]


def test_an_erased_person_is_in_no_batch(desk: Desk) -> None:
    files = [*good_files(), ("../001.jpg", b"x"), ("002_1.jpg", face("001", 3))]
    waiting, done = checked(desk, files[:5]), checked(desk, files[:1])
    run_batch(desk, done, LOW, ADMIN)
    objecting = checked(desk, [("002.jpg", face("001", 3))])
    assert objecting.load().rows[0].verdict.nearest_id == "001"  # type: ignore[union-attr]
    desk.gallery.erase("001", ADMIN)
    assert shelf_of(desk).forget("001") == 2
    for folder in (waiting, done, objecting):
        text = (folder.path / "journal.jsonl").read_text()
        assert '"001"' not in text and "001.jpg" not in text
    assert not (waiting.path / "00001.photo").exists()
    batch = run_batch(desk, waiting, LOW, ADMIN)
    assert len(batch.outcomes) == 4
    assert said(undo_batch(desk, done, ADMIN)) == ["CHANGED_SINCE"]


def test_a_shelf_that_is_not_there_is_empty(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "none", None)
    assert shelf.listed() == [] and shelf.forget("x") == 0
    shelf.tidy(1)
