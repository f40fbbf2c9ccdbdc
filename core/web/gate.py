"""The gate before everything the server serves, pages and sockets as well as the API.

It knows connections, not people: who may talk to this machine, under which name, and which
proxy's word counts. People are the door's business (core/access).
"""

from __future__ import annotations

from functools import partial
from typing import Final

import anyio
import uvicorn.config
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from core.access.door import Visitor
from core.access.network import client_address, is_host_allowed, is_loopback, is_within
from core.errors import FaceDeskError, Forbidden
from core.settings import Settings
from core.web.answering import GetDesk, error_response
from core.web.body import is_foreign

PROXY_USER: Final = "facedesk.proxy_user"
"""Key of the scope under which the gate passes on whom a believed proxy names."""

CONTENT_POLICY: Final = "; ".join(
    (
        "frame-ancestors 'self'",  # in another site's frame a click could be led astray
        "img-src 'self' data: blob:",  # a name may hold markup that shows a picture
        "media-src 'self' data: blob:",
        "connect-src 'self' data: blob:",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
    )
)
"""What the browser itself refuses: pages fetch from this server and from nowhere else."""


class Gate:
    """ASGI middleware. Refuses other machines while access is open, unknown Host names, and
    sockets of another site's pages; browsers are told to fetch from this server alone.

    What a proxy says of user and address is taken from believed proxies only; from anybody else
    the user header is removed, so that nobody behind this gate can be fooled by it.

    Args:
        app: what lies behind.
        settings: access, allowed hosts, proxies.
        desk: gives the desk, for the audit of refusals.
    """

    def __init__(self, app: ASGIApp, settings: Settings, desk: GetDesk) -> None:
        self._app = app
        self._settings = settings
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        peer, port = scope.get("client") or ("", 0)
        forwarded = ", ".join(headers.getlist("x-forwarded-for"))
        address = client_address(peer, forwarded, self._settings.proxy_networks)
        if why := self._why_not(scope, headers):
            visitor = Visitor(address, source="api" if scope["type"] == "http" else "page")
            await anyio.to_thread.run_sync(partial(self._record, why, visitor))
            await _refuse(why, scope, receive, send)
            return
        user = self._proxy_user(peer, headers)
        inner = dict(scope) | {"client": (address, port), PROXY_USER: user}
        if not user:
            inner["headers"] = self._without_user(scope)
        await self._app(inner, receive, partial(_send_with_policy, send))

    def _why_not(self, scope: Scope, headers: Headers) -> Forbidden | None:
        here = (scope.get("server") or ("",))[0] or ""
        if self._settings.access == "open" and not is_loopback(here):
            return Forbidden(
                "This FaceDesk has no access control and serves its own machine only. Set "
                "FACEDESK_ACCESS to accounts, proxy or oidc; docs/access.md says how."
            )
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not is_host_allowed(hosts[0], self._settings):
            return Forbidden(
                "This server does not go by that name; FACEDESK_ALLOWED_HOSTS holds its names."
            )
        # Streamlit would let in every port of this machine, and to decide on a foreign origin it
        # asks a server on the internet for this machine's address.
        if scope["type"] == "websocket" and is_foreign(headers):
            return Forbidden("Sockets of another site's pages are refused.")
        return None

    def _proxy_user(self, peer: str, headers: Headers) -> str:
        if self._settings.access != "proxy" or not is_within(peer, self._settings.proxy_networks):
            return ""
        named = headers.getlist(self._settings.proxy_user_header)
        return named[0] if len(named) == 1 else ""

    def _without_user(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        unwanted = self._settings.proxy_user_header.lower().encode("latin-1")
        return [(name, value) for name, value in scope["headers"] if name.lower() != unwanted]

    def _record(self, why: Forbidden, visitor: Visitor) -> None:
        try:
            self._desk().door.refused("connect", why, visitor)
        except FaceDeskError:
            return  # without a gallery there is no audit; the log has told why


def believe_no_proxy() -> None:
    """Keep uvicorn from taking a client's address out of ``X-Forwarded-For``.

    It believes every program on this machine by default, which could then come under any
    address. Whom to believe is this gate's to decide; it has to see the socket's own address.
    """
    uvicorn.config.ProxyHeadersMiddleware = _passed_on  # type: ignore[attr-defined,assignment]


def _passed_on(app: ASGIApp, trusted_hosts: object) -> ASGIApp:
    return app


async def _send_with_policy(send: Send, message: Message) -> None:
    if message["type"] == "http.response.start":
        headers = MutableHeaders(scope=message)
        headers.append("Content-Security-Policy", CONTENT_POLICY)
        headers.append("X-Frame-Options", "SAMEORIGIN")
    await send(message)


async def _refuse(why: Forbidden, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await error_response(why)(scope, receive, send)
    else:
        await WebSocket(scope, receive, send).close(1008)
