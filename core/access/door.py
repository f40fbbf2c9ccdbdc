"""The door: credentials in, a principal out; what is refused is written down."""

from __future__ import annotations

import hashlib
import logging
import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from core.access.limits import Buckets, Lockout
from core.access.roles import EVERYBODY, LONGEST_NAME, Principal, is_name
from core.access.secrets import hash_secret, is_password, is_same, split_token
from core.access.tickets import Tickets
from core.contract.fields import ROLES, Role
from core.errors import FaceDeskError, Forbidden, TooManyRequests, Unauthorized
from core.gallery.records import Account, Actor, AuditEntry
from core.gallery.store import Gallery
from core.settings import Settings

log = logging.getLogger("facedesk")

NOTE_EVERY_S: Final = 60.0
"""A token's last use is written down at most so often."""

REFUSALS_PER_MINUTE: Final = 60
"""Refusals of one address that reach the audit; a flood of them goes to the log alone."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a connection brings along.

    Attributes:
        address: the other end of the socket, or whom a believed proxy speaks for.
        authorization: the header of this name.
        proxy_user: whom a believed proxy names; empty from anybody else.
        source: ``api`` or ``page``.
    """

    address: str
    authorization: str = field(default="", repr=False)
    proxy_user: str = ""
    source: str = "api"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who signed in to the pages; kept by the server, never sent to the browser.

    ``stamp`` ends it when the password changes, ``until`` (Unix time) at the latest.
    """

    name: str
    stamp: str = field(repr=False)
    until: float


class Door:
    """Says who comes in, as the settings have it.

    Args:
        settings: the mode, the limits, the roles of proxy and OIDC users.
        gallery: holds accounts, tokens and the audit.
    """

    def __init__(self, settings: Settings, gallery: Gallery) -> None:
        self._settings = settings
        self._gallery = gallery
        self._buckets = Buckets(settings.rate_per_minute, settings.rate_burst)
        self._lockout = Lockout(settings.lockout_failures, settings.lockout_minutes)
        self.tickets = Tickets()
        self._noted = Buckets(REFUSALS_PER_MINUTE, REFUSALS_PER_MINUTE)
        self._used: dict[str, float] = {}
        self._lock = threading.Lock()

    def admit(self, visitor: Visitor) -> Principal:
        """Who calls the API. Raises Unauthorized, Forbidden, TooManyRequests."""
        if self._settings.access == "open":
            return EVERYBODY
        try:
            if visitor.proxy_user and not visitor.authorization:
                principal = self.proxied(visitor.proxy_user)
                key = f"user:{principal.name}"
            else:
                principal, key = self._bearer(visitor)
        except Unauthorized:
            self._throttle(f"address:{visitor.address}")
            raise
        self._throttle(key)
        return principal

    def proxied(self, name: str) -> Principal:
        """Somebody whom a believed proxy names. Raises Unauthorized, Forbidden."""
        if self._settings.access != "proxy":
            raise Unauthorized()
        return Principal(_clean(name), self._role_of(_clean(name)), "proxy")

    def claimed(self, claims: Mapping[str, Any]) -> Principal:
        """Somebody whom the OIDC provider names. Raises Unauthorized, Forbidden.

        Streamlit's cookie lasts 30 days; the time of signing in, ``iat``, decides here.
        """
        if self._settings.access != "oidc" or self._is_over(claims.get("iat")):
            raise Unauthorized()
        name = claims.get(self._settings.oidc_name_claim)
        if not isinstance(name, str) or claims.get("email_verified") is False:
            raise Forbidden("Your identity provider does not vouch for your name.")
        held = claims.get(self._settings.oidc_role_claim)
        named = held if isinstance(held, list) else [held]
        roles = [role for role in ROLES if role in named]
        return Principal(_clean(name), roles[-1] if roles else self._role_of(_clean(name)), "oidc")

    def _is_over(self, since: object) -> bool:
        """Whether a session that began then (Unix time) has had its hours, or began never."""
        hours = self._settings.session_hours
        return not isinstance(since, (int, float)) or since + hours * 3600 < time.time()

    def sign_in(self, name: str, password: str, visitor: Visitor) -> Session:
        """Open a session of the pages. Raises Unauthorized, TooManyRequests (locked out)."""
        keys = (f"user:{name[:LONGEST_NAME]}", f"address:{visitor.address}")
        if wait := self._lockout.wait(*keys):
            raise _too_many(wait, "Too many wrong passwords.")
        account = self._gallery.account(name)
        good = is_password(account.password_hash if account else None, password)
        if not good or account is None or account.disabled:
            self._fail(visitor, *keys)
            raise Unauthorized("This name and password do not belong together.")
        self._lockout.clear(keys[0])
        self._gallery.note_use(account=name)
        until = time.time() + self._settings.session_hours * 3600
        return Session(name, _stamp(account), until)

    def resume(self, session: Session) -> Principal:
        """Whose session it is. Raises Unauthorized once it has ended."""
        account = self._gallery.account(session.name)
        if (
            self._settings.access != "accounts"
            or account is None
            or account.disabled
            or session.until < time.time()
            or not is_same(session.stamp, _stamp(account))
        ):
            raise Unauthorized("Your session has ended; sign in again.")
        return Principal(account.name, account.role, "account")

    def refused(
        self, action: str, error: FaceDeskError, visitor: Visitor, actor: Actor | None = None
    ) -> None:
        """Write a refusal down; a gallery that is down must not hide it."""
        actor = replace(actor or Actor(source=visitor.source), address=visitor.address)
        log.warning("refused action=%s code=%d address=%s", action, error.code, visitor.address)
        if self._noted.take(visitor.address):
            return
        facts = {"status": error.status, "message": error.message}
        try:
            self._gallery.record(AuditEntry(action, error.code, facts=facts, actor=actor))
            error.audited = True
        except FaceDeskError as failure:
            log.error("refusal not recorded message=%s", failure.message)

    def _bearer(self, visitor: Visitor) -> tuple[Principal, str]:
        scheme, _, text = visitor.authorization.partition(" ")
        if not visitor.authorization:
            raise Unauthorized("Send a token: Authorization: Bearer …")
        parts = split_token(text.strip()) if scheme.lower() == "bearer" else None
        token = self._gallery.token(parts[0]) if parts else None
        known = is_same(
            hash_secret(parts[1] if parts else ""), token.secret_sha256 if token else ""
        )
        if token is None or not known:
            key = f"address:{visitor.address}"
            if wait := self._lockout.wait(key):
                raise _too_many(wait, "Too many wrong tokens.")
            self._fail(visitor, key)
            raise Unauthorized("This is no valid token.")
        if not token.is_valid:
            raise Unauthorized("This token has expired or was revoked; use another one.")
        self._note_token(token.id)
        return Principal(token.name, token.role, "token"), f"token:{token.id}"

    def _note_token(self, token_id: str) -> None:
        with self._lock:
            now = time.monotonic()
            if now - self._used.get(token_id, -NOTE_EVERY_S) < NOTE_EVERY_S:
                return
            self._used[token_id] = now
        try:
            self._gallery.note_use(token_id=token_id)
        except FaceDeskError as failure:
            log.error("token use not noted message=%s", failure.message)

    def _fail(self, visitor: Visitor, *keys: str) -> None:
        for key in self._lockout.fail(*keys):
            actor = Actor(operator=key, source=visitor.source)
            self.refused("lock_out", TooManyRequests(), visitor, actor)

    def _throttle(self, key: str) -> None:
        if wait := self._buckets.take(key):
            raise _too_many(wait, "Too many requests.")

    def _role_of(self, name: str) -> Role:
        roles = self._settings.role_of
        role = roles.get(name) or roles.get("*")
        if role is None:
            raise Forbidden("You have no role here; ask whoever runs this FaceDesk for one.")
        return role


def _too_many(wait_s: float, what: str) -> TooManyRequests:
    seconds = math.ceil(wait_s)
    return TooManyRequests(f"{what} Try again in {seconds} s.", retry_after_s=seconds)


def _stamp(account: Account) -> str:
    return hashlib.sha256(account.password_hash.encode()).hexdigest()


def _clean(name: str) -> str:
    """The name, when it is one. Raises Unauthorized."""
    if not is_name(name):
        raise Unauthorized("Nobody is named, or not by a name.")
    return name.strip()
