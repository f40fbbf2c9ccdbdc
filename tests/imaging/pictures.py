"""Pictures made on the spot, and their files taken apart."""

import io
import struct
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from PIL import Image

from core.imaging.photo import Limits

LIMITS = Limits(max_bytes=10_000_000, max_pixels=50_000_000, max_side=12_000)
WIDTH, HEIGHT = 96, 64


def corners(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Four quarters of four colours, so that every turn shows; smooth, so that JPEG is near."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[: height // 2, : width // 2] = (220, 30, 30)
    rgb[: height // 2, width // 2 :] = (30, 200, 30)
    rgb[height // 2 :, : width // 2] = (30, 30, 220)
    rgb[height // 2 :, width // 2 :] = (230, 230, 40)
    return Image.fromarray(rgb)


def noise(width: int = 320, height: int = 240) -> Image.Image:
    """A picture whose file is long enough to be cut in every place."""
    rng = np.random.default_rng(7)
    small = rng.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def exif(orientation: int) -> Image.Exif:
    """Orientation, and what nobody wants to keep: maker and place."""
    block = Image.Exif()
    block[0x0112] = orientation
    block[0x010F] = "SECRET-MAKER"
    block.get_ifd(0x8825)[1] = "N"
    return block


def decoded(jpeg: bytes) -> np.ndarray:
    """What another reader sees: uint8 (H, W, 3) BGR, turned only if the file asks for it."""
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels


def segments(jpeg: bytes) -> Iterator[int]:
    """The markers of a JPEG file's header segments, up to the first scan."""
    at = 2
    while jpeg[at + 1] != 0xDA:
        assert jpeg[at] == 0xFF
        yield jpeg[at + 1]
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")


def with_segment(jpeg: bytes, marker: int, payload: bytes) -> bytes:
    """The file with one more segment behind its first two bytes."""
    length = struct.pack(">H", len(payload) + 2)
    return jpeg[:2] + bytes([0xFF, marker]) + length + payload + jpeg[2:]


def with_size(jpeg: bytes, width: int, height: int) -> bytes:
    """The file with a false size in its frame header."""
    at = next(jpeg.index(m) for m in (b"\xff\xc0\x00\x11", b"\xff\xc2\x00\x11") if m in jpeg)
    return jpeg[: at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9 :]
