"""``python -m core verify``: exit code, sentences, JSON, on photos with real pictures."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import main
from core.commands import verify
from core.gallery.records import AuditEntry, IdentityChange, NewPhoto
from core.gallery.store import Gallery
from core.imaging.read import encode_jpeg
from core.settings import Settings

JPEG = encode_jpeg(np.full((64, 48, 3), 120, np.uint8))
PHOTO = NewPhoto(
    jpeg=JPEG, crop_jpeg=JPEG, thumb_jpeg=JPEG,
    sha256=hashlib.sha256(JPEG).hexdigest(), stored_sha256=hashlib.sha256(JPEG).hexdigest(),
    size_wh=(48, 64), box_xyxy=(1, 1, 40, 40), points_xy=((1.0, 1.0),) * 5, score=0.9,
    level="no", overall=50, best_level="no", fiqa={}, vector=np.eye(1, 8, dtype=np.float32)[0],
    engine_id="toy",
)  # fmt: skip


@pytest.fixture
def knobs(settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    made = settings()
    monkeypatch.setattr(verify, "get_settings", lambda: made)
    yield made


@pytest.fixture
def file(knobs: Settings) -> Path:
    """A gallery of one person with one photo."""
    with Gallery.open(knobs.database_url, 5, 3) as gallery:
        gallery.create_identity("p", IdentityChange(), PHOTO, AuditEntry("create"))
    return knobs.data / "gallery.db"


def test_all_is_well(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"]) == 0
    assert capsys.readouterr().out == "All is well: 1 identities, 1 photos.\n"
    assert main(["verify", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {"ok": True, "identities": 1, "photos": 1, "faults": []}


def test_an_encrypted_gallery_is_proved_with_its_key(
    settings: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
    file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = secrets.token_bytes(32)
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    made = settings(key=base64.b64encode(key).decode())
    monkeypatch.setattr(verify, "get_settings", lambda: made)
    with Gallery.open(made.database_url, 5, 3, key=key) as gallery:
        gallery.create_identity("p", IdentityChange(), PHOTO, AuditEntry("create"))
    assert main(["verify"]) == 0
    assert capsys.readouterr().out == "All is well: 1 identities, 1 photos.\n"


def test_what_is_wrong_is_said(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE photo_file SET crop_jpeg = substr(crop_jpeg, 1, 100)")
        connection.execute("UPDATE audit SET operator = 'eve'")
    assert main(["verify"]) == 1
    said = capsys.readouterr().err
    assert "Audit row 1 is missing, was changed" in said
    assert "The crop of photo" in said
    assert main(["verify", "--json"]) == 1
    faults = json.loads(capsys.readouterr().out)["faults"]
    assert {fault["check"] for fault in faults} == {"audit", "picture"}


def test_half_a_file_is_said(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert main(["verify"]) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_no_gallery_is_not_a_good_gallery(
    knobs: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify"]) == 1
    assert "no gallery" in capsys.readouterr().err
    assert not knobs.data.exists()
