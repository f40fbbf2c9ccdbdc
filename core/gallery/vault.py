"""Encryption at rest: the master key, and the person's keys that it wraps.

Everything of a person's photos (file, crop, thumbnail, embedding) is sealed with a key of the
person's own. The keys stand in ``person_key``, wrapped by the master key, and go with the person;
a backup does not hold them. Rows that are plain and rows that are sealed may stand side by side
until ``encrypt`` has run.
"""

from __future__ import annotations

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from core.errors import NotReady
from core.gallery.cipher import MAGIC, Broken, Cipher, is_sealed, new_key
from core.gallery.database import Database
from core.gallery.tables import PersonKeyRow, PhotoRow, VaultRow, table_of

KEYS, VAULT = table_of(PersonKeyRow), table_of(VaultRow)
_KEY_OF = select(VAULT.c.master_id, KEYS.c.wrapped).select_from(
    VAULT.outerjoin(KEYS, KEYS.c.identity_id == bindparam("id"))
)
PROOF, PROOF_PLACE = b"facedesk", "vault"
FILES = ("thumb_jpeg", "crop_jpeg", "jpeg")
MISSING_KEY = (
    "The gallery is encrypted; give its key with FACEDESK_KEY_FILE or FACEDESK_KEY and restart."
)
WRONG_KEY = "The encryption key does not fit this gallery; see FACEDESK_KEY_FILE and FACEDESK_KEY."
CHANGED_KEY = (
    "The gallery's encryption was turned on, or its key changed, meanwhile; "
    "restart with the key that it has now."
)
DAMAGED = (
    "A registered photo's data do not decrypt: they were damaged, or moved from another photo; "
    "replace it without identity check."
)


def file_place(photo_id: str, column: str) -> str:
    """Where a photo's bytes belong."""
    return f"photo_file/{photo_id}/{column}"


def vector_place(photo_id: str, engine_id: str) -> str:
    """Where an embedding belongs."""
    return f"face_embedding/{photo_id}/{engine_id}"


def key_place(identity_id: str) -> str:
    """Where a person's wrapped key belongs."""
    return f"person_key/{identity_id}"


class Vault:
    """The master key, or none, of one opened gallery.

    Args:
        master: 32 bytes, or None: nothing is encrypted.
    """

    def __init__(self, master: bytes | None) -> None:
        self.master = Cipher(master) if master is not None else None
        self.all_sealed = False

    def check_in(self, database: Database) -> None:
        """Hold the key against the gallery; the first time with a key turns encryption on.

        Raises:
            NotReady: the key is missing or another one.
        """
        with database.read() as session:
            row = session.get(VaultRow, 1)
        if row is None and self.master is not None:
            with database.write() as session:
                row = session.get(VaultRow, 1) or self._turn_on(session)
        if row is not None:
            self.prove(row)
            self.all_sealed = row.all_sealed

    def prove(self, row: VaultRow) -> None:
        """Raises ``NotReady`` when the gallery's key is not this one."""
        if self.master is None:
            raise NotReady(MISSING_KEY)
        try:
            self.master.open(row.proof, PROOF_PLACE)
        except Broken:
            raise NotReady(WRONG_KEY) from None

    def _turn_on(self, session: Session) -> VaultRow:
        assert self.master is not None
        photos = session.execute(select(func.count()).select_from(PhotoRow)).scalar_one()
        proof = self.master.seal(PROOF, PROOF_PLACE)
        row = VaultRow(id=1, master_id=self.master.id, proof=proof, all_sealed=photos == 0)
        session.add(row)
        session.flush()
        return row


class Keyring:
    """A session's keys: opens and seals what is stored of people.

    Args:
        session: reads the wrapped keys; to seal, it must be a writing one.
        vault: the gallery's.
    """

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault
        self._ciphers: dict[str, Cipher] = {}

    def is_plain(self, stored: bytes) -> bool:
        """Whether this value is stored as it is, where such values are allowed."""
        # What is left of a sealed value that was cut short is told from a plain one only where
        # there are sealed ones.
        sealed = is_sealed(stored) if self._vault.master else stored.startswith(MAGIC)
        return not (sealed or self._vault.all_sealed)

    def open(self, stored: bytes, identity_id: str, place: str) -> bytes:
        """A stored value in plain.

        Raises:
            Broken: it was cut short, changed, or moved from another row or person.
            NotReady: there is no key, or another one.
        """
        if self.is_plain(stored):
            return stored
        if (cipher := self._ciphers.get(identity_id)) is None:
            query = select(PersonKeyRow.wrapped).where(PersonKeyRow.identity_id == identity_id)
            cipher = self._ciphers[identity_id] = self.unwrap(
                self._session.scalar(query), identity_id
            )
        return cipher.open(stored, place)

    def unwrap(self, wrapped: bytes | None, identity_id: str) -> Cipher:
        """A person's key. Raises ``Broken`` when there is none, or as ``open``."""
        if self._vault.master is None:
            raise NotReady(MISSING_KEY)
        if wrapped is None:
            raise Broken
        try:
            return Cipher(self._vault.master.open(wrapped, key_place(identity_id)))
        except Broken:
            self._require_same_key()
            raise

    def cipher_for(self, identity_id: str) -> Cipher | None:
        """The key to seal a person's new data with, made when there is none; None: stay plain.

        Raises:
            NotReady: encryption was turned on, or its key changed, since the gallery was opened.
        """
        row = self._session.execute(_KEY_OF, {"id": identity_id}).first()
        master = self._vault.master
        self._require_key(row.master_id if row else None)
        if master is None:
            return None
        if row is not None and row.wrapped is not None:
            return self.unwrap(row.wrapped, identity_id)
        key = new_key()
        made = {"identity_id": identity_id, "wrapped": master.seal(key, key_place(identity_id))}
        self._session.execute(insert(KEYS).values(made))
        return Cipher(key)

    def change_master(self, new: Cipher) -> int:
        """Wrap every person's key with another master key; returns how many."""
        rows = self._session.execute(select(PersonKeyRow.identity_id, PersonKeyRow.wrapped)).all()
        master = self._vault.master
        if master is None:
            raise NotReady(MISSING_KEY)
        self._require_same_key()
        for identity_id, wrapped in rows:
            place = key_place(identity_id)
            again = new.seal(master.open(wrapped, place), place)
            self._session.execute(
                update(KEYS).where(KEYS.c.identity_id == identity_id).values(wrapped=again)
            )
        proof = {"master_id": new.id, "proof": new.seal(PROOF, PROOF_PLACE)}
        self._session.execute(update(VAULT).values(proof))
        return len(rows)

    def _require_same_key(self) -> None:
        self._require_key(self._session.scalar(select(VAULT.c.master_id)))

    def _require_key(self, now: str | None) -> None:
        if now != (self._vault.master.id if self._vault.master else None):
            raise NotReady(CHANGED_KEY)
