"""Every rule of verify: a healthy gallery has no fault, each kind of damage is named."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import create_engine, event

from core.gallery import migrations
from core.gallery.store import Gallery
from tests.gallery.material import ACTOR, add, create, entry, new_photo, swap


def looks_right(data: bytes) -> bool:
    return data[:5] in (b"jpeg-", b"crop-", b"thumb")


def checks(gallery: Gallery) -> list[str]:
    return sorted({fault.check for fault in gallery.faults(looks_right)})


def a_full_life(gallery: Gallery) -> dict[str, str]:
    """Two people with a history of every kind; ids by name."""
    first = create(gallery, "p", 1).new
    second = swap(gallery, first.id, 2).new
    other = add(gallery, 3).new
    gallery.restore(first.id, entry("restore"))
    third = add(gallery, 4).new
    gallery.delete_photo("p", other.id, entry("delete_photo"))
    q = create(gallery, "q", 5).new
    create(gallery, "r", 6)
    gallery.delete_identities(["r"], entry("x").actor)
    return {"first": first.id, "second": second.id, "third": third.id, "q": q.id, "gone": other.id}


def test_a_healthy_gallery_has_no_fault(gallery: Gallery) -> None:
    assert not list(gallery.faults(looks_right))
    a_full_life(gallery)
    assert not list(gallery.faults(looks_right))


NAN = np.full(16, np.nan, "<f4").tobytes().hex()
LONG = np.full(16, 1.0, "<f4").tobytes().hex()
DAMAGE = [
    ("UPDATE photo_file SET jpeg = x'6a7065672d' WHERE photo_id = :q", ["bytes"]),
    ("UPDATE photo_file SET jpeg = jpeg || x'00' WHERE photo_id = :q", ["database"]),
    ("UPDATE identity SET ext_info = 'no json' WHERE identity_id = 'q'", ["database"]),
    ("UPDATE registered_photo SET stored_sha256 = '' WHERE id = :q", ["bytes"]),
    ("DELETE FROM photo_file WHERE photo_id = :q", ["bytes"]),
    ("UPDATE photo_file SET crop_jpeg = x'00' WHERE photo_id = :q", ["picture"]),
    ("UPDATE photo_file SET thumb_jpeg = x'00' WHERE photo_id = :first", ["picture"]),
    ("DELETE FROM face_embedding WHERE photo_id = :q", ["embedding"]),
    (f"UPDATE face_embedding SET vector = x'{NAN}' WHERE photo_id = :q", ["embedding"]),
    (f"UPDATE face_embedding SET vector = x'{LONG}' WHERE photo_id = :q", ["embedding"]),
    ("UPDATE face_embedding SET dimension = 15 WHERE photo_id = :q", ["embedding"]),
    ("UPDATE face_embedding SET engine_id = 'other' WHERE photo_id = :q", ["embedding"]),
    ("UPDATE registered_photo SET position = 5 WHERE id = :third", ["place"]),
    ("UPDATE registered_photo SET state = 'superseded', position = NULL WHERE id = :q",
     ["link", "place"]),
    ("UPDATE registered_photo SET replaced_by = 'nothing' WHERE id = :first", ["link"]),
    ("UPDATE registered_photo SET replaced_by = NULL WHERE id = :first", ["link"]),
    ("UPDATE registered_photo SET replaced_by = id WHERE id = :q", ["link"]),
    ("INSERT INTO gone_photo VALUES (:q, 'f', 1)", ["link"]),
    ("UPDATE gallery_change SET counter = 1", ["link"]),
    ("DELETE FROM identity WHERE identity_id = 'q'", ["orphan"]),
    ("DELETE FROM registered_photo WHERE id = :q", ["orphan", "place"]),
    ("UPDATE audit SET operator = 'eve' WHERE id = 2", ["audit"]),
    ("UPDATE audit SET new_photo_id = '' WHERE new_photo_id = :q", ["audit"]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), DAMAGE)
def test_damage_is_named(gallery: Gallery, file: Path, sql: str, expected: list[str]) -> None:
    ids = a_full_life(gallery)
    gallery.close()
    with closing(sqlite3.connect(file)) as connection, connection:
        used = {name: value for name, value in ids.items() if f":{name}" in sql}
        assert connection.execute(sql, used).rowcount
    assert checks(gallery) == expected
    for fault in gallery.faults(looks_right):
        assert fault.sentence.endswith(".")


def test_the_second_migration_hashes_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    url = f"sqlite:///{file}"
    engine = create_engine(url)
    event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA foreign_keys=ON"))
    from alembic import command

    with engine.begin() as connection:
        config = migrations.config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with Gallery.open(f"sqlite:///{tmp_path / 'new.db'}", 5, 3) as gallery:
        photo = create(gallery).new
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("ATTACH ? AS new", (str(tmp_path / "new.db"),))
        names = ["identity", "registered_photo", "photo_file", "face_embedding", "audit"]
        for name in names:
            columns = [row[1] for row in connection.execute(f"PRAGMA main.table_info({name})")]
            listed = ", ".join(f'"{column}"' for column in columns)
            connection.execute(
                f"INSERT INTO main.{name} ({listed}) SELECT {listed} FROM new.{name}"
            )
        connection.execute("DELETE FROM main.gallery_change")
        connection.execute("INSERT INTO main.gallery_change SELECT * FROM new.gallery_change")
    with Gallery.open(url, 5, 3) as gallery:
        # The audit's rows were sealed by today's program, not by the first one.
        assert {fault.check for fault in gallery.faults(looks_right)} == {"audit"}
        assert gallery.photo_jpeg(photo.id) == new_photo(1).jpeg
    with closing(sqlite3.connect(file)) as connection:
        (kept,) = connection.execute("SELECT stored_sha256 FROM registered_photo").fetchone()
    assert kept == hashlib.sha256(new_photo(1).jpeg).hexdigest()


def test_an_encrypted_gallery_is_proved_as_well(url: str, file: Path) -> None:
    with Gallery.open(url, 5, 3, key=bytes(32)) as gallery:
        create(gallery)
        other = create(gallery, "q", 2).new
        assert checks(gallery) == []
        assert gallery.erase("p", ACTOR).photos == 1
        assert checks(gallery) == []
        with closing(sqlite3.connect(file, timeout=20)) as connection, connection:
            connection.execute("UPDATE face_embedding SET vector = substr(vector, 1, 50)")
            connection.execute("UPDATE photo_file SET jpeg = substr(jpeg, 1, 50)")
        assert checks(gallery) == ["bytes", "embedding"]
        assert gallery.photo(other.id)
