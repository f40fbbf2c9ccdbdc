from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select, update

from core.errors import BadFeature
from core.gallery.face_search import FaceSearch
from core.gallery.records import IdentityChange, NewPhoto
from core.gallery.search import SearchMatrix
from core.gallery.store import Gallery
from core.gallery.tables import EmbeddingRow, PhotoRow
from tests import databases
from tests.gallery.material import ACTOR, ENGINE, add, create, entry, new_photo, swap, unit

BIG = 64
Search = Callable[[Gallery, str], FaceSearch]


@pytest.fixture
def crowd(url: str, gallery: Gallery) -> Gallery:
    """Nine people with one to three photos each."""
    for i in range(9):
        create(gallery, f"n{i}", 10 * i, name=f"N{i}")
        for extra in range(i % 3):
            add(gallery, 10 * i + 1 + extra, f"n{i}")
    return gallery


def registered(gallery: Gallery) -> list[tuple[str, str, np.ndarray]]:
    """Whose, which photo, its embedding: of all current photos, straight from the tables."""
    query = (
        select(PhotoRow.identity_id, PhotoRow.id, EmbeddingRow.vector)
        .join(EmbeddingRow, EmbeddingRow.photo_id == PhotoRow.id)
        .where(PhotoRow.state == "current")
    )
    with gallery.database.read() as session:
        rows = session.execute(query).all()
    return [
        (person, photo, np.frombuffer(vector, "<f4").astype(float))
        for person, photo, vector in rows
    ]


def brute_force(gallery: Gallery, query: np.ndarray, excluded: str | None) -> list[tuple]:
    best: dict[str, tuple] = {}
    for person, photo, vector in registered(gallery):
        if person != excluded:
            cosine = float(vector @ query / np.linalg.norm(vector) / np.linalg.norm(query))
            best[person] = max(best.get(person, (-2.0,)), (cosine, person, photo))
    return sorted(best.values(), reverse=True)


def check(matrix: FaceSearch, gallery: Gallery, seed: int, excluded: str | None = None) -> None:
    query = unit(seed)
    expected = brute_force(gallery, query.astype(float), excluded)[:4]
    found = matrix.nearest(query, 4, excluded)
    assert [(m.identity_id, m.photo_id) for m in found] == [e[1:] for e in expected]
    assert [m.cosine for m in found] == pytest.approx([e[0] for e in expected], abs=1e-6)
    assert all(m.identity_name == m.identity_id.upper() for m in found)


def test_it_agrees_with_brute_force(crowd: Gallery, search: Search) -> None:
    matrix = search(crowd, ENGINE)
    assert len(matrix) == 18
    for seed in range(20):
        check(matrix, crowd, seed)
        check(matrix, crowd, seed, "n2")
    assert matrix.nearest(unit(70) * 3, 1)[0].cosine == pytest.approx(1.0)
    assert len(matrix.nearest(unit(1), 100)) == 9


def test_it_follows_every_change_of_another_gallery(
    crowd: Gallery, url: str, search: Search
) -> None:
    with Gallery.open(url, 50, 3) as other:
        matrix = search(other, ENGINE)
        check(matrix, crowd, 500)
        loaded = matrix._rows if isinstance(matrix, SearchMatrix) else None
        receipt = swap(crowd, crowd.identity("n4").photos[0].id, 500, "n4")
        check(matrix, crowd, 500)
        assert matrix.nearest(unit(500), 1)[0].photo_id == receipt.new.id
        crowd.restore(receipt.old.id, entry("restore"))
        crowd.delete_photo("n5", crowd.identity("n5").photos[1].id, entry("delete_photo"))
        crowd.delete_identities(["n8", "n0"], ACTOR)
        create(crowd, "n11", 501, name="N11")
        for seed in (500, 501, 80, 0):
            check(matrix, crowd, seed)
        if isinstance(matrix, SearchMatrix):
            assert matrix._rows is loaded, "caught up, not loaded anew"
        assert len(matrix) == 14


def test_other_engines_are_counted_and_never_compared(crowd: Gallery, search: Search) -> None:
    matrix = search(crowd, ENGINE)
    newer = search(crowd, "toy-2")
    assert (len(matrix), matrix.stale, len(newer), newer.stale) == (18, 0, 0, 18)
    assert newer.nearest(unit(1), 3) == ()
    stale = crowd.stale_photos("toy-2", 5)
    assert len(stale) == 5
    for photo_id in stale:
        crowd.reembed(photo_id, unit(7, BIG), "toy-2")
        assert crowd.photo(photo_id).engine_id == "toy-2"
    assert (crowd.count(), crowd.count_photos()) == (9, 18)
    assert crowd.engine_counts() == {"toy-1": 13, "toy-2": 5}
    assert (len(matrix), matrix.stale, len(newer), newer.stale) == (13, 5, 5, 13)
    assert not set(stale) & set(crowd.stale_photos("toy-2", 50))
    assert newer.nearest(unit(7, BIG), 1)[0].cosine == pytest.approx(1.0)


def test_equal_cosines_come_in_one_order(gallery: Gallery, search: Search) -> None:
    def twin(seed: int) -> NewPhoto:
        return new_photo(seed, vector=unit(1))

    for i in range(12):
        gallery.create_identity(f"n{i}", IdentityChange(name=f"N{i}"), twin(i), entry("create"))
    by_photo = sorted((gallery.identity(f"n{i}").photos[0].id, f"n{i}") for i in range(12))
    found = search(gallery, ENGINE).nearest(unit(1), 5)
    assert [(m.photo_id, m.identity_id) for m in found] == by_photo[:5]


@pytest.mark.parametrize("query", [unit(1, 8), np.zeros(16), np.full(16, np.nan)])
def test_a_query_that_cannot_be_compared_is_refused(
    crowd: Gallery, query: np.ndarray, search: Search
) -> None:
    with pytest.raises(BadFeature):
        search(crowd, ENGINE).nearest(query.astype(np.float32), 3)


def test_many_photos_of_few_people(url: str, search: Search) -> None:
    with Gallery.open(url, 10, 100) as gallery:
        near = unit(3)
        for i in range(3):
            create(gallery, f"n{i}", i, name=f"N{i}")
        for seed in range(36):  # more than a search looks at first
            photo = new_photo(seed, vector=near + 0.01 * unit(seed))
            gallery.add_photo("n0", photo, None, entry("add_photo"))
        found = search(gallery, ENGINE).nearest(near, 3)
        assert found[0].identity_id == "n0"
        assert {m.identity_id for m in found} == {"n0", "n1", "n2"}


def test_an_embedding_without_direction_is_left_out(crowd: Gallery, search: Search) -> None:
    """Written by somebody else: no check of ours lets it in."""
    with crowd.database.write() as session:
        for person, value in (("n3", np.nan), ("n6", 0.0)):
            photo_id = crowd.identity(person).photos[0].id
            spoilt = np.full(16, value, "<f4").tobytes()
            stored = update(EmbeddingRow).where(EmbeddingRow.photo_id == photo_id)
            session.execute(stored.values(vector=spoilt))
    matrix = search(crowd, ENGINE)
    assert (len(matrix), matrix.stale) == (16, 2)
    assert {m.identity_id for m in matrix.nearest(unit(30), 9)} == {f"n{i}" for i in range(9)} - {
        "n3", "n6",
    }  # fmt: skip


def test_a_gallery_that_lost_its_last_changes_is_loaded_anew(
    place: Path, tmp_path: Path, kind: str
) -> None:
    """As after a fail-over to a standby that lagged: other changes bear the same numbers."""
    with Gallery.open(databases.url_of(place), 20, 3) as gallery:
        create(gallery, "old", 1)
    standby = databases.copy(place, tmp_path / f"standby.{databases.SUFFIXES[kind]}")
    with Gallery.open(databases.url_of(place), 20, 3) as gallery:
        matrix = SearchMatrix(gallery, ENGINE)
        create(gallery, "lost", 2)
        assert matrix.nearest(unit(2), 1)[0].identity_id == "lost"
        with Gallery.open(databases.url_of(standby), 20, 3) as other:
            create(other, "new", 3)
            assert other.counter() == gallery.counter()
            matrix._gallery = other
            assert len(matrix) == 2
            assert {m.identity_id for m in matrix.nearest(unit(3), 5)} == {"old", "new"}
