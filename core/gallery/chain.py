"""The audit: rows chained by SHA-256, so that an edit, a gap or a swap shows.

``hash = SHA-256(prev_hash + canonical JSON of the row)``; the newest number and hash stand in the
counter row as well, so that cutting off the end shows too. Whoever can rewrite the whole database
can rewrite the chain: compare the newest hash with a copy kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.gallery.records import AuditEntry


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
        "prev_hash": last_hash,
    }
    values["hash"] = seal(values)
    return values


def seal(values: Mapping[str, Any]) -> str:
    """The hash of a row, given its columns (``hash`` itself does not count)."""
    row = {str(key): value for key, value in values.items() if key not in ("prev_hash", "hash")}
    row["at"] = row["at"].isoformat(timespec="microseconds")
    text = json.dumps(row, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((values["prev_hash"] + text).encode()).hexdigest()
