"""D. Container and codec: files that are damaged, foreign, huge, or not what they say."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from core.imaging import samples
from core.imaging.jpeg import MAX_SCANS
from tests.bad_inputs.bench import Bench, Row, field_row, photo_row
from tests.png import ZEROS, chunk, flat_png

Bytes = Callable[[], bytes]
NOISE = np.random.default_rng(7)


def face() -> Image.Image:
    """A portrait that is accepted."""
    bgr = samples.portrait(samples.PORTRAITS[0], 190, 2.6)
    return Image.fromarray(np.ascontiguousarray(bgr[:, :, ::-1]))


def saved(kind: str, image: Callable[[], Image.Image] = face, **options: Any) -> Bytes:
    def make() -> bytes:
        buffer = io.BytesIO()
        image().save(buffer, kind, **options)
        return buffer.getvalue()

    return make


def file(name: str, code: int, make: Bytes | bytes) -> Row:
    return photo_row(name, code, lambda bench: make if isinstance(make, bytes) else make())


def edited(
    name: str, code: int, change: Callable[[bytes], bytes], make: Bytes | None = None
) -> Row:
    def bytes_of(bench: Bench) -> bytes:
        return change(make() if make else bench.pictures["jing"])

    return photo_row(name, code, bytes_of)


def with_segment(marker: int, payload: bytes) -> Callable[[bytes], bytes]:
    length = struct.pack(">H", len(payload) + 2)
    return lambda jpeg: jpeg[:2] + bytes([0xFF, marker]) + length + payload + jpeg[2:]


def saying_size(width: int, height: int) -> Callable[[bytes], bytes]:
    def change(jpeg: bytes) -> bytes:
        at = jpeg.index(b"\xff\xc0\x00\x11")
        return jpeg[: at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9 :]

    return change


def other_frame(marker: int) -> Callable[[bytes], bytes]:
    return lambda jpeg: jpeg.replace(b"\xff\xc0\x00\x11", bytes([0xFF, marker]) + b"\x00\x11", 1)


def other_precision(jpeg: bytes) -> bytes:
    at = jpeg.index(b"\xff\xc0\x00\x11")
    return jpeg[: at + 4] + b"\x0c" + jpeg[at + 5 :]


def missing_middle(jpeg: bytes) -> bytes:
    half = len(jpeg) // 2
    return jpeg[:half] + jpeg[half + 5_000 :]


def cut_and_ended(jpeg: bytes) -> bytes:
    return jpeg[: len(jpeg) * 9 // 10].rstrip(b"\xff") + b"\xff\xd9"


def flat(width: int, height: int, extra: bytes = b"") -> Bytes:
    return lambda: flat_png(width, height, extra=extra)


def damaged(at: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def turned_by_exif(orientation: int) -> Bytes:
    """Stored lying, with a tag that says how to stand it up, and a maker's secret."""
    block = Image.Exif()
    block[0x0112], block[0x010F] = orientation, "SECRET"
    lying = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90}
    turn = lying.get(orientation)
    return saved("JPEG", lambda: face().transpose(turn) if turn else face(), exif=block)


def hidden() -> Image.Image:
    """A face under full transparency."""
    image = face().convert("RGBA")
    image.putalpha(0)
    return image


def many_scans(jpeg: bytes) -> bytes:
    last = jpeg.rindex(b"\xff\xda")
    return jpeg[:last] + jpeg[last:-2] * MAX_SCANS + b"\xff\xd9"


ZIP = b"PK\x05\x06" + bytes(18)
EXIF_LOOP = b"Exif\0\0MM\0*\0\0\0\x08\0\1\x87\x69\0\4\0\0\0\1\0\0\0\x08\0\0\0\x08"
PROGRESSIVE = saved("JPEG", progressive=True)
CMYK = saved("JPEG", lambda: face().convert("CMYK"), quality=95)

ROWS = [
    field_row("D54 0 bytes", 40091, "audit", register_image=""),
    file("D55 one byte", 40003, b"\xff"),
    file("D55 start of a JPEG only", 40003, b"\xff\xd8"),
    file("D55 random bytes", 40003, NOISE.bytes(10_000)),
    edited("D56 JPEG cut in the middle", 40003, lambda d: d[: len(d) // 2]),
    edited("D56 JPEG cut at 99 %", 40003, lambda d: d[: len(d) * 99 // 100]),
    edited("D56 JPEG header only", 40003, lambda d: d[: d.index(b"\xff\xda")]),
    edited("D57 JPEG with a hole", 40003, missing_middle),
    edited("D57 CMYK JPEG with a hole", 40003, missing_middle, CMYK),
    edited("D57 progressive JPEG with a hole", 40003, missing_middle, PROGRESSIVE),
    edited("D57 progressive JPEG cut, an end put on", 40003, cut_and_ended, PROGRESSIVE),
    edited("D58 JPEG that says 65,000 x 65,000", 40007, saying_size(65_000, 65_000)),
    edited("D59 JPEG of no height", 40003, saying_size(494, 0)),
    edited("D59 JPEG of no size", 40003, saying_size(0, 0)),
    file("D60 PNG of 20,000 x 20,000", 40007, flat(20_000, 20_000)),
    file("D60 PNG over the pixels", 40007, flat(10_000, 5_001)),
    file("D61 PNG that says 2^31 px", 40007, b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(
        ">IIBBBBB", 2**31 - 1, 2**31 - 1, 1, 0, 0, 0, 0)) + chunk(b"IEND", b"")),
    file("D62 PNG with 100 MB of text", 40003, flat(64, 64, chunk(b"zTXt", b"k\0\0" + ZEROS))),
    file("D62 PNG with 100 MB of profile", 40003, flat(64, 64, chunk(b"iCCP", b"k\0\0" + ZEROS))),
    file("D62 PNG of 20,000 chunks", 40003, flat(64, 64, chunk(b"tEXt", b"") * 20_000)),
    edited("D63 PNG with a false checksum", 40003, damaged(60), saved("PNG")),
    edited("D63 PNG cut off", 40003, lambda d: d[: len(d) // 2], saved("PNG")),
    file("D64 PBM of 99,999 x 99,999", 40003, b"P1 99999 99999"),
    file("D64 PFM", 40003, b"Pf\n99999 99999\n-1\n"),
    file("D65 SVG", 40003, b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    file("D65 SVG with an outside entity", 40003,
         b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'),
    file("D65 PDF", 40003, b"%PDF-1.7\n"),
    file("D65 HTML", 40003, b"<html><script>alert(1)</script></html>"),
    file("D65 ZIP", 40003, ZIP),
    file("D65 EPS", 40003, b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
    file("D65 film", 40003, b"\0\0\0\x18ftypisom\0\0\0\0isomavc1"),
    file("D65 HEIC", 40003, b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
    file("D66 TIFF", 40003, saved("TIFF")),
    file("D66 GIF", 40003, saved("GIF")),
    file("D66 JPEG 2000", 40003, saved("JPEG2000")),
    file("D66 PNG", 0, saved("PNG")),
    file("D66 WebP", 0, saved("WEBP", quality=95)),
    file("D66 BMP", 0, saved("BMP")),
    file("D67 two pictures in one file", 0, saved("MPO", save_all=True, append_images=[hidden()
         .convert("RGB")])),
    edited("D68 a ZIP file behind it", 0, lambda d: d + ZIP),
    edited("D68 script in a comment", 0, with_segment(0xFE, b"<script>alert(1)</script>")),
    file("D70 lying on its head by EXIF", 0, turned_by_exif(3)),
    file("D70 lying on its side by EXIF", 0, turned_by_exif(6)),
    file("D71 EXIF orientation 99", 0, turned_by_exif(99)),
    edited("D71 EXIF that points to itself", 0, with_segment(0xE1, EXIF_LOOP)),
    edited("D71 64 kB of EXIF", 0, with_segment(0xE1, b"Exif\0\0" + b"\xff" * 65_000)),
    edited("D72 another face in the EXIF thumbnail", 0,
           with_segment(0xE1, b"Exif\0\0MM\0*" + saved("JPEG", lambda: hidden().convert("RGB")
                        .resize((96, 96)))())),
    file("D73 CMYK", 0, CMYK),
    file("D74 grey", 0, saved("JPEG", lambda: face().convert("L"), quality=95)),
    file("D74 palette", 0, saved("PNG", lambda: face().quantize(256))),
    file("D75 a face under full transparency", 40004, saved("PNG", hidden)),
    file("D76 broken colour profile", 0, saved("JPEG", quality=95, icc_profile=b"no profile")),
    edited("D77 scans without end", 40003, many_scans, PROGRESSIVE),
    edited("D78 called arithmetic", 40003, other_frame(0xC9)),
    edited("D78 lossless", 40003, other_frame(0xC3)),
    edited("D78 12 bits", 40003, other_precision),
    file("D79 1 x 1", 40004, flat(1, 1)),
    file("D79 31 x 31", 40004, flat(31, 31)),
    file("D79 20,000 x 1", 40007, flat(20_000, 1)),
    file("D79 1 x 12,000", 40004, flat(1, 12_000)),
    file("D80 over 10 MB", 40007, lambda: saved("JPEG")() + bytes(10_000_000)),
    photo_row("D81 the same file again", 0, lambda bench: bench.pictures["jing_again"]),
]  # fmt: skip
