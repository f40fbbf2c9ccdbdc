"""Tickets: what a page hands to its own script so that a socket knows who comes.

A socket is opened by the browser, which knows nothing of a session that the server keeps. The
page's script, which knows who is there, signs a note of it; the socket takes only such notes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from typing import Final

from core.access.roles import Principal
from core.errors import Unauthorized

TICKET_S: Final = 300.0
"""How long a ticket opens a socket, seconds; the page makes a new one at each of its runs."""

_LONGEST = 2000


class Tickets:
    """Makes and reads tickets; the key is this process's own and ends with it.

    Args:
        seconds: how long a ticket counts.
        clock: Unix time.
    """

    def __init__(self, seconds: float = TICKET_S, clock: Callable[[], float] = time.time) -> None:
        self._seconds = seconds
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def mint(self, who: Principal, right: str) -> str:
        """A ticket that says who asks for that right; whether they have it shows at the socket."""
        facts = [who.name, who.role, who.via, right, self._clock() + self._seconds]
        body = base64.urlsafe_b64encode(json.dumps(facts).encode()).decode()
        return f"{body}.{self._sign(body)}"

    def admit(self, ticket: str, right: str) -> Principal:
        """Whose ticket for that right it is; whether they have it is not decided here.

        Raises Unauthorized.
        """
        body, _, signature = ticket[:_LONGEST].partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(body).encode()):
            raise Unauthorized("This is no valid ticket; load the page again.")
        name, role, via, meant, until = json.loads(base64.urlsafe_b64decode(body))
        if meant != right or until < self._clock():
            raise Unauthorized("This ticket has run out; load the page again.")
        return Principal(name, role, via)

    def _sign(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()
