"""A gallery of many people, made without showing a photo of each to an engine."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator

import numpy as np

from core.desk import Desk, new_photo
from core.gallery.records import AuditEntry, IdentityChange

OTHERS = 10_000


def fill(desk: Desk, photo: bytes, others: int = OTHERS) -> None:
    """Register one person from this photo, then so many more like it, with random embeddings.

    The further rows are copies by SQL: what is measured is the search and the size of the
    tables, not the filling.
    """
    new = new_photo(desk.vision.look(photo), "no")
    desk.gallery.create_identity("other", IdentityChange(name="-"), new, AuditEntry("create"))
    file = desk.settings.data / "gallery.db"
    with sqlite3.connect(file) as database:
        for table, values in _rows(database, len(new.vector), others - 1):
            marks = ", ".join("?" * len(values[0]))
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
        database.execute("UPDATE gallery_change SET counter = counter + 1")
    database.close()


def _rows(
    database: sqlite3.Connection, dimension: int, count: int
) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    """The one person's rows of each table, ``count`` times under other ids."""
    people = [f"o{number}" for number in range(count)]
    photos = [str(uuid.uuid4()) for _ in people]
    random = np.random.default_rng(0).normal(size=(count, dimension)).astype("<f4")
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    for table in ("identity", "registered_photo", "face_embedding"):
        cursor = database.execute(f"SELECT * FROM {table}")
        (row,) = cursor.fetchall()
        names = [column[0] for column in cursor.description]
        changed = {
            "id": photos, "face_id": [str(uuid.uuid4()) for _ in people],
            "photo_id": photos, "identity_id": people, "vector": [v.tobytes() for v in random],
        }  # fmt: skip
        yield (
            table,
            [
                tuple(changed[n][i] if n in changed else v for n, v in zip(names, row, strict=True))
                for i in range(count)
            ],
        )
