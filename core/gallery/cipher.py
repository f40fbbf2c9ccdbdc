"""AES-256-GCM for what is stored, and the keys it takes.

A sealed value is ``MAGIC + nonce (12 bytes) + ciphertext + tag (16 bytes)``. Its place (table, row,
kind) is authenticated along with it, so that a value moved to another row does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from typing import Final

from core.errors import NotReady

MAGIC: Final = b"\x00FDE1"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


class Broken(Exception):  # noqa: N818 - never leaves this room
    """A sealed value that does not open: cut short, changed, moved, or of another key."""


class Cipher:
    """One key. Safe to use from several threads.

    Args:
        key: 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        # Takes long to import, and most galleries never need it.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._aead = AESGCM(key)
        self.id = hashlib.sha256(b"facedesk master key" + key).hexdigest()[:16]

    def seal(self, plain: bytes, place: str) -> bytes:
        """The value as it is stored in that place."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return MAGIC + nonce + self._aead.encrypt(nonce, plain, place.encode())

    def open(self, stored: bytes, place: str) -> bytes:
        """The value that was sealed for that place. Raises ``Broken``."""
        from cryptography.exceptions import InvalidTag

        start = len(MAGIC) + NONCE_BYTES
        if not stored.startswith(MAGIC) or len(stored) < start:
            raise Broken
        try:
            nonce = memoryview(stored)[len(MAGIC) : start]
            return self._aead.decrypt(nonce, memoryview(stored)[start:], place.encode())
        except InvalidTag:
            raise Broken from None


def is_sealed(stored: bytes) -> bool:
    """Whether this is a sealed value, or what is left of one that was cut short."""
    return stored[: len(MAGIC)] == MAGIC[: len(stored)]


def new_key() -> bytes:
    """A key: 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def write_key(key: bytes) -> str:
    """The key as base64."""
    return base64.b64encode(key).decode("ascii")


def read_key(text: str) -> bytes:
    """The key from base64.

    Raises:
        NotReady: it is no base64, or not 32 bytes.
    """
    try:
        key = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise NotReady(
            "The encryption key is not valid base64; make one with 'python -m core key new'."
        ) from None
    if len(key) != KEY_BYTES:
        raise NotReady(
            f"The encryption key must be {KEY_BYTES} bytes, this one has {len(key)}; "
            "make one with 'python -m core key new'."
        )
    return key
