"""Answers leave at once, also on a socket that somebody else has bound."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import uvicorn
from anyio.from_thread import start_blocking_portal
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from core.web.prompt import send_at_once


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


async def _delays_of_connections() -> list[int]:
    """What the connections of a server on a socket bound as Streamlit binds it say of the delay."""
    config = uvicorn.Config(_answer, log_config=None)
    config.load()
    made: list[H11Protocol] = []

    def make() -> H11Protocol:
        made.append(H11Protocol(config, ServerState(), {}))
        return made[-1]

    with socket.socket(family=socket.AF_INET) as bound:
        bound.bind(("127.0.0.1", 0))
        server = await asyncio.get_running_loop().create_server(make, sock=bound)
        reader, writer = await asyncio.open_connection(*bound.getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        sockets = [each.transport.get_extra_info("socket") for each in await _connected(made)]
        options = [s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for s in sockets]
        assert (await reader.read()).endswith(b"here\r\n0\r\n\r\n")
        writer.close()
        server.close()
    return options


async def _connected(made: list[H11Protocol]) -> list[H11Protocol]:
    """The protocols, as soon as one has its transport."""
    while not (made and getattr(made[-1], "transport", None)):
        await asyncio.sleep(0.001)
    return made


def test_connections_do_not_wait_for_confirmations() -> None:
    send_at_once()
    send_at_once()
    with start_blocking_portal() as portal:  # this thread may have a loop already: Playwright's
        assert portal.call(asyncio.wait_for, _delays_of_connections(), 10) == [1]
