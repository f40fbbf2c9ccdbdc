"""Photos without pictures, and what a gallery looks like from outside."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from core.gallery.records import Actor, AuditEntry, IdentityChange, NewPhoto, Receipt
from core.gallery.store import Gallery

NOTHING = IdentityChange()
ENGINE = "toy-1"
ACTOR = Actor("ann", "page", "r-1", address="192.0.2.7")


def unit(seed: int, dimension: int = 16) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=dimension).astype(np.float32)
    return vector / np.linalg.norm(vector)


def new_photo(seed: int, **other: Any) -> NewPhoto:
    jpeg = b"jpeg-%d-" % seed + np.random.default_rng(seed).bytes(30_000)
    fields: dict[str, Any] = {
        "jpeg": jpeg,
        "crop_jpeg": b"crop-%d-" % seed + jpeg[-500:],
        "thumb_jpeg": b"thumb-%d-" % seed + jpeg[-300:],
        "sha256": hashlib.sha256(jpeg).hexdigest(),
        "size_wh": (640, 480),
        "box_xyxy": (10.5, 20.0, 110.25, 150.0),
        "points_xy": ((30.0, 50.0), (80.0, 50.0), (55.0, 80.0), (35.0, 110.0), (75.0, 110.0)),
        "score": 0.93,
        "level": "high",
        "overall": 70 + seed % 30,
        "best_level": "high",
        "fiqa": {"items": [{"name": "headpose", "score": seed}]},
        "vector": unit(seed),
        "engine_id": ENGINE,
    }
    fields |= other
    digest = hashlib.sha256(fields["jpeg"]).hexdigest()
    return NewPhoto(**{"stored_sha256": digest, **fields})


def entry(action: str, actor: Actor = ACTOR) -> AuditEntry:
    return AuditEntry(action, level="high", reason="test", facts={"cosine": 0.5}, actor=actor)


def create(
    gallery: Gallery, identity_id: str = "p", seed: int = 1, actor: Actor = ACTOR, **fields: Any
) -> Receipt:
    change = IdentityChange(**fields)
    return gallery.create_identity(identity_id, change, new_photo(seed), entry("create", actor))


def add(gallery: Gallery, seed: int, identity_id: str = "p") -> Receipt:
    return gallery.add_photo(identity_id, new_photo(seed), None, entry("add_photo"))


def swap(gallery: Gallery, old_id: str, seed: int, identity_id: str = "p", **other: Any) -> Receipt:
    arguments = {"change": NOTHING, "expected_version": None, "audit": entry("replace"), **other}
    return gallery.replace(identity_id, old_id, new_photo(seed), **arguments)


def traces(file: Path, *marks: bytes) -> set[bytes]:
    """Which of the marks stand in the database's files: itself, log, shared memory, journal."""
    files = [file, *(file.with_name(file.name + end) for end in ("-wal", "-shm", "-journal"))]
    stored = b"".join(path.read_bytes() for path in files if path.exists())
    return {mark for mark in marks if mark in stored}


def marks_of(*seeds: int) -> list[bytes]:
    """Pieces of photo, crop, thumbnail and embedding, all of which a gallery stores as they are."""
    photos = [(new_photo(seed), unit(seed).astype("<f4").tobytes()) for seed in seeds]
    pieces = ((p.jpeg[:200], p.jpeg[-2000:], p.crop_jpeg, p.thumb_jpeg, v) for p, v in photos)
    return [piece for group in pieces for piece in group]


def verified(gallery: Gallery, identity_id: str = "p") -> list[str]:
    """The person's current photo ids, after a look at whether all is in step."""
    identity = gallery.identity(identity_id)
    assert [photo.position for photo in identity.photos] == list(range(len(identity.photos)))
    assert all(photo.state == "current" for photo in identity.photos)
    for photo in identity.photos:
        assert gallery.photo_of_face(photo.face_id) == photo
        assert hashlib.sha256(gallery.photo_jpeg(photo.id)).hexdigest() == photo.sha256
        seed = photo.fiqa["items"][0]["score"]
        assert np.array_equal(gallery.embedding(photo.id)[0], unit(seed))
    assert gallery.verify_chain() is None
    return [photo.id for photo in identity.photos]
