"""A desk whose models cost nothing, people with photos, and archives of new ones, bad ones too."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from core.assessment import Assessment
from core.batch.checking import check_batch
from core.batch.folder import BatchFolder
from core.batch.shelf import shelf_of
from core.batch.sources import Caps, caps_of
from core.batch.zip_source import ZipSource
from core.desk import Desk
from core.gallery.records import Actor, AuditFilter, AuditRow, IdentityChange
from core.imaging.read import encode_jpeg
from tests.crash.material import Hook, nothing, open_desk

PEOPLE = {"001": 1, "002": 1, "003": 3}
"""People and how many photos each has."""

ADMIN = Actor(operator="tester", source="cli")
OPERATOR = Actor(operator="op", source="page", role="operator")
CAPS = Caps(photos=200, photo_mb=1.0, total_mb=10.0)
Files = Iterable[tuple[str, bytes]]


def face(person: str, grain: int, side: int = 160) -> bytes:
    """A photo that the toy engine takes for this person's; ``grain`` makes it another file."""
    colours = np.random.default_rng(int(person)).integers(40, 215, (2, 2, 3), np.uint8)
    pixels = colours.repeat(side // 2, axis=0).repeat(side // 2, axis=1)
    pixels += np.random.default_rng(grain).integers(0, 20, pixels.shape, np.uint8)
    return encode_jpeg(pixels)


def toy_desk(file: Path, seam: Hook = nothing, model: Hook = nothing, wait: float = 20) -> Desk:
    """A desk on this database; batches lie beside it."""
    return open_desk(file, seam, model, wait)


def fill(desk: Desk) -> None:
    """Register ``PEOPLE``."""
    for person, photos in PEOPLE.items():
        for number in range(photos):
            look = desk.vision.look(face(person, 1000 + number))
            checks = desk.check(None, None, look.embedding, "off", "off")
            assessment = Assessment(look, checks)
            if number == 0:
                change = IdentityChange(name=f"Person {person}")
                desk.create(person, change, assessment, "no", ADMIN)
            else:
                desk.add(desk.gallery.identity(person), assessment, "no", ADMIN)


def zip_of(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP file of these, in this order; names may come twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def patched(archive: bytes, local: int, central: int, value: int) -> bytes:
    """A ZIP of one entry with a 16-bit field of both its headers changed."""
    data = bytearray(archive)
    struct.pack_into("<H", data, local, value)
    struct.pack_into("<H", data, data.index(b"PK\x01\x02") + central, value)
    return bytes(data)


def source_of(files: Files, caps: Caps = CAPS) -> ZipSource:
    return ZipSource(io.BytesIO(zip_of(files)), "new.zip", caps)


def checked(desk: Desk, files: Files, csv_data: bytes | None = None) -> BatchFolder:
    """The folder of a batch whose dry run is done."""
    shelf = shelf_of(desk)
    source = source_of(files, caps_of(desk.settings))
    batch_id = check_batch(desk, shelf, source, "no", "tester", csv_data)
    return shelf.open(batch_id)


def good_files() -> list[tuple[str, bytes]]:
    """One new photo for each registered one."""
    return [
        ("001.jpg", face("001", 1)),
        ("002.jpg", face("002", 2)),
        *((f"003_{n}.jpg", face("003", 30 + n)) for n in (1, 2, 3)),
    ]


def hashes(desk: Desk) -> dict[str, list[str]]:
    """Hashes of the registered files, by person."""
    return {p: [photo.sha256 for photo in desk.gallery.identity(p).photos] for p in PEOPLE}


def audit(desk: Desk, *actions: str, refused: bool | None = None) -> list[AuditRow]:
    """Audit rows of these actions, oldest first."""
    wanted = AuditFilter(actions=actions, refused=refused)
    return list(desk.gallery.history(wanted, 0, 10_000).rows)[::-1]
