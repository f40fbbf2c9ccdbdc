"""A small reverse proxy, as one stands before FaceDesk: it says who comes, and nobody else may."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer

PLACE = "127.0.0.2"
"""Where it comes from: another loopback address than the browser, so that it alone is believed."""

CLIENT = "203.0.113.7"
_OURS = ("x-forwarded-user:", "x-forwarded-for:", "connection:")


class ReverseProxy(ThreadingTCPServer):
    """Passes requests and sockets on, a user's name put into each head; what came there goes."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, upstream: int, user: str) -> None:
        self.upstream, self.user = upstream, user
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseRequestHandler):
    server: ReverseProxy

    def handle(self) -> None:
        head, rest = b"", b""
        while b"\r\n\r\n" not in head:
            block = self.request.recv(65536)
            if not block:
                return
            head += block
        head, _, rest = head.partition(b"\r\n\r\n")
        with socket.create_connection(
            ("127.0.0.1", self.server.upstream), source_address=(PLACE, 0)
        ) as upstream:
            upstream.sendall(self._own(head.decode("latin-1")) + rest)
            back = threading.Thread(target=_pump, args=(upstream, self.request), daemon=True)
            back.start()
            _pump(self.request, upstream)
            back.join()

    def _own(self, head: str) -> bytes:
        first, *lines = head.split("\r\n")
        upgrades = any(line.lower().startswith("upgrade:") for line in lines)
        kept = [line for line in lines if not line.lower().startswith(_OURS)]
        kept.append(f"Connection: {'Upgrade' if upgrades else 'close'}")
        kept.append(f"X-Forwarded-User: {self.server.user}")
        kept.append(f"X-Forwarded-For: {CLIENT}")
        return "\r\n".join([first, *kept, "", ""]).encode("latin-1")


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def proxying(upstream: int, user: str) -> Iterator[str]:
    """A proxy that names this user; gives its address."""
    with ReverseProxy(upstream, user) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_address[1]}"
        proxy.shutdown()
