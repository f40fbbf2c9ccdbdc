from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.gallery.records import AuditEntry
from core.gallery.store import Gallery
from tests.gallery.material import ACTOR, create, entry, swap


def test_refusals_are_noted_and_listed_newest_first(gallery: Gallery) -> None:
    create(gallery)
    refusal = AuditEntry(
        "replace", 40006, "p", level="high", facts={"failed": ("headpose",), 7: float("nan")}
    )
    number = gallery.record(refusal)
    gallery.record(AuditEntry("replace", 40401, "someone", actor=ACTOR))
    rows = gallery.audit_rows(10)
    assert [row.id for row in rows] == [3, 2, 1]
    assert [row.entry.outcome for row in rows] == [40401, 40006, 0]
    assert rows[1].entry.facts == {"failed": ["headpose"], "7": None}
    assert rows[0].at.tzinfo is not None
    assert [row.id for row in gallery.audit_rows(10, "p")] == [2, 1]
    assert [row.id for row in gallery.audit_rows(1, before_id=number)] == [1]
    assert gallery.verify_chain() is None


@pytest.mark.parametrize(
    ("sql", "bad"),
    [
        ("UPDATE audit SET operator = 'eve' WHERE id = 2", 2),
        ("UPDATE audit SET facts = '{\"cosine\": 0.9}' WHERE id = 3", 3),
        ("UPDATE audit SET facts = 'no json' WHERE id = 3", 3),
        ("UPDATE audit SET at = '2001-01-01 00:00:00.000000' WHERE id = 1", 1),
        ("UPDATE audit SET at = 'never' WHERE id = 4", 4),
        ("UPDATE audit SET address = '203.0.113.9' WHERE id = 2", 2),
        ("UPDATE audit SET address = '' WHERE id = 3", 3),
        ("UPDATE audit SET hash = 'x' WHERE id = 5", 5),
        ("DELETE FROM audit WHERE id = 1", 1),
        ("DELETE FROM audit WHERE id = 3", 3),
        ("DELETE FROM audit WHERE id = 5", 5),
        ("DELETE FROM audit", 1),
        (
            "UPDATE audit SET id = -2 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 3;"
            "UPDATE audit SET id = 3 WHERE id = -2",
            2,
        ),
        ("INSERT INTO audit SELECT 6, at, action, outcome, identity_id, old_photo_id,"
         " new_photo_id, level, reason, facts, operator, source, request_id, hash, hash, salt,"
         " content_sha256, address"
         " FROM audit WHERE id = 5", 6),
    ],
)  # fmt: skip
def test_a_touched_chain_is_found(gallery: Gallery, file: Path, sql: str, bad: int) -> None:
    old = create(gallery).new
    for seed in range(2, 6):
        old = swap(gallery, old.id, seed).new
    assert gallery.verify_chain() is None
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(sql)
    assert gallery.verify_chain() == bad


def test_an_empty_chain_is_whole(gallery: Gallery) -> None:
    assert gallery.verify_chain() is None
    assert gallery.audit_rows(5) == ()
    assert gallery.record(entry("replace")) == 1
