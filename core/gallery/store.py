"""The gallery: the only writer, and the only door to the database."""

from __future__ import annotations

from types import TracebackType
from typing import Final

from core.gallery.backup import BackingUp
from core.gallery.base import no_seam
from core.gallery.converting import Converting
from core.gallery.credentials import Credentials
from core.gallery.database import Database
from core.gallery.editing import Editing
from core.gallery.erasing import Erasing
from core.gallery.integrity import Integrity
from core.gallery.purging import Purging
from core.gallery.replacing import Replacing
from core.gallery.search_table import forget_search
from core.gallery.transaction import Seam
from core.gallery.vault import Vault
from core.gallery.vectors import Vectors

SEAMS: Final = ("begin", "superseded", "inserted", "audited", "before_commit", "committed")
"""The steps of a replacement, in order, at which a test may break in."""


class Gallery(
    Integrity,
    Replacing,
    Editing,
    Purging,
    Erasing,
    Converting,
    BackingUp,
    Vectors,
    Credentials,
):
    """Everything registered. Safe to use from several threads and several processes."""

    @classmethod
    def open(
        cls,
        url: str,
        max_identities: int,
        max_photos_each: int,
        seam: Seam = no_seam,
        key: bytes | None = None,
    ) -> Gallery:
        """Open the database, create or migrate it when needed.

        Args:
            url: SQLAlchemy URL, for example ``sqlite:///data/gallery.db``.
            max_identities: capacity, people.
            max_photos_each: current photos a person may have.
            seam: for crash tests, called after each step of a change.
            key: the master key, 32 bytes; with it everything new is encrypted.

        Raises:
            NotReady: it cannot be opened, a newer FaceDesk made it, or the key does not fit.
            NoSpaceLeft: the disk is full.
        """
        database = Database(url)
        try:
            if key is not None:
                forget_search(database)
            return cls(database, max_identities, max_photos_each, Vault(key), seam)
        except BaseException:
            database.close()
            raise

    def close(self) -> None:
        """Close every connection; SQLite's log is folded into its file."""
        self.database.close()

    def __enter__(self) -> Gallery:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
