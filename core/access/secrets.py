"""Passwords and tokens: made, hashed, compared.

A password is guessable, so its hash is slow: argon2id with the parameters of RFC 9106's second
choice (64 MB, 3 passes, 4 lanes). A token is 256 random bits, which nobody guesses: one SHA-256
is enough, and as fast as a request needs it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import ParameterError

SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 200
TOKEN_MARK: Final = "facedesk"
"""Tokens begin with it, so that a leaked one is recognised."""

_hasher = PasswordHasher()
_turns = threading.Semaphore(2)  # 64 MB each: not as many at once as strangers like


def hash_password(password: str) -> str:
    """What is stored of a password. Raises ParameterError when it is too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise ParameterError(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
        )
    with _turns:
        return _hasher.hash(password)


def is_password(stored: str | None, password: str) -> bool:
    """Whether it is the stored one; takes as long when nothing is stored."""
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        with _turns:
            return _hasher.verify(stored or _nobodys(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def _nobodys() -> str:
    """A hash that no password has, made at the first need."""
    global _nobody
    if not _nobody:
        _nobody = _hasher.hash(secrets.token_urlsafe())
    return _nobody


_nobody = ""


def new_token() -> tuple[str, str, str]:
    """A fresh token: its public id, the SHA-256 of its secret, and the text to show once."""
    token_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return token_id, hash_secret(secret), f"{TOKEN_MARK}_{token_id}_{secret}"


def hash_secret(secret: str) -> str:
    """SHA-256 of a token's secret, as hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def split_token(text: str) -> tuple[str, str] | None:
    """Public id and secret of a token; None when it is none."""
    mark, _, rest = text.partition("_")
    token_id, _, secret = rest.partition("_")
    return (token_id, secret) if mark == TOKEN_MARK and token_id and secret else None


def is_same(one: str, other: str) -> bool:
    """Compare in a time that does not tell how far both agree."""
    return hmac.compare_digest(one.encode(), other.encode())
