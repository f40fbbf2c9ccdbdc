"""The audit: rows chained by SHA-256, so that an edit, a gap or a swap shows.

``content_sha256 = SHA-256(salt + canonical JSON of the columns that may name a person)`` and
``hash = SHA-256(prev_hash + canonical JSON of the other columns and content_sha256)``. So those
columns can be erased and the chain still holds: without the row's random salt its
``content_sha256`` says nothing any more. Which rows were erased, and what they hold since, stands
in the ``erase`` row (docs/decisions/0012-erasing-and-the-audit.md).

The newest number and hash stand in the counter row as well, so that cutting off the end shows too.
Whoever can rewrite the whole database can rewrite the chain: compare the newest hash with a copy
kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.gallery.records import AuditEntry

SUBJECT = (
    "identity_id",
    "old_photo_id",
    "new_photo_id",
    "level",
    "reason",
    "facts",
    "request_id",
)
"""The columns that may name a person: hashed by way of ``content_sha256`` only."""

_UNHASHED = {*SUBJECT, "salt", "prev_hash", "hash"}


def link(entry: AuditEntry, at: datetime, last_id: int, last_hash: str) -> dict[str, Any]:
    """The columns of the row that follows the last one."""
    values: dict[str, Any] = {
        "id": last_id + 1,
        "at": at,
        "action": entry.action,
        "outcome": entry.outcome,
        "identity_id": entry.identity_id,
        "old_photo_id": entry.old_photo_id,
        "new_photo_id": entry.new_photo_id,
        "level": entry.level,
        "reason": entry.reason,
        # As it will be read back: keys become strings, tuples lists; NaN is no JSON.
        "facts": json.loads(json.dumps(entry.facts), parse_constant=lambda _: None),
        "operator": entry.actor.operator,
        "source": entry.actor.source,
        "request_id": entry.actor.request_id,
        "address": entry.actor.address,
        "salt": new_salt(),
        "prev_hash": last_hash,
    }
    values["content_sha256"] = commit(values)
    values["hash"] = seal(values)
    return values


def new_salt() -> str:
    """256 random bits, hex."""
    return secrets.token_hex(32)


def commit(values: Mapping[str, Any]) -> str:
    """The salted hash of a row's columns that may name a person."""
    return _sha256(str(values["salt"]), {name: values[name] for name in SUBJECT})


def seal(values: Mapping[str, Any]) -> str:
    """The hash of a row, given its columns (``hash`` itself does not count).

    A row without an address is hashed as rows were before there were addresses.
    """
    row = {str(key): value for key, value in values.items() if key not in _UNHASHED}
    if not row["address"]:
        del row["address"]
    row["at"] = row["at"].isoformat(timespec="microseconds")
    return _sha256(values["prev_hash"], row)


def _sha256(start: str, values: Mapping[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((start + text).encode()).hexdigest()
