from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from core.errors import NotFound
from core.gallery.mentions import Mentions
from core.gallery.records import AuditEntry
from core.gallery.repeat import Repeat
from core.gallery.search import SearchMatrix
from core.gallery.store import Gallery
from core.gallery.tables import IdentityRow
from tests.gallery.material import (
    ACTOR,
    ENGINE,
    add,
    create,
    entry,
    marks_of,
    new_photo,
    swap,
    traces,
    unit,
    verified,
)

HERE = Path(__file__).resolve().parent
ID, NAME = "WHO-7731-ABC", "陈静 Unmistakable"
OTHERS_ANSWER = json.dumps({"nearest": {"identity_id": ID, "identity_name": NAME}})
SPELLINGS = (
    ID.encode(),
    NAME.encode(),
    b"Unmistakable",
    json.dumps(NAME).encode(),
    b"Secret Text",
    b"Secret Note",
    b"Own Answer",
)


def live_a_life(gallery: Gallery) -> list[bytes]:
    """A person with photos, a history, and mentions in others' rows; returns what to look for."""
    fields = {"name": NAME, "description": "Secret Text", "ext_info": {"note": "Secret Note"}}
    first = create(gallery, ID, 11, **fields).new
    own = Repeat("r-own", "c", lambda _: json.dumps({"Own Answer": ID}))
    swap(gallery, first.id, 12, ID, repeat=own)
    add(gallery, 13, ID)
    other = create(gallery, "other", 21).new
    mention = AuditEntry("replace", 40903, "other", facts={"nearest_identity": ID, "cosine": 0.7})
    gallery.record(mention)
    gallery.record(AuditEntry("replace", 40902, "other", reason=f"looks like {NAME}, {ID}!"))
    gallery.record(AuditEntry("replace", 40401, ID, reason="no such photo"))
    swap(gallery, other.id, 22, "other", repeat=Repeat("r-2", "c", lambda _: OTHERS_ANSWER))
    return [*SPELLINGS, *marks_of(11, 12, 13)]


def test_erasing_leaves_no_byte_and_an_unbroken_chain(gallery: Gallery, file: Path) -> None:
    marks = live_a_life(gallery)
    everywhere = set(marks) - {json.dumps(NAME).encode()}  # as a whole value: in no row
    assert everywhere <= traces(file, *marks)
    done = gallery.erase(ID, ACTOR)
    assert done.wiped
    assert (done.photos, done.audit_rows) == (3, 6)
    assert not traces(file, *marks)
    assert gallery.verify_chain() is None
    assert not gallery.has_identity(ID)
    assert verified(gallery, "other")
    assert gallery.audit_rows(99, ID) == ()
    assert [row.entry.action for row in gallery.audit_rows(99, done.pseudonym)] == ["erase"]
    assert gallery.answered("r-2", "c") == OTHERS_ANSWER.replace(ID, "erased").replace(
        json.dumps(NAME)[1:-1], "erased"
    )
    assert gallery.answered("r-own", "c") is None
    gallery.close()
    assert not traces(file, *marks)


def test_others_rows_keep_everything_else(gallery: Gallery) -> None:
    live_a_life(gallery)
    gallery.erase(ID, ACTOR)
    rows = [row.entry for row in gallery.audit_rows(99, "other")]
    assert rows[2].facts == {"nearest_identity": "erased", "cosine": 0.7}
    assert rows[1].reason == "looks like erased, erased!"
    blanked = [row.entry for row in gallery.audit_rows(99) if not row.entry.identity_id]
    assert [row.action for row in blanked] == ["replace", "add_photo", "replace", "create"]
    assert all(row.facts == {} and not row.reason and not row.new_photo_id for row in blanked)
    assert blanked[-1].actor.operator == "ann", "who did it stays"


def test_two_people_in_one_row_are_erased_one_after_the_other(gallery: Gallery) -> None:
    live_a_life(gallery)
    gallery.erase(ID, ACTOR)
    gallery.erase("other", ACTOR)
    assert gallery.verify_chain() is None
    assert gallery.count() == 0


def test_a_person_who_was_deleted_before_can_still_be_erased(gallery: Gallery, file: Path) -> None:
    live_a_life(gallery)
    gallery.delete_identities([ID], ACTOR)
    assert traces(file, ID.encode())
    assert gallery.erase(ID, ACTOR).photos == 0
    assert not traces(file, ID.encode())
    assert gallery.verify_chain() is None


def test_nobody_is_not_erased(gallery: Gallery) -> None:
    create(gallery)
    with pytest.raises(NotFound):
        gallery.erase("nobody", ACTOR)
    assert len(gallery.audit_rows(9)) == 1


def test_a_refused_erasure_is_a_row_like_any_other(gallery: Gallery, file: Path) -> None:
    live_a_life(gallery)
    gallery.record(AuditEntry("erase", 40300, ID, reason="not allowed"))
    gallery.erase(ID, ACTOR)
    assert gallery.verify_chain() is None
    assert not traces(file, ID.encode())


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit SET reason = 'put back' WHERE id = 1",
        "UPDATE audit SET identity_id = 'WHO-7731-ABC' WHERE id = 1",
        "UPDATE audit SET facts = '{}' WHERE action = 'erase'",
        "UPDATE audit SET facts = 'no json' WHERE action = 'erase'",
        "UPDATE audit SET facts = '[]' WHERE action = 'erase'",
        "UPDATE audit SET reason = '', facts = '{}', identity_id = '' WHERE id = 5",
    ],
)
def test_an_erased_chain_cannot_be_touched(gallery: Gallery, file: Path, sql: str) -> None:
    live_a_life(gallery)
    gallery.erase(ID, ACTOR)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(sql)
    assert gallery.verify_chain() is not None


def test_the_search_forgets_in_every_process(gallery: Gallery, url: str) -> None:
    live_a_life(gallery)
    matrix = SearchMatrix(gallery, ENGINE)
    assert matrix.nearest(unit(12), 1)[0].identity_id == ID
    code = (
        "import sys\nfrom core.gallery.store import Gallery\n"
        "from core.gallery.records import Actor\n"
        f"Gallery.open(sys.argv[1], 20, 3).erase({ID!r}, Actor())"
    )
    subprocess.run([sys.executable, "-c", code, url], check=True, cwd=HERE.parents[1], timeout=60)
    assert {match.identity_id for match in matrix.nearest(unit(12), 9)} == {"other"}
    assert not matrix._rows._matrix[1:3].any(), "the two rows are overwritten, not only left out"


def test_a_reader_delays_the_wiping_and_not_the_erasing(gallery: Gallery, file: Path) -> None:
    marks = live_a_life(gallery)
    with Gallery.open(f"sqlite:///{file}?timeout=0.05", 20, 3) as hasty:
        with gallery.database.read() as session:
            session.execute(select(IdentityRow)).all()
            assert not hasty.erase(ID, ACTOR).wiped
            assert traces(file, *marks)
        assert hasty.finish_erasing()
        assert not traces(file, *marks)


def test_many_people_leave_nothing_behind_in_split_pages(gallery: Gallery, file: Path) -> None:
    ids = [f"MARK{number:03d}{'xyz'[number % 3] * (number % 17)}" for number in range(0, 997, 50)]
    for number, identity_id in enumerate(ids):
        text = f"EXT-{identity_id}-" * 40
        create(gallery, identity_id, number, name=f"NAME-{identity_id}", ext_info={"x": text})
    gone = ids[::2]
    for identity_id in gone:
        gallery.erase(identity_id, ACTOR)
    marks = [f"{kind}{i}".encode() for i in gone for kind in ("NAME-", "EXT-", "")]
    assert not traces(file, *marks, *marks_of(*range(0, len(ids), 2)))
    assert gallery.count() == len(ids) - len(gone)
    assert gallery.verify_chain() is None


@pytest.mark.parametrize(
    ("words", "text", "blanked"),
    [
        (["12"], "in 2012, number 12.", "in 2012, number erased."),
        (["Li"], "Limit of Li", "Limit of erased"),
        (["陈静"], "这是陈静的照片", "这是erased的照片"),
        (["a.b"], "a.b axb", "erased axb"),
        (["001", "001-Ann"], "001-Ann", "erased"),
    ],
)
def test_mentions_are_whole_words(words: list[str], text: str, blanked: str) -> None:
    assert Mentions(words).blank({text: [text, 1, None]}) == {blanked: [blanked, 1, None]}


def test_what_is_erased_may_come_again(gallery: Gallery) -> None:
    old = create(gallery, ID, 1).new
    gallery.erase(ID, ACTOR)
    again = create(gallery, ID, 1).new
    assert again.id != old.id
    assert new_photo(1).jpeg == gallery.photo_jpeg(again.id)
    gallery.record(entry("replace"))
    assert gallery.verify_chain() is None
