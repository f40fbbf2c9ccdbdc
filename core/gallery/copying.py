"""A whole gallery from one database into another, of whatever kind, and proof that it is whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row, Table, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from core.errors import ParameterError
from core.gallery.audit import first_bad_row
from core.gallery.base import no_seam
from core.gallery.database import HEAD, Database, mark
from core.gallery.records import Actor, AuditEntry
from core.gallery.tables import Base, ChangeRow, PhotoFileRow, table_of
from core.gallery.transaction import Transaction
from core.gallery.vault import Vault

Progress = Callable[[int, int], None]

BATCH, BATCH_OF_FILES = 1000, 20
"""Rows a transaction; of photos' files, which are megabytes, fewer."""

TABLES = tuple(Base.metadata.sorted_tables)
"""Parents before children."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied: rows by table, and the last number and hash of the audit's chain."""

    rows: dict[str, int]
    audit_id: int
    audit_hash: str


@dataclass(slots=True)
class Sum:
    """A table's rows and the sum of their hashes, which no order changes."""

    rows: int = 0
    hashes: int = 0

    def add(self, row: Row[Any]) -> None:
        """Count a row in."""
        self.rows += 1
        self.hashes = (self.hashes + _hash(row)) % 2**256


def url_of(word: str, exists: bool) -> str:
    """The URL that a word of the command line means: itself, ``env:NAME``, or a SQLite file.

    Args:
        word: a URL holds a password for everybody to see who lists the processes; ``env:NAME``
            takes it from the environment.
        exists: whether a SQLite file must be there already.

    Raises:
        ParameterError: no such variable, no such file, or no URL.
    """
    if word.startswith("env:") and not (word := os.environ.get(word[4:], "")):
        raise ParameterError("The environment variable named with env: is not set.")
    if "://" not in word:
        word = f"sqlite:///{Path(word).resolve()}"
    try:
        parsed = make_url(word)
    except (ArgumentError, ValueError):
        raise ParameterError("This is neither a file nor a database's URL.") from None
    if (
        exists
        and parsed.get_backend_name() == "sqlite"
        and not Path(parsed.database or "").exists()
    ):
        raise ParameterError("There is no gallery in the place to copy from.")
    return word


def copy_gallery(
    source: Database, target: Database, actor: Actor, progress: Progress = lambda done, of: None
) -> Copied:
    """Copy everything, read it again from the target, compare, and only then let it be used.

    The source is read on one snapshot and may be in use. Encrypted values are copied as they are.
    An unfinished copy is marked: nobody opens it, and to copy into it again begins anew.

    Args:
        source, target: open; the target empty, or an unfinished copy (``for_copy``).
        actor: who, for the target's audit.
        progress: called with rows done and rows in all, counting the reading again.

    Raises:
        ParameterError: the target holds something, or the source's audit is broken.
        NotReady: one of the databases went away; NoSpaceLeft.
    """
    with source.read() as session:
        if (bad := first_bad_row(session, 1 if source.kind.row_by_row else 500)) is not None:
            raise ParameterError(
                f"The source's audit does not hold from row {bad}: 'python -m core verify' first."
            )
        head = session.execute(select(table_of(ChangeRow))).one()
        total = 2 * sum(_count(session, table) for table in TABLES)
        _prepare(target)
        done, sums = 0, {table.name: Sum() for table in TABLES}
        for table in TABLES:
            for rows in _batches(session, table):
                with target.beside() as writing:
                    writing.execute(table.insert(), [row._asdict() for row in rows])
                for row in rows:
                    sums[table.name].add(row)
                done += len(rows)
                progress(done, total)
    _compare(target, sums, lambda count: progress(done + count, total))
    counts = {name: found.rows for name, found in sums.items()}
    with target.write() as session:
        tx = Transaction(session, Vault(None), no_seam)
        facts = {"rows": counts, "audit_id": head.audit_id, "audit_hash": head.audit_hash}
        tx.audit(AuditEntry("copy", facts=facts, actor=actor))
        tx.finish()
        mark(session, HEAD)
    return Copied(counts, head.audit_id, head.audit_hash)


def _prepare(target: Database) -> None:
    """Mark the target, and empty it if it is an unfinished copy. Raises ``ParameterError``."""
    with target.write() as session:
        if not target.unfinished and _holds_something(session):
            raise ParameterError("The target is not empty; copy into a new database.")
        mark(session, f"{Database.COPYING}{HEAD}")
        for table in reversed(TABLES):
            session.execute(table.delete())


def _compare(target: Database, sums: dict[str, Sum], progress: Callable[[int], None]) -> None:
    done = 0
    with target.read() as session:
        for table in TABLES:
            found = Sum()
            for rows in _batches(session, table):
                for row in rows:
                    found.add(row)
                done += len(rows)
                progress(done)
            if found != sums[table.name]:
                raise ParameterError(
                    f"The copy of {table.name} is not like its source: copy it again."
                )
        bad = first_bad_row(session, 1 if target.kind.row_by_row else 500)
    if bad is not None:
        raise ParameterError(f"The copy's audit does not hold from row {bad}; it stays unusable.")


def _batches(session: Session, table: Table) -> Iterator[Sequence[Row[Any]]]:
    size = BATCH_OF_FILES if table is table_of(PhotoFileRow) else BATCH
    with session.execute(table.select().execution_options(yield_per=size)) as rows:
        yield from rows.partitions()


def _holds_something(session: Session) -> bool:
    head = session.execute(select(table_of(ChangeRow))).one()
    others = (table for table in TABLES if table is not table_of(ChangeRow))
    return bool(head.counter or head.audit_id) or any(_count(session, table) for table in others)


def _count(session: Session, table: Table) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def _hash(row: Row[Any]) -> int:
    digest = hashlib.sha256()
    for value in row:
        data = value if isinstance(value, bytes) else repr(value).encode()
        digest.update(f"{type(value).__name__} {len(data)} ".encode() + data)
    return int.from_bytes(digest.digest(), "big")
