"""A desk whose models cost nothing, what is asked of it, and whether all of it is sound afterwards.

Everything above the models is the product's own: intake, quality, checks, transaction, answers.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.calls.perform import perform
from core.calls.table import BY_FUNCTION
from core.desk import Desk
from core.engine.base import Embedding, EngineInfo, Face, Pixels, unit_embedding
from core.engine.slot import EngineSlot
from core.fiqa.policy import load_policy
from core.gallery.records import Actor, AuditFilter
from core.gallery.store import Gallery
from core.imaging.read import encode_jpeg, is_jpeg, read_photo
from core.settings import Settings
from core.vision import Vision
from tests.databases import url_of

PEOPLE = ("p", "q")
ENGINE = "toy:1"
Answer = dict[str, Any]
Hook = Callable[[str], None]


def nothing(_name: str) -> None:
    """No fault."""


class ToyEngine:
    """Finds one face in the middle; its embedding is the colours of the picture's quarters."""

    def __init__(self, hook: Hook = nothing, engine_id: str = ENGINE) -> None:
        self.info = EngineInfo("toy", "toy", engine_id, 12, 0.9, 0.5, "")
        self.hook = hook

    def detect(self, pixels_bgr: Pixels, side: int) -> list[Face]:
        self.hook("detect")
        height, width = pixels_bgr.shape[:2]
        box = np.array([0.25, 0.25, 0.75, 0.75]) * (width, height, width, height)
        points = [(0.4, 0.4), (0.6, 0.4), (0.5, 0.5), (0.42, 0.62), (0.58, 0.62)]
        return [
            Face(
                box.astype(np.float32),
                (np.array(points) * (width, height)).astype(np.float32),
                0.95,
            )
        ]

    def embed(self, pixels_bgr: Pixels, face: Face) -> Embedding:
        self.hook("embed")
        height, width = (side // 2 * 2 for side in pixels_bgr.shape[:2])
        quarters = pixels_bgr[:height, :width].reshape(2, height // 2, 2, width // 2, 3)
        means = quarters.mean(axis=(1, 3), dtype=np.float64)
        return unit_embedding(means - 127.5, self.info.engine_id)


def photo(seed: int, side: int = 160) -> str:
    """A photo of four coloured quarters with grain, base64; 600 px on a side are about 200 kB."""
    chance = np.random.default_rng(seed)
    colours = chance.integers(40, 215, (2, 2, 3), np.uint8)
    pixels = colours.repeat(side // 2, axis=0).repeat(side // 2, axis=1)
    pixels += chance.integers(0, 40, pixels.shape, np.uint8)
    return base64.b64encode(encode_jpeg(pixels)).decode("ascii")


def open_desk(
    file: Path,
    seam: Hook = nothing,
    model: Hook = nothing,
    wait: float = 20,
    key: bytes | None = None,
    engine_id: str = ENGINE,
) -> Desk:
    """The desk on the gallery in this place; ``seam`` and ``model`` are called on the way."""
    settings = Settings(_env_file=None, data=file.parent)
    gallery = Gallery.open(url_of(file, wait), 50, 8, seam, key)
    engine = ToyEngine(model, engine_id)
    return Desk(settings, gallery, Vision(settings, EngineSlot(lambda: engine), load_policy(None)))


def ask(desk: Desk, function: str, **fields: object) -> Answer:
    """One call, as every door makes it."""
    return perform(BY_FUNCTION[function], fields, Actor(), lambda: desk)


def update(desk: Desk, person: str, seed: int, side: int = 160, **fields: object) -> Answer:
    """Replace the person's first photo."""
    old = fields.pop("register_image_id", None) or desk.gallery.identity(person).photos[0].id
    return ask(
        desk, "update_image", identity_id=person, register_image=photo(seed, side),
        register_image_id=old, fiqa_level="no", **fields,
    )  # fmt: skip


def fill(file: Path) -> None:
    """Two people with two photos each; p's first was replaced once. The log is folded in."""
    desk = open_desk(file)
    for number, person in enumerate(PEOPLE):
        made = {"identity_id": person, "fiqa_level": "no"}
        ask(desk, "create_identity", register_image=photo(100 + number), **made)
        ask(desk, "add_face", register_image=photo(200 + number), **made)
    assert "identity" in update(desk, "p", 300)
    desk.gallery.close()


def assert_sound(file: Path) -> None:
    """Nothing lost, nothing mixed: verify is clean, embeddings are of their photos' own pixels,
    versions count the changes, and the next good request succeeds.
    """
    desk = open_desk(file)
    gallery = desk.gallery
    assert not list(gallery.faults(is_jpeg))
    rows = gallery.history(AuditFilter(refused=False), 0, 100_000).rows
    for person in PEOPLE:
        identity = gallery.identity(person)
        assert identity.version == sum(row.entry.identity_id == person for row in rows)
        for kept in identity.photos:
            vector, engine_id = gallery.embedding(kept.id)
            assert engine_id == desk.vision.engine.info.engine_id
            pixels = read_photo(gallery.photo_jpeg(kept.id), desk.vision.limits).pixels_bgr
            (face,) = desk.vision.engine.detect(pixels, 0)
            assert float(desk.vision.engine.embed(pixels, face).vector @ vector) > 0.9999
        assert "identity" in update(desk, person, 900), "the next good request"
    gallery.close()


def write_line(log: Path, answer: Answer) -> None:
    """Note an answer where a killed process cannot take it along."""
    line = json.dumps(
        {"audit": answer["replacement"]["audit_id"], "photo": answer["identity"]["image_id"]}
    )
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(handle, (line + "\n").encode())
    os.close(handle)


def assert_kept(file: Path, logs: list[Path]) -> int:
    """Every answered change is in the gallery; returns how many there were."""
    desk, count = open_desk(file), 0
    rows = desk.gallery.history(AuditFilter(refused=False), 0, 100_000).rows
    done = {row.id: row.entry for row in rows}
    for log in logs:
        for line in log.read_text().splitlines() if log.exists() else ():
            said = json.loads(line)
            assert done[said["audit"]].new_photo_id == said["photo"]
            assert desk.gallery.photo(said["photo"]).identity_id in PEOPLE
            count += 1
    desk.gallery.close()
    return count
