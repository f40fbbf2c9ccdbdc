"""What every part of the gallery stands on: the database, the limits, the transaction."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import FaceDeskError
from core.gallery.database import Database
from core.gallery.records import AuditEntry
from core.gallery.transaction import Seam, Transaction
from core.gallery.vault import Vault

log = logging.getLogger("facedesk.audit")


def no_seam(step: str) -> None:
    """Nothing happens between the steps of a change; a crash test puts itself here."""


class Store:
    """A database with limits.

    Args:
        database: an open one.
        max_identities: capacity, people.
        max_photos_each: current photos a person may have.
        vault: the encryption key, or none; it is held against the database here.
        seam: called with a name after each step of a change: ``begin``, ``superseded``,
            ``inserted``, ``audited``, ``before_commit``, ``committed``.
    """

    def __init__(
        self,
        database: Database,
        max_identities: int,
        max_photos_each: int,
        vault: Vault,
        seam: Seam = no_seam,
    ) -> None:
        self.database = database
        self.max_identities = max_identities
        self.max_photos_each = max_photos_each
        self.vault = vault
        self.seam = seam
        vault.check_in(database)

    @contextmanager
    def transaction(self, audit: AuditEntry | None = None) -> Iterator[Transaction]:
        """Hold the write lock: everything inside is committed at the end, or nothing of it.

        Args:
            audit: what is being done; when it is refused, the audit gets it with the error's code.

        Raises:
            NotReady: another writer did not finish in time, or the database is gone.
            NoSpaceLeft: the disk is full.
        """
        try:
            with self.database.write() as session:
                tx = Transaction(session, self.vault, self.seam)
                self.seam("begin")
                yield tx
                tx.finish()
                self.seam("before_commit")
        except FaceDeskError as error:
            if audit is not None:
                self.refuse(audit, error)
            raise
        self.seam("committed")

    def record(self, entry: AuditEntry) -> int:
        """Note something that changed no photo; returns the row's number."""
        with self.transaction() as tx:
            return tx.audit(entry)

    def refuse(self, entry: AuditEntry, error: FaceDeskError) -> None:
        """Note that this was refused, once an error. Never raises: the refusal itself counts more.

        A refusal that cannot be noted, as the database is gone or full, leaves a line in the log.
        """
        if error.audited:
            return
        error.audited = True
        facts = {**entry.facts, "status": error.status, "message": error.message}
        try:
            self.record(dataclasses.replace(entry, outcome=error.code, facts=facts))
        except Exception:
            log.exception(
                "refusal not audited action=%s code=%d request=%s",
                entry.action, error.code, entry.actor.request_id,
            )  # fmt: skip
