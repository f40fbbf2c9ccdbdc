"""The keeper: purges at its start, off the request path, and wipes what a reader held up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, update

from core import keeping
from core.gallery import purging
from core.gallery.records import Actor
from core.gallery.store import Gallery
from core.gallery.tables import IdentityRow, PhotoRow
from core.keeping import Keeper
from tests.databases import only_sqlite, url_of
from tests.gallery.material import create, marks_of, swap, traces


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    with Gallery.open(url_of(tmp_path / "gallery.db", wait=0.2), 20, 3) as opened:
        photo = create(opened, "p", 0).new
        for seed in range(1, 6):
            photo = swap(opened, photo.id, seed).new
        with opened.database.write() as session:
            then = datetime.now(timezone.utc) - timedelta(days=91)
            kept = update(PhotoRow).where(PhotoRow.state == "superseded")
            session.execute(kept.values(superseded_at=then))
        yield opened


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def kept(gallery: Gallery) -> int:
    return gallery.count_purgeable(datetime.now(timezone.utc))


def test_it_purges_at_its_start_and_gives_way_between_batches(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "BATCH", 1)
    keeper = Keeper(gallery, 90)
    keeper.start()
    wait_for(lambda: kept(gallery) < 5)
    swap(gallery, gallery.identity("p").photos[0].id, 9)
    keeper.stop()
    assert 0 < kept(gallery) < 6, "it ends after the batch at hand"
    keeper = Keeper(gallery, 90)
    keeper.start()
    wait_for(lambda: kept(gallery) == 1)
    keeper.stop()
    rows = [row.entry for row in gallery.audit_rows(99) if row.entry.action == "purge"]
    assert {row.actor.source for row in rows} == {"keeper"}
    assert gallery.verify_chain() is None


@only_sqlite
def test_it_wipes_what_a_reader_held_up(
    gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MINUTE_SECONDS", 0.05)
    file = tmp_path / "gallery.db"
    rounds: list[int] = []
    keeper = Keeper(gallery, 1000, lambda: rounds.append(1))
    keeper.start()
    with gallery.database.read() as session:
        session.execute(select(IdentityRow)).all()
        gallery.delete_identities(["p"], Actor())
        assert traces(file, *marks_of(5))
    wait_for(lambda: not gallery.database.traces_left)
    assert rounds, "memory follows, too"
    keeper.stop()
    assert not traces(file, *marks_of(0, 1, 2, 3, 4, 5))


def test_trouble_is_logged_and_not_the_end(
    gallery: Gallery, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = Keeper(gallery, 90)
    with gallery.transaction():
        keeper.tidy()
    assert "purge not done" in caplog.text
    keeper.tidy()
    assert kept(gallery) == 0


def test_what_else_is_kept_for_a_time_goes_with_the_purge(gallery: Gallery) -> None:
    tidied: list[int] = []
    keeper = Keeper(gallery, 90, also=lambda: tidied.append(1))
    keeper.tidy()
    assert tidied == [1]
