"""A backup from a live gallery: one snapshot, one file; nobody waits for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

from core.errors import NotReady, ParameterError
from core.gallery.base import Store
from core.gallery.bundle import Manifest, file_errors, hash_file, write_bundle, written_whole
from core.gallery.keyfile import PersonKeys, take_keys, write_keys
from core.gallery.records import Actor, AuditEntry
from core.gallery.scratch import sweep, working_folder

Progress = Callable[[int, int], None]

PAGES = 256
"""Pages a step of the copy: 4 MB, after which progress is told."""


class BackingUp(Store):
    """Back up."""

    def backup(
        self, target: Path, actor: Actor, progress: Progress = lambda done, of: None
    ) -> Manifest:
        """Write the whole gallery, as it is at one moment, into one new file.

        Readers and writers go on meanwhile. People's keys are not in it: of an encrypted gallery
        they are written to ``keys_beside(target)``.

        Args:
            target: the new file.
            actor: who, for the audit.
            progress: called with pages done and pages in all.

        Raises:
            ParameterError: there is a file of this name.
            NotReady: not SQLite, or the folder cannot be written; NoSpaceLeft.
        """
        sweep(target.parent)
        if target.exists():
            raise ParameterError("A file of this name is there; a backup overwrites nothing.")
        self._require_sqlite()
        with file_errors(), working_folder(target.parent) as folder:
            copy = folder / "gallery.db"
            with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
                self._copy_to(connection, progress)
                keys = take_keys(connection)
                manifest = _close_copy(connection, keys, copy)
            if keys is not None:
                write_keys(keys, keys_beside(target))
            with written_whole(target) as file:
                write_bundle(file, manifest, copy)
        facts = {"sha256": manifest.sha256, "people": manifest.people, "photos": manifest.photos}
        self._note(AuditEntry("backup", facts=facts, actor=actor))
        return manifest

    def backup_keys(self, target: Path, actor: Actor) -> int:
        """Write people's keys alone, over an older file; returns how many.

        Raises:
            NotReady: the gallery is not encrypted, or the folder cannot be written.
        """
        self._require_sqlite()
        with self.database.raw() as raw:
            keys = take_keys(raw)
        if keys is None:
            raise NotReady("The gallery is not encrypted: there are no keys.")
        with file_errors():
            write_keys(keys, target)
        self._note(AuditEntry("backup", facts={"keys": len(keys.wrapped)}, actor=actor))
        return len(keys.wrapped)

    def _note(self, entry: AuditEntry) -> None:
        with self.transaction() as tx:
            tx.audit(entry)

    def _require_sqlite(self) -> None:
        if self.database.kind.name != "sqlite":
            raise NotReady(
                "This gallery is not in SQLite: back it up with pg_dump, or bring it into a "
                "SQLite file first: python -m core copy"
            )

    def _copy_to(self, copy: sqlite3.Connection, progress: Progress) -> None:
        with self.database.raw() as raw:
            # A snapshot that stays: else every write of another process begins the copy anew.
            raw.execute("BEGIN")
            try:
                raw.execute("SELECT counter FROM gallery_change").fetchone()
                raw.backup(copy, pages=PAGES, progress=lambda _, left, of: progress(of - left, of))
            finally:
                raw.execute("ROLLBACK")


def keys_beside(backup: Path) -> Path:
    """Where the keys of an encrypted backup are looked for."""
    return backup.with_name(f"{backup.name}.keys")


def _close_copy(connection: sqlite3.Connection, keys: PersonKeys | None, copy: Path) -> Manifest:
    """Make the copy one file without people's keys, and describe it."""
    connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    connection.execute("PRAGMA secure_delete=ON").fetchone()
    connection.execute("DELETE FROM person_key")

    def one(sql: str) -> str:
        return str(connection.execute(sql).fetchone()[0])

    return Manifest(
        taken_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        revision=one("SELECT version_num FROM alembic_version"),
        people=int(one("SELECT count(*) FROM identity")),
        photos=int(one("SELECT count(*) FROM registered_photo")),
        audit_rows=int(one("SELECT count(*) FROM audit")),
        audit_hash=one("SELECT audit_hash FROM gallery_change"),
        master_id=keys.master_id if keys else "",
        size_bytes=copy.stat().st_size,
        sha256=hash_file(copy),
    )
