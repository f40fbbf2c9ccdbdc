from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from core.errors import BadFeature, FaceDeskError, NotFound, PermissionNotFound, VersionConflict
from core.gallery.records import IdentityChange
from core.gallery.store import SEAMS, Gallery
from tests.databases import dump
from tests.gallery.material import ACTOR, add, create, entry, new_photo, swap, unit, verified


def test_the_new_pair_stands_where_the_old_stood(gallery: Gallery) -> None:
    ids = [create(gallery).new, add(gallery, 2).new, add(gallery, 3).new]
    before = gallery.identity("p")
    receipt = swap(gallery, ids[1].id, 4)
    after = receipt.identity
    assert after == gallery.identity("p")
    assert verified(gallery) == [ids[0].id, receipt.new.id, ids[2].id]
    assert [photo.face_id for photo in after.photos] == [
        ids[0].face_id,
        receipt.new.face_id,
        ids[2].face_id,
    ]
    assert after.version == before.version + 1
    assert (after.name, after.ext_info, after.groups) == (before.name, {}, ())
    assert receipt.new.id not in {photo.id for photo in before.photos}


def test_the_old_one_is_kept_and_says_what_came(gallery: Gallery) -> None:
    old = create(gallery).new
    receipt = swap(gallery, old.id, 2)
    kept = gallery.photo(old.id)
    assert kept == receipt.old
    assert (kept.state, kept.position, kept.replaced_by) == ("superseded", None, receipt.new.id)
    assert kept.superseded_at == receipt.new.created_at == receipt.identity.updated_at
    assert gallery.photo_jpeg(old.id) == new_photo(1).jpeg
    row = gallery.audit_rows(1)[0]
    assert (row.id, row.at) == (receipt.audit_id, receipt.new.created_at)
    assert (row.entry.old_photo_id, row.entry.new_photo_id) == (old.id, receipt.new.id)
    assert (row.entry.identity_id, row.entry.actor, row.entry.outcome) == ("p", ACTOR, 0)


def test_data_changes_in_the_same_transaction(gallery: Gallery) -> None:
    group = gallery.create_group("north", ACTOR)
    old = create(gallery, name="before").new
    change = IdentityChange(name="after", permission_ids=(group.id,), ext_info={"k": "v"})
    identity = swap(gallery, old.id, 2, change=change, expected_version=1).identity
    assert (identity.name, identity.groups, identity.ext_info) == ("after", (group,), {"k": "v"})


def test_refused_replacements_change_nothing(gallery: Gallery, place: Path) -> None:
    mine, theirs = create(gallery).new, create(gallery, "q", 2).new
    was = swap(gallery, mine.id, 3).old
    group = IdentityChange(permission_ids=("none",))
    current = gallery.identity("p").photos[0].id
    before, counter = dump(place, audit=False), gallery.counter()
    refused: list[tuple[type[FaceDeskError], str, str, dict[str, object]]] = [
        (NotFound, "p", theirs.id, {}),
        (NotFound, "p", "unknown", {}),
        (NotFound, "q", was.id, {}),
        (NotFound, "nobody", current, {}),
        (NotFound, "p", was.id, {}),
        (VersionConflict, "p", current, {"expected_version": 1}),
        (VersionConflict, "p", was.id, {"expected_version": 1}),
        (PermissionNotFound, "p", current, {"change": group}),
    ]
    texts = []
    for error, identity_id, photo_id, other in refused:
        with pytest.raises(error) as caught:
            swap(gallery, photo_id, 9, identity_id, **other)
        texts.append((caught.value.message, caught.value.details))
    assert dump(place, audit=False) == before
    assert gallery.counter() == counter
    noted = [row.entry for row in reversed(gallery.audit_rows(len(refused)))]
    assert [row.outcome for row in noted] == [error.code for error, *_ in refused]
    assert [row.facts["message"] for row in noted] == [text for text, _ in texts]
    assert {row.actor for row in noted} == {ACTOR}
    assert texts[0] == texts[1] == texts[2] == texts[3] == (NotFound.sentence, {})
    successor = gallery.identity("p").photos[0]
    assert successor.id in texts[4][0]
    assert texts[4][1] == {"replaced_by": successor.id, "face_id": successor.face_id}
    assert texts[5][1] == {"current_version": 2}


def test_a_replaced_photo_names_its_latest_successor(gallery: Gallery) -> None:
    first = create(gallery).new
    second = swap(gallery, first.id, 2).new
    third = swap(gallery, second.id, 3).new
    for ids in ((first.id, None), (None, first.face_id), (first.id, third.face_id)):
        with pytest.raises(NotFound) as caught:
            gallery.explain_missing("p", *ids)
        assert caught.value.details["replaced_by"] == third.id
    gallery.explain_missing("q", first.id)
    gallery.explain_missing("p", "unknown")


@pytest.mark.parametrize(
    "vector",
    [
        np.full(16, np.nan, np.float32),
        np.full(16, np.inf, np.float32),
        np.zeros(16, np.float32),
        np.zeros((2, 8), np.float32),
        np.zeros(0, np.float32),
    ],
)
def test_no_vector_without_a_direction_is_stored(gallery: Gallery, vector: np.ndarray) -> None:
    old = create(gallery).new
    bad = new_photo(2, vector=vector)
    with pytest.raises(BadFeature):
        gallery.replace("p", old.id, bad, IdentityChange(), None, entry("replace"))
    with pytest.raises(BadFeature):
        gallery.reembed(old.id, vector, "other")
    assert verified(gallery) == [old.id]


@pytest.mark.parametrize("step", SEAMS[:-1])
def test_a_fault_at_any_step_leaves_the_old_state(url: str, place: Path, step: str) -> None:
    broken: list[str] = []

    def break_at(reached: str) -> None:
        if broken and reached == step:
            raise MemoryError(reached)

    with Gallery.open(url, 10, 3, seam=break_at) as gallery:
        old = create(gallery).new
        before = dump(place)
        broken.append(step)
        with pytest.raises(MemoryError):
            swap(gallery, old.id, 2, change=IdentityChange(name="never"))
        assert dump(place) == before
        broken.clear()
        assert verified(gallery) == [old.id]
        assert verified(gallery) != [swap(gallery, old.id, 3).new.id]


def test_steps_come_in_their_order(url: str) -> None:
    seen: list[str] = []
    with Gallery.open(url, 10, 3, seam=seen.append) as gallery:
        old = create(gallery).new
        seen.clear()
        swap(gallery, old.id, 2)
    assert tuple(seen) == SEAMS


@pytest.mark.parametrize("version", [1, None])
def test_of_two_writers_one_wins(url: str, gallery: Gallery, version: int | None) -> None:
    old = create(gallery).new
    start = Barrier(2)

    def write(seed: int) -> object:
        with Gallery.open(url, 10, 3) as own:
            start.wait()
            try:
                return swap(own, old.id, seed, expected_version=version).new.id
            except FaceDeskError as error:
                return error

    with ThreadPoolExecutor(2) as pool:
        won, lost = sorted(pool.map(write, (2, 3)), key=lambda r: isinstance(r, Exception))
    assert verified(gallery) == [won]
    assert isinstance(lost, VersionConflict if version else NotFound)
    if version is None:
        assert lost.details["replaced_by"] == won
    assert [row.entry.outcome for row in gallery.audit_rows(10)] == [lost.code, 0, 0]


def test_many_threads_share_one_gallery(gallery: Gallery) -> None:
    for i in range(4):
        create(gallery, f"n{i}", i)

    def work(i: int) -> None:
        for seed in range(5):
            swap(gallery, gallery.identity(f"n{i}").photos[0].id, 10 * i + seed, f"n{i}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    for i in range(4):
        assert len(verified(gallery, f"n{i}")) == 1
        assert gallery.identity(f"n{i}").version == 6
    assert np.array_equal(gallery.embedding(gallery.identity("n3").photos[0].id)[0], unit(34))
