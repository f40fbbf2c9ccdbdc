from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, update

from core.errors import NotFound
from core.gallery import purging
from core.gallery.store import Gallery
from core.gallery.tables import GonePhotoRow, PhotoRow
from tests.gallery.material import ACTOR, create, marks_of, swap, traces, verified

NOW = datetime.now(timezone.utc)


def age(gallery: Gallery, photo_id: str, days: float) -> None:
    """Make a photo look as if it was superseded that long ago."""
    with gallery.database.write() as session:
        then = NOW - timedelta(days=days)
        session.execute(update(PhotoRow).where(PhotoRow.id == photo_id).values(superseded_at=then))


def replaced(gallery: Gallery, seeds: int, identity_id: str = "p") -> list[str]:
    """A person whose photo was replaced so many times; ids of the kept ones."""
    ids = [create(gallery, identity_id, 0).new.id]
    for seed in range(1, seeds + 1):
        ids.append(swap(gallery, ids[-1], seed, identity_id).new.id)
    return ids[:-1]


def test_what_is_older_goes_and_the_rest_stays(gallery: Gallery) -> None:
    old, older, young = replaced(gallery, 3)[::-1][1], *replaced(gallery, 2, "q")
    age(gallery, old, 91)
    age(gallery, older, 400)
    age(gallery, young, 89)
    before = NOW - timedelta(days=90)
    assert gallery.count_purgeable(before) == 2
    assert sum(gallery.purge(before, ACTOR)) == 2
    for photo_id in (old, older):
        with pytest.raises(NotFound):
            gallery.photo(photo_id)
    assert gallery.photo(young).state == "superseded"
    assert len(verified(gallery)) == len(verified(gallery, "q")) == 1
    assert gallery.count_purgeable(before) == 0
    assert sum(gallery.purge(before, ACTOR)) == 0


def test_purged_bytes_are_gone_and_ids_are_remembered(gallery: Gallery, file: Path) -> None:
    kept = replaced(gallery, 2)
    for photo_id in kept:
        age(gallery, photo_id, 2)
    assert set(marks_of(0, 1)) == traces(file, *marks_of(0, 1))
    assert list(gallery.purge(NOW - timedelta(days=1), ACTOR)) == [2]
    assert not traces(file, *marks_of(0, 1))
    assert traces(file, *marks_of(2))
    with gallery.database.read() as session:
        assert set(session.scalars(select(GonePhotoRow.photo_id))) == set(kept)


def test_batches_are_small_and_every_person_gets_a_row(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "BATCH", 2)
    kept = replaced(gallery, 3)
    for number, photo_id in enumerate([*kept, *replaced(gallery, 2, "q")]):
        age(gallery, photo_id, 10 - number)
    assert list(gallery.purge(NOW, ACTOR)) == [2, 2, 1]
    rows = [row.entry for row in gallery.audit_rows(99) if row.entry.action == "purge"]
    assert [row.identity_id for row in rows] == ["q", "q", "p", "p"]
    assert rows[-1].facts["photo_ids"] == kept[:2], "the oldest first"
    assert gallery.verify_chain() is None
