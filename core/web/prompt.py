"""Answers that leave at once, and not when the caller's machine confirms their first half."""

from __future__ import annotations

import asyncio
import socket

from uvicorn.protocols.http import h11_impl

_connected = h11_impl.H11Protocol.connection_made


def send_at_once() -> None:
    """Let every connection of uvicorn send without Nagle's algorithm (``TCP_NODELAY``).

    asyncio sets it on sockets that it made itself; Streamlit binds its own, of which asyncio
    cannot tell that they are TCP. Then the body of an answer, written after its headers, waits
    for the caller's delayed confirmation: 40 ms on Linux.
    """
    h11_impl.H11Protocol.connection_made = _without_delay  # type: ignore[assignment,method-assign]


def _without_delay(protocol: h11_impl.H11Protocol, transport: asyncio.Transport) -> None:
    connection = transport.get_extra_info("socket")
    if connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _connected(protocol, transport)
