"""What every part of the gallery stands on: the database, the limits, the transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.gallery.database import Database
from core.gallery.transaction import Seam, Transaction
from core.gallery.vault import Vault

NAMELESS = "佚名"
"""The documented default name of a new identity."""


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
    def transaction(self) -> Iterator[Transaction]:
        """Hold the write lock: everything inside is committed at the end, or nothing of it.

        Raises:
            NotReady: another writer did not finish in time, or the database is gone.
            NoSpaceLeft: the disk is full.
        """
        with self.database.write() as session:
            tx = Transaction(session, self.vault, self.seam)
            self.seam("begin")
            yield tx
            tx.finish()
            self.seam("before_commit")
        self.seam("committed")
