"""Let a person be erased without breaking the audit's chain; keys for encryption at rest.

Every audit row is sealed anew with a salted commitment in the place of the columns that may name a
person. The old chain is checked first; its head, and the first bad row if there was one, are
written down in a row of the new chain.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SUBJECT = (
    "identity_id",
    "old_photo_id",
    "new_photo_id",
    "level",
    "reason",
    "facts",
    "request_id",
)
ADDED = ("salt", "content_sha256")
LINKS = ("prev_hash", "hash")


def upgrade() -> None:
    """Two columns, two tables, and the chain sealed anew."""
    for name in ADDED:
        op.add_column("audit", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.create_table(
        "person_key",
        sa.Column("identity_id", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["identity.identity_id"],
            name=op.f("fk_person_key_identity_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("identity_id", name=op.f("pk_person_key")),
    )
    op.create_table(
        "vault",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("master_id", sa.String(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.Column("all_sealed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault")),
    )
    _seal_anew(op.get_bind())


def downgrade() -> None:
    """The old seals are gone for good, so there is no way back."""
    raise NotImplementedError("restore a backup that was taken before this version")


def _seal_anew(connection: sa.Connection) -> None:
    audit = sa.Table("audit", sa.MetaData(), autoload_with=connection)
    rows = [row._asdict() for row in connection.execute(sa.select(audit).order_by(audit.c.id))]
    if not rows:
        return
    head = connection.execute(sa.text("SELECT audit_id, audit_hash FROM gallery_change")).one()
    facts = {
        "old_id": head.audit_id,
        "old_hash": head.audit_hash,
        "first_bad": _first_bad(rows, head.audit_id, head.audit_hash),
    }
    rows.append(_note(rows[-1], facts))
    previous = ""
    for row in rows:
        row.update(salt=secrets.token_hex(32), prev_hash=previous)
        row["content_sha256"] = _hash(row["salt"], {name: row[name] for name in SUBJECT})
        hashed = {k: v for k, v in row.items() if k not in (*SUBJECT, *LINKS, "salt")}
        row["hash"] = previous = _hash(previous, hashed)
    change = [{f"b_{k}": row[k] for k in ("id", *ADDED, *LINKS)} for row in rows[:-1]]
    new: dict[str, Any] = {name: sa.bindparam(f"b_{name}") for name in (*ADDED, *LINKS)}
    connection.execute(
        sa.update(audit).where(audit.c.id == sa.bindparam("b_id")).values(new), change
    )
    connection.execute(sa.insert(audit).values(rows[-1]))
    connection.execute(
        sa.text("UPDATE gallery_change SET audit_id = :id, audit_hash = :hash"),
        {"id": rows[-1]["id"], "hash": rows[-1]["hash"]},
    )


def _first_bad(rows: list[dict[str, Any]], head_id: int, head_hash: str) -> int | None:
    last, previous = 0, ""
    for row in rows:
        hashed = {k: v for k, v in row.items() if k not in (*LINKS, *ADDED)}
        expected = (last + 1, previous, _hash(previous, hashed))
        if (row["id"], row["prev_hash"], row["hash"]) != expected:
            return last + 1
        last, previous = row["id"], row["hash"]
    return None if (last, previous) == (head_id, head_hash) else min(last, head_id) + 1


def _note(last: Mapping[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = dict.fromkeys(last, "")
    now = datetime.now(timezone.utc)
    values.update(id=last["id"] + 1, at=now, action="reseal", outcome=0, facts=facts)
    return {**values, "operator": "", "source": "cli"}


def _hash(start: str, values: Mapping[str, Any]) -> str:
    row = dict(values)
    if "at" in row:
        at = row["at"] if row["at"].tzinfo else row["at"].replace(tzinfo=timezone.utc)
        row["at"] = at.astimezone(timezone.utc).isoformat(timespec="microseconds")
    text = json.dumps(row, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((start + text).encode()).hexdigest()
