"""People's wrapped keys in a file beside a backup, so that erasing a person reaches the backup."""

from __future__ import annotations

import base64
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from core.errors import ParameterError
from core.gallery.bundle import written_whole

NO_KEYS = "This is not a FaceDesk keys file, or it is damaged."


@dataclass(frozen=True, slots=True)
class PersonKeys:
    """Wrapped keys by identity id, and which master key opens them."""

    master_id: str
    proof: bytes
    wrapped: dict[str, bytes]


def take_keys(connection: sqlite3.Connection) -> PersonKeys | None:
    """The keys of a gallery, or None when it is not encrypted."""
    vault = connection.execute("SELECT master_id, proof FROM vault").fetchone()
    if vault is None:
        return None
    rows = connection.execute("SELECT identity_id, wrapped FROM person_key").fetchall()
    return PersonKeys(vault[0], vault[1], dict(rows))


def put_keys(connection: sqlite3.Connection, keys: PersonKeys) -> None:
    """Give a gallery without keys those of its people that are there."""
    connection.execute("UPDATE vault SET master_id = ?, proof = ?", (keys.master_id, keys.proof))
    connection.executemany(
        "INSERT INTO person_key SELECT identity_id, ? FROM identity WHERE identity_id = ?",
        [(wrapped, identity_id) for identity_id, wrapped in keys.wrapped.items()],
    )


def write_keys(keys: PersonKeys, target: Path) -> None:
    """Write the keys file; an older one of this name goes, with the keys of who was erased."""
    content = {
        "master_id": keys.master_id,
        "proof": _encode(keys.proof),
        "wrapped": {identity_id: _encode(key) for identity_id, key in keys.wrapped.items()},
    }
    with written_whole(target, replace=True) as file:
        file.write(json.dumps(content, indent=1).encode())


def read_keys(source: Path) -> PersonKeys:
    """Read a keys file. Raises ``ParameterError``."""
    try:
        content = json.loads(source.read_text(encoding="utf-8"))
        wrapped = {i: base64.b64decode(key) for i, key in content["wrapped"].items()}
        return PersonKeys(content["master_id"], base64.b64decode(content["proof"]), wrapped)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ParameterError(NO_KEYS) from None


def _encode(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
