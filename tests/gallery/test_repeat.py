from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from core.errors import RequestIdReused
from core.gallery.records import IdentityChange, Receipt
from core.gallery.repeat import AlreadyAnswered, Repeat
from core.gallery.store import Gallery
from tests.gallery.material import ACTOR, create, entry, new_photo, swap, traces, verified


def answer(receipt: Receipt) -> str:
    return json.dumps({"new": receipt.new.id, "audit_id": receipt.audit_id})


def test_a_repeat_gets_the_first_answer_and_changes_nothing(gallery: Gallery) -> None:
    old = create(gallery).new
    assert gallery.answered("r", "same") is None
    receipt = swap(gallery, old.id, 2, repeat=Repeat("r", "same", answer))
    counter = gallery.counter()
    assert gallery.answered("r", "same") == answer(receipt)
    with pytest.raises(AlreadyAnswered) as caught:
        swap(gallery, old.id, 2, repeat=Repeat("r", "same", answer))
    assert caught.value.answer == answer(receipt)
    with pytest.raises(RequestIdReused):
        swap(gallery, receipt.new.id, 3, repeat=Repeat("r", "other", answer))
    with pytest.raises(RequestIdReused):
        gallery.answered("r", "other")
    assert verified(gallery) == [receipt.new.id]
    assert gallery.counter() == counter
    assert [row.entry.outcome for row in gallery.audit_rows(10)] == [40905, 0, 0]


def test_creating_and_adding_repeat_too(gallery: Gallery) -> None:
    repeats = [Repeat("c", "1", answer), Repeat("a", "2", answer)]
    for _ in range(2):
        try:
            gallery.create_identity(
                "p", IdentityChange(), new_photo(1), entry("create"), repeat=repeats[0]
            )
            gallery.add_photo("p", new_photo(2), None, entry("add_photo"), repeat=repeats[1])
        except AlreadyAnswered:
            with pytest.raises(AlreadyAnswered):
                gallery.add_photo("p", new_photo(2), None, entry("add_photo"), repeat=repeats[1])
    assert len(verified(gallery)) == 2


def test_a_failed_answer_leaves_no_change(gallery: Gallery) -> None:
    old = create(gallery).new

    def fail(receipt: Receipt) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        swap(gallery, old.id, 2, repeat=Repeat("r", "same", fail))
    assert verified(gallery) == [old.id]
    assert gallery.answered("r", "same") is None


def test_concurrent_repeats_make_one_change(gallery: Gallery) -> None:
    old = create(gallery).new

    def send(_: int) -> tuple[str, bool]:
        try:
            return answer(swap(gallery, old.id, 2, repeat=Repeat("r", "same", answer))), True
        except AlreadyAnswered as done:
            return done.answer, False

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(8)))
    assert len({text for text, _ in answers}) == 1
    assert sum(changed for _, changed in answers) == 1
    assert gallery.identity("p").version == 2


def test_answers_go_when_their_time_is_over(gallery: Gallery) -> None:
    swap(gallery, create(gallery).new.id, 2, repeat=Repeat("r", "same", answer))
    now = datetime.now(timezone.utc)
    list(gallery.purge(now - timedelta(days=1), ACTOR))
    assert gallery.answered("r", "same") is not None
    count = len(gallery.audit_rows(99))
    list(gallery.purge(now + timedelta(seconds=5), ACTOR))
    assert gallery.answered("r", "same") is None
    newest, *_ = gallery.audit_rows(99)
    assert newest.entry.action == "purge" and newest.entry.facts["answers"] == 1
    list(gallery.purge(now + timedelta(seconds=5), ACTOR))
    assert len(gallery.audit_rows(99)) == count + 2, "the photo, the answer, and then no more"
    assert gallery.verify_chain() is None


def test_an_erased_person_leaves_no_answer(gallery: Gallery, file: Path) -> None:
    swap(gallery, create(gallery).new.id, 2, repeat=Repeat("r-mark", "same", answer))
    assert traces(file, b"r-mark")
    gallery.erase("p", ACTOR)
    assert gallery.answered("r-mark", "same") is None
    assert not traces(file, b"r-mark")


def test_a_deleted_person_leaves_no_answer(gallery: Gallery) -> None:
    swap(gallery, create(gallery).new.id, 2, repeat=Repeat("r", "same", answer))
    gallery.delete_identities(["p"], ACTOR)
    assert gallery.answered("r", "same") is None
