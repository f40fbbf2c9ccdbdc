"""PNG files put together by hand: what no library would write."""

from __future__ import annotations

import struct
import zlib
from functools import cache

ZEROS = zlib.compress(bytes(100_000_000), 9)
"""100 MB of them, in 97 kB."""


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@cache
def flat_png(width: int, height: int, depth: int = 1, extra: bytes = b"") -> bytes:
    """A grey PNG made without ever holding its pixels; ``extra`` chunks follow the header."""
    row = b"\0" + b"\xff" * ((width * depth + 7) // 8)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")
