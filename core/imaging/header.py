"""What a file is, found out from its first bytes and held against the limits: no pixel decoded."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib

from PIL import Image

from core.errors import ImageError, ImageTooLarge, NoFace
from core.imaging.photo import Limits

MIN_SIDE = 32
"""A photo with a shorter side, px, cannot hold a usable face."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP")
"""Decided by the file's content, never by its name."""

HEADER_FAULTS = (OSError, ValueError, SyntaxError, KeyError, EOFError, struct.error, zlib.error)
"""What Pillow raises on a file that it cannot read."""

MAX_PNG_CHUNKS = 10_000
"""More chunks than that are there to keep a reader busy."""

_PNG = b"\x89PNG\r\n\x1a\n"
_FOREIGN = (
    (b"GIF8", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"%PDF", "PDF"),
    (b"<svg", "SVG"),
    (b"<?xml", "SVG"),
)
_FILM_BRANDS = (b"isom", b"iso2", b"mp41", b"mp42", b"avc1", b"qt  ", b"M4V ", b"3gp4", b"3gp5")
_RUN_LENGTH_BMP = (1, 2)
_quiet = threading.Lock()


def open_photo(data: bytes) -> Image.Image:
    """The file with its header read. Raises ImageError, ImageTooLarge (absurdly many pixels)."""
    if data.startswith(_PNG):
        _require_whole_png(data)
    try:
        # The filter list is the process's own: one thread at a time may change it.
        with _quiet, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise ImageTooLarge("The photo has far too many pixels; send a smaller one.") from None
    except HEADER_FAULTS:
        raise ImageError(_why_not(data)) from None
    if header.format == "BMP" and header.info.get("compression") in _RUN_LENGTH_BMP:
        raise ImageError("Compressed BMP files are not accepted; save the photo as JPEG or PNG.")
    return header


def require_size(size_wh: tuple[int, int], limits: Limits) -> None:
    """Raise ImageTooLarge over a limit, NoFace when it is too small to hold a face."""
    width, height = size_wh
    if max(width, height) > limits.max_side:
        raise ImageTooLarge(
            f"The photo is {width} x {height} px; its longest side may have {limits.max_side} px."
        )
    if width * height > limits.max_pixels:
        raise ImageTooLarge(
            f"The photo has {width * height / 1e6:.1f} megapixels; "
            f"the limit is {limits.max_pixels / 1e6:.0f}."
        )
    if min(width, height) < MIN_SIDE:
        raise NoFace(f"The photo is {width} x {height} px: too small to show a usable face.")


def _require_whole_png(data: bytes) -> None:
    """Every chunk there and with its checksum; Pillow looks at neither in the pixel data."""
    at = len(_PNG)
    for _ in range(MAX_PNG_CHUNKS):
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + 12 + length
        if end > len(data):
            raise ImageError("The photo is cut off; send the whole file.")
        checksum = int.from_bytes(data[end - 4 : end], "big")
        if zlib.crc32(memoryview(data)[at + 4 : end - 4]) != checksum:
            break
        if data[at + 4 : at + 8] == b"IEND":
            return
        at = end
    raise ImageError("The photo's file is damaged; send the original.")


def _why_not(data: bytes) -> str:
    start = data[:256].removeprefix(b"\xef\xbb\xbf").lstrip()
    name = next((name for magic, name in _FOREIGN if start.startswith(magic)), None)
    if data[4:8] == b"ftyp":
        name = "Film" if data[8:12] in _FILM_BRANDS else "HEIC or AVIF"
    if name:
        return f"{name} files are not accepted; save the photo as JPEG, PNG, WebP or BMP."
    return "This is not a readable photo; send a JPEG, PNG, WebP or BMP file."
