"""Who calls a route: from a request's headers to a principal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import anyio
from starlette.requests import HTTPConnection, Request

from core.access.door import Visitor
from core.access.roles import EVERYBODY, Principal
from core.errors import AccessError, FaceDeskError
from core.gallery.records import Actor
from core.settings import Settings
from core.web.answering import GetDesk
from core.web.body import require_same_origin
from core.web.gate import PROXY_USER

Result = TypeVar("Result")

THREADS = 4
"""Callers looked up in the database at the same time, beside the workers that compute."""


class Callers:
    """Lets callers in, or writes down that they were refused.

    Args:
        settings: open access asks for nothing.
        desk: gives the desk with its door.
    """

    def __init__(self, settings: Settings, desk: GetDesk) -> None:
        self._settings = settings
        self._desk = desk
        self._limiter: anyio.CapacityLimiter | None = None

    async def admit(self, request: Request, action: str) -> Principal:
        """Who calls, before the body is read.

        Only the ``Authorization`` header and what the gate took from a believed proxy count:
        nothing in the address or the body does.

        Raises Unauthorized, Forbidden, TooManyRequests, NotReady.
        """
        try:
            require_same_origin(request)
        except AccessError as error:
            await self.refused(request, action, error)
            raise
        if self._settings.access == "open":
            return EVERYBODY
        return await self._in_thread(partial(self._ask, action, visitor_of(request)))

    async def refused(
        self,
        connection: HTTPConnection,
        action: str,
        error: AccessError,
        who: Principal | None = None,
    ) -> None:
        """Write down that a connection was refused, and whose it was where that is known."""
        visitor = visitor_of(connection)
        actor = who.actor(visitor.source, visitor.address) if who else None
        await self._in_thread(partial(self._record, action, error, visitor, actor))

    async def _in_thread(self, job: Callable[[], Result]) -> Result:
        if self._limiter is None:  # needs the running loop
            self._limiter = anyio.CapacityLimiter(THREADS)
        return await anyio.to_thread.run_sync(job, limiter=self._limiter)

    def _ask(self, action: str, visitor: Visitor) -> Principal:
        door = self._desk().door
        try:
            return door.admit(visitor)
        except AccessError as error:
            door.refused(action, error, visitor)
            raise

    def _record(
        self, action: str, error: AccessError, visitor: Visitor, actor: Actor | None
    ) -> None:
        try:
            self._desk().door.refused(action, error, visitor, actor)
        except FaceDeskError:
            return  # without a gallery there is no audit; the refusal stands


def visitor_of(connection: HTTPConnection) -> Visitor:
    """What the request, or the opening of a socket, brings along; sockets are the pages'."""
    return Visitor(
        address=connection.client.host if connection.client else "",
        authorization=connection.headers.get("authorization", ""),
        proxy_user=connection.scope.get(PROXY_USER, ""),
        source="page" if connection.scope["type"] == "websocket" else "api",
    )
