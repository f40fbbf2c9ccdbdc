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
_PROGRESSIVE = 0xC2
_FRAMES = {0xC0, 0xC1, _PROGRESSIVE}
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_COEFFICIENTS = 64
_DAMAGED = "The photo's file is damaged; send the original."
_UNUSUAL = "Lossless, arithmetic-coded and 12-bit JPEG files are not accepted; save it as usual."
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
        components: colour channels, by the frame header.
    """

    stripped: bytes
    plain: bool
    trailing: int
    size_wh: tuple[int, int]
    components: int


def take_apart(data: bytes) -> JpegFile:
    """Walk a JPEG file's segments to its end.

    Raises ImageError: it ends too early, or is not one picture as T.81 lays it out.
    """
    if data[:2] != b"\xff\xd8":
        raise ImageError("The photo is not a JPEG file.")
    kept: list[bytes | memoryview] = [b"\xff\xd8", JFIF]
    view = memoryview(data)
    at, plain, has_jfif, scans = 2, True, False, 0
    frame, progressive = b"", False
    fine: set[tuple[int, int]] = set()
    while True:
        marker, start = _marker_at(data, at)
        if marker == _EOI:
            if not frame or not scans:
                raise ImageError(_DAMAGED)
            kept.append(b"\xff\xd9")
            if progressive and len(fine) < frame[7] * _COEFFICIENTS:
                raise ImageError(_CUT_OFF)
            trailing, size_wh = len(data) - start, _size_wh(frame)
            return JpegFile(b"".join(kept), plain, trailing, size_wh, frame[7])
        end = start + _length_at(data, start)
        segment = data[start:end]
        if marker == _APP0:
            has_jfif = has_jfif or segment[2:7] == b"JFIF\0"
        elif marker == _APP14:
            plain = plain and not _needs_adobe(segment)
        elif marker in _OTHER_FRAMES:
            raise ImageError(_UNUSUAL)
        elif marker in _FRAMES:
            if frame or len(segment) < 8:
                raise ImageError(_DAMAGED)
            if segment[2] != 8:
                raise ImageError(_UNUSUAL)
            frame, progressive = segment, marker == _PROGRESSIVE
            plain = plain and _is_plain_frame(segment, has_jfif)
        elif marker == _SOS:
            scans += 1
            if scans > MAX_SCANS:
                raise ImageError(_DAMAGED)
            fine |= _made_fine(segment)
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


def _made_fine(segment: bytes) -> set[tuple[int, int]]:
    """Which component's coefficients a progressive scan brings to their last bit."""
    ids = segment[3 : 3 + 2 * segment[2] : 2] if len(segment) > 2 else b""
    if len(segment) != 6 + 2 * len(ids):
        raise ImageError(_DAMAGED)
    first, last, bits = segment[-3:]
    if bits & 0x0F:
        return set()
    return {(which, number) for which in ids for number in range(first, min(last, 63) + 1)}


def _needs_adobe(segment: bytes) -> bool:
    """Whether an Adobe segment says anything but plain YCbCr (transform 1)."""
    return segment[2:7] == b"Adobe" and segment[13:14] != b"\x01"


def _size_wh(segment: bytes) -> tuple[int, int]:
    return int.from_bytes(segment[5:7], "big"), int.from_bytes(segment[3:5], "big")


def _is_plain_frame(segment: bytes, has_jfif: bool) -> bool:
    """Grey, or three components that a JFIF header makes YCbCr."""
    components = segment[7]
    ids = segment[8::3][:components]
    return components == 1 or (components == 3 and (has_jfif or ids != b"RGB"))
