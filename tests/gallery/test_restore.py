from __future__ import annotations

import pytest

from core.errors import NotFound, ParameterError, VersionConflict
from core.gallery.store import Gallery
from tests.gallery.material import add, create, entry, new_photo, swap, verified


def test_a_superseded_photo_comes_back_under_new_ids(gallery: Gallery) -> None:
    first = create(gallery).new
    other = add(gallery, 9).new
    second = swap(gallery, first.id, 2).new
    third = swap(gallery, second.id, 3).new
    receipt = gallery.restore(first.id, entry("restore"), expected_version=4)
    back = receipt.new
    assert verified(gallery) == [back.id, other.id]
    assert receipt.old.id == third.id
    assert not {back.id, back.face_id} & {first.id, first.face_id}
    assert gallery.photo_jpeg(back.id) == new_photo(1).jpeg
    assert (back.sha256, back.fiqa, back.engine_id) == (first.sha256, first.fiqa, first.engine_id)
    assert gallery.photo(first.id).state == "superseded"
    row = gallery.audit_rows(1)[0].entry
    assert (row.action, row.old_photo_id, row.new_photo_id) == ("restore", third.id, back.id)
    assert row.facts == {"cosine": 0.5, "restored_from": first.id}


def test_undo_and_redo(gallery: Gallery) -> None:
    first = create(gallery).new
    assert gallery.last_replacement("p") is None
    second = swap(gallery, first.id, 2).new
    old, current = gallery.last_replacement("p")
    assert (old.id, current.id) == (first.id, second.id)
    undone = gallery.restore(old.id, entry("restore")).new
    old, current = gallery.last_replacement("p")
    assert (old.id, current.id) == (second.id, undone.id)
    redone = gallery.restore(old.id, entry("restore")).new
    assert redone.sha256 == second.sha256
    assert verified(gallery) == [redone.id]


def test_what_cannot_come_back(gallery: Gallery) -> None:
    first = create(gallery).new
    add(gallery, 9)
    with pytest.raises(ParameterError):
        gallery.restore(first.id, entry("restore"))
    with pytest.raises(NotFound):
        gallery.restore("unknown", entry("restore"))
    second = swap(gallery, first.id, 2).new
    with pytest.raises(VersionConflict):
        gallery.restore(first.id, entry("restore"), expected_version=1)
    gallery.delete_photo("p", second.id, entry("delete_photo"))
    with pytest.raises(ParameterError):
        gallery.restore(first.id, entry("restore"))
    assert gallery.last_replacement("p") is None
    with pytest.raises(NotFound) as caught:
        swap(gallery, first.id, 3)
    assert not caught.value.details
