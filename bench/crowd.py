"""Galleries of generated people, as large as one likes, written straight into the tables."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import update

from core.gallery.store import Gallery
from core.gallery.tables import ChangeRow, EmbeddingRow, IdentityRow, PhotoRow, table_of

ENGINE = "generated"
BATCH = 5000
TABLES = tuple(table_of(model) for model in (IdentityRow, PhotoRow, EmbeddingRow))


def vectors(count: int, dimension: int, seed: int) -> np.ndarray:
    """Unit vectors in all directions, float32 (count, dimension)."""
    made = np.random.default_rng(seed).standard_normal((count, dimension), np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@contextmanager
def sqlite_gallery(count: int, dimension: int) -> Iterator[tuple[Gallery, str]]:
    """A gallery of so many people with one photo each, in a folder that goes; and its URL."""
    with tempfile.TemporaryDirectory(prefix="facedesk-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'gallery.db'}"
        with Gallery.open(url, 10_000_000, 10) as gallery:
            fill(gallery, count, dimension)
            yield gallery, url


def fill(gallery: Gallery, count: int, dimension: int) -> None:
    """Register so many people; their photos have no files, which no search reads."""
    with gallery.database.write() as session:
        for start in range(0, count, BATCH):
            some = min(BATCH, count - start)
            parts = vectors(some, dimension, seed=start)
            columns = [_rows(start + i, parts[i]) for i in range(some)]
            for table, rows in zip(TABLES, zip(*columns, strict=True), strict=True):
                session.execute(table.insert(), list(rows))
        session.execute(update(ChangeRow).values(counter=1))


def _rows(number: int, vector: np.ndarray) -> tuple[dict[str, Any], ...]:
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    photo_id, face_id = (str(UUID(int=(kind << 64) + number, version=4)) for kind in (1, 2))
    person = f"{number:08}"
    return (
        {
            "identity_id": person, "name": f"Person {number}", "user_type": "employee",
            "description": "", "ext_info": {}, "version": 1, "created_at": now, "updated_at": now,
        },
        {
            "id": photo_id, "face_id": face_id, "identity_id": person, "position": 0,
            "state": "current", "created_at": now, "superseded_at": None, "replaced_by": None,
            "level": "high", "overall": 80, "best_level": "high", "fiqa": {}, "sha256": "",
            "stored_sha256": "", "width": 600, "height": 800, "box_xyxy": [0, 0, 1, 1],
            "points_xy": [], "score": 0.9, "change": 1,
        },
        {
            "photo_id": photo_id, "engine_id": ENGINE, "dimension": len(vector),
            "vector": vector.astype("<f4").tobytes(),
        },
    )  # fmt: skip
