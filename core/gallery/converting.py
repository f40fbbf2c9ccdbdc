"""Encrypting a gallery that is plain, and changing the master key."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, func, or_, select, update

from core.errors import NotReady
from core.gallery.base import Store
from core.gallery.cipher import MAGIC, Cipher, is_sealed
from core.gallery.records import Actor, AuditEntry
from core.gallery.tables import EmbeddingRow, PhotoFileRow, PhotoRow, VaultRow, table_of
from core.gallery.transaction import Transaction
from core.gallery.vault import FILES, file_place, vector_place

BATCH = 20
"""Photos a transaction."""


class Converting(Store):
    """Encrypt what is plain; change the key."""

    def count_plain(self) -> int:
        """How many photos are not encrypted, the kept ones too."""
        query = select(func.count()).select_from(PhotoRow).join(EmbeddingRow).join(PhotoFileRow)
        with self.database.read() as session:
            return session.execute(query.where(_is_plain())).scalar_one()

    def encrypt(self, actor: Actor) -> Iterator[int]:
        """Encrypt every photo that is plain, a batch a step; yields how many each time.

        A run that was stopped goes on where it stopped. At the end plain rows are refused for
        good, and the plain bytes are wiped from the database's log.

        Raises:
            NotReady: no key is set.
        """
        if self.vault.master is None:
            raise NotReady("Set FACEDESK_KEY_FILE or FACEDESK_KEY first: 'python -m core key new'.")
        total = done = 0
        while True:
            with self.transaction() as tx:
                done = _encrypt_batch(tx)
                total += done
                if not done:
                    tx.session.execute(update(table_of(VaultRow)).values(all_sealed=True))
                    facts = {"photos": total, "master_id": self.vault.master.id}
                    tx.audit(AuditEntry("encrypt", facts=facts, actor=actor))
                    break
            yield done
        self.vault.all_sealed = True
        self.database.erase_traces()

    def rekey(self, new: bytes, actor: Actor) -> int:
        """Change the master key, in one transaction; returns how many people's keys it wraps.

        Photos are not touched. Other running processes must be restarted with the new key.

        Raises:
            NotReady: the gallery is not encrypted, or its key was changed meanwhile.
        """
        cipher = Cipher(new)
        with self.transaction() as tx:
            count = tx.keys.change_master(cipher)
            facts = {"people": count, "master_id": cipher.id}
            tx.audit(AuditEntry("rekey", facts=facts, actor=actor))
        self.vault.master = cipher
        self.database.erase_traces()
        return count


def _is_plain() -> ColumnElement[bool]:
    # The thumbnail comes first in its row, so that this reads no photo.
    columns = (PhotoFileRow.thumb_jpeg, EmbeddingRow.vector)
    return or_(*(func.substr(column, 1, len(MAGIC)) != MAGIC for column in columns))


def _encrypt_batch(tx: Transaction) -> int:
    query = select(PhotoRow, PhotoFileRow).join(EmbeddingRow).join(PhotoFileRow)
    rows = tx.session.execute(query.where(_is_plain()).limit(BATCH)).all()
    for photo, file in rows:
        cipher = tx.keys.cipher_for(photo.identity_id)
        assert cipher is not None, "the vault has a key"
        for name in FILES:
            if not is_sealed(plain := getattr(file, name)):
                setattr(file, name, cipher.seal(plain, file_place(photo.id, name)))
        embedding = photo.embedding
        if not is_sealed(embedding.vector):
            place = vector_place(photo.id, embedding.engine_id)
            embedding.vector = cipher.seal(embedding.vector, place)
    return len(rows)
