"""JPEG files as segments: found to be complete, stripped of metadata without touching a pixel.

Source of the layout: ITU-T T.81 annex B, JFIF 1.02, Adobe TN5116 (APP14).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import ImageError

JFIF = bytes.fromhex("ffe0 0010 4a46494600 0101 00 0001 0001 00 00".replace(" ", ""))
"""A plain JFIF header: version 1.1, square pixels, no thumbnail."""

MAX_SCANS = 40
"""Encoders write up to about 20; thousands of empty ones make a decoder work for hours."""

_EOI, _SOS, _APP0, _APP14, _COM = 0xD9, 0xDA, 0xE0, 0xEE, 0xFE
_FRAMES = {0xC0, 0xC1, 0xC2}
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_DAMAGED = "The photo's file is damaged; send the original."
_CUT_OFF = "The photo is cut off; send the whole file."
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


@dataclass(frozen=True, slots=True)
class JpegFile:
    """A complete JPEG file taken apart.

    Attributes:
        stripped: the file without APPn, comments and anything behind its end, under a JFIF header.
        plain: whether the stripped file shows the same colours (grey or YCbCr, 8 bit).
        trailing: bytes that followed the end of the picture.
        size_wh: width and height, px, by the frame header.
    """

    stripped: bytes
    plain: bool
    trailing: int
    size_wh: tuple[int, int]


def take_apart(data: bytes) -> JpegFile:
    """Walk a JPEG file's segments to its end.

    Raises ImageError: it ends too early, or is not one picture as T.81 lays it out.
    """
    if data[:2] != b"\xff\xd8":
        raise ImageError("The photo is not a JPEG file.")
    kept: list[bytes | memoryview] = [b"\xff\xd8", JFIF]
    view = memoryview(data)
    at, plain, has_jfif, scans = 2, True, False, 0
    size_wh: tuple[int, int] | None = None
    while True:
        marker, start = _marker_at(data, at)
        if marker == _EOI:
            if size_wh is None or not scans:
                raise ImageError(_DAMAGED)
            kept.append(b"\xff\xd9")
            return JpegFile(b"".join(kept), plain, len(data) - start, size_wh)
        end = start + _length_at(data, start)
        segment = data[start:end]
        if marker == _APP0:
            has_jfif = has_jfif or segment[2:7] == b"JFIF\0"
        elif marker == _APP14:
            plain = plain and not _needs_adobe(segment)
        elif marker in _FRAMES | _OTHER_FRAMES:
            if size_wh is not None or len(segment) < 8:
                raise ImageError(_DAMAGED)
            size_wh = _size_wh(segment)
            plain = plain and marker in _FRAMES and _is_plain_frame(segment, has_jfif)
        elif marker == _SOS:
            scans += 1
            if scans > MAX_SCANS:
                raise ImageError(_DAMAGED)
            end = _scan_end(data, end)
        if not (_APP0 <= marker <= 0xEF or marker == _COM):
            kept += [b"\xff", bytes([marker]), view[start:end]]
        at = end


def _marker_at(data: bytes, at: int) -> tuple[int, int]:
    """The marker at ``at`` (fill bytes skipped) and where its segment's length begins."""
    while at + 1 < len(data) and data[at] == 0xFF and data[at + 1] == 0xFF:
        at += 1
    if at + 1 >= len(data):
        raise ImageError(_CUT_OFF)
    if data[at] != 0xFF:
        raise ImageError(_DAMAGED)
    return data[at + 1], at + 2


def _length_at(data: bytes, start: int) -> int:
    length = int.from_bytes(data[start : start + 2], "big")
    if length < 2:
        raise ImageError(_DAMAGED)
    if start + length > len(data):
        raise ImageError(_CUT_OFF)
    return length


def _scan_end(data: bytes, at: int) -> int:
    """Where the entropy-coded bytes that begin at ``at`` end."""
    found = _NEXT_MARKER.search(data, at)
    if found is None:
        raise ImageError(_CUT_OFF)
    return found.start()


def _needs_adobe(segment: bytes) -> bool:
    """Whether an Adobe segment says anything but plain YCbCr (transform 1)."""
    return segment[2:7] == b"Adobe" and segment[13:14] != b"\x01"


def _size_wh(segment: bytes) -> tuple[int, int]:
    return int.from_bytes(segment[5:7], "big"), int.from_bytes(segment[3:5], "big")


def _is_plain_frame(segment: bytes, has_jfif: bool) -> bool:
    """8 bit, and grey or three components that a JFIF header makes YCbCr."""
    precision, components = segment[2], segment[7]
    ids = segment[8::3][:components]
    return precision == 8 and (components == 1 or (components == 3 and (has_jfif or ids != b"RGB")))
