"""From the first version: the audit's chain is checked, sealed anew, and goes on."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine

from core.gallery import migrations
from core.gallery.records import Actor
from core.gallery.store import Gallery
from tests.gallery.material import ACTOR, create, swap

AT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=timezone.utc)


def first_version(file: Path, rows: int) -> str:
    """A gallery of the first version with so many audit rows; returns the chain's head."""
    file.unlink(missing_ok=True)
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        command.upgrade(migrations.config(connection), "0001")
    engine.dispose()
    previous = ""
    with closing(sqlite3.connect(file)) as connection, connection:
        for number in range(1, rows + 1):
            row = {
                "id": number,
                "at": AT.isoformat(timespec="microseconds"),
                "action": "replace",
                "outcome": 40006,
                "identity_id": "WHO",
                "old_photo_id": "a",
                "new_photo_id": "b",
                "level": "high",
                "reason": "为什么",
                "facts": {"cosine": 0.25, "failed": ["x"]},
                "operator": "ann",
                "source": "page",
                "request_id": "r",
            }
            text = previous + json.dumps(row, sort_keys=True, separators=(",", ":"))
            row.update(prev_hash=previous, hash=hashlib.sha256(text.encode()).hexdigest())
            previous = row["hash"]
            stored = {**row, "facts": json.dumps(row["facts"]), "at": f"{AT:%Y-%m-%d %H:%M:%S.%f}"}
            names, marks = ", ".join(stored), ", ".join(f":{name}" for name in stored)
            connection.execute(f"INSERT INTO audit ({names}) VALUES ({marks})", stored)
        connection.execute("UPDATE gallery_change SET audit_id = ?, audit_hash = ?",
                           (rows, previous))  # fmt: skip
    return previous


def test_a_good_chain_goes_on_and_its_old_head_is_kept(file: Path, url: str) -> None:
    head = first_version(file, 3)
    with Gallery.open(url, 5, 3) as gallery:
        assert gallery.verify_chain() is None
        newest, *older = gallery.audit_rows(9)
        assert newest.entry.action == "reseal"
        assert newest.entry.facts == {"old_id": 3, "old_hash": head, "first_bad": None}
        assert [row.entry.reason for row in older] == ["为什么"] * 3
        assert older[0].at == AT
        create(gallery)
        assert gallery.erase("WHO", ACTOR).audit_rows == 3
        assert gallery.verify_chain() is None


@pytest.mark.parametrize(
    ("sql", "bad"),
    [
        ("UPDATE audit SET operator = 'eve' WHERE id = 2", 2),
        ("DELETE FROM audit WHERE id = 1", 1),
        ("DELETE FROM audit WHERE id = 3", 3),
    ],
)
def test_a_bad_chain_does_not_become_good(file: Path, url: str, sql: str, bad: int) -> None:
    first_version(file, 3)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(sql)
    with Gallery.open(url, 5, 3) as gallery:
        assert gallery.verify_chain() == bad
        create(gallery)
        assert gallery.verify_chain() == bad


def test_rows_from_before_there_were_addresses_still_hold(
    gallery: Gallery, file: Path, url: str
) -> None:
    old = create(gallery, actor=Actor("ann", "page")).new
    gallery.close()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("ALTER TABLE audit DROP COLUMN address")
        connection.execute("UPDATE alembic_version SET version_num = '0004'")
    with Gallery.open(url, 5, 3) as again:
        assert again.verify_chain() is None
        swap(again, old.id, 2)
        newest, first = again.audit_rows(2)
        assert (newest.entry.actor.address, first.entry.actor.address) == ("192.0.2.7", "")
        assert again.verify_chain() is None


def test_an_empty_chain_gets_no_row(file: Path, url: str) -> None:
    first_version(file, 0)
    with Gallery.open(url, 5, 3) as gallery:
        assert gallery.audit_rows(9) == ()
        assert gallery.verify_chain() is None
