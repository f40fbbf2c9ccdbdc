"""What is no HTTP: refused by the server before any application, but in the one error shape."""

from __future__ import annotations

import logging

import h11
import uvicorn.config
from uvicorn.protocols.http import h11_impl

from core.errors import BadRequest
from core.web.answering import error_response

security = logging.getLogger("facedesk.security")


def answer_malformed() -> None:
    """Let uvicorn refuse in the contract's shape, with a line in the security log.

    By itself it answers two lengths, a broken header or no HTTP at all with a line of text of its
    own, which no client of the contract understands. Where httptools is installed it would read
    requests with that, which bounds no header and is not as strict: h11 reads them everywhere.
    """
    uvicorn.config.HTTP_PROTOCOLS["auto"] = uvicorn.config.HTTP_PROTOCOLS["h11"]
    h11_impl.H11Protocol.send_400_response = _refuse  # type: ignore[assignment,method-assign]


def _refuse(protocol: h11_impl.H11Protocol, message: str) -> None:
    error = BadRequest("This is not a valid HTTP request.")
    client = protocol.client[0] if protocol.client else ""
    security.warning("refused malformed HTTP client=%s code=%d", client, error.code)
    response = error_response(error)
    headers = [*response.raw_headers, (b"connection", b"close")]
    for event in (
        h11.Response(status_code=error.http, headers=headers, reason=b"Bad Request"),
        h11.Data(data=bytes(response.body)),
        h11.EndOfMessage(),
    ):
        protocol.transport.write(protocol.conn.send(event) or b"")
    protocol.transport.close()
