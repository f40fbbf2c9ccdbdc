"""JPEG decoding that misses nothing: the decoder's warnings, taken for errors.

Where bytes are missing a decoder fills in and says nothing: OpenCV and Pillow hide libjpeg's
warnings. simplejpeg raises the first of them (docs/decisions/0019-whole-jpegs.md). It sees no file
whose header was not held against the limits.
"""

from __future__ import annotations

import re

import simplejpeg

from core.errors import ImageError
from core.imaging.jpeg import JpegFile
from core.imaging.photo import Pixels

_PADDING = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
_HARMLESS = "Invalid SOS parameters for sequential JPEG"
"""Some cameras write these numbers wrong; they mean nothing there."""


def decode_whole(file: JpegFile, reduction: int) -> Pixels:
    """The picture at 1/1, 1/2, 1/4 or 1/8 size, uint8 (H, W, 3) BGR; (H, W, 4) for four channels.

    Every scan is read to its end, at whatever size. The stripped file is decoded, so that no oddity
    of the metadata is in the way; its colours are right where the file is ``plain``.

    Raises ImageError: pixels are missing, or cannot be made out.
    """
    try:
        return _decode(file.stripped, file.size_wh, reduction, _colours(file), strict=True)
    except ValueError as error:
        warning = str(error)
        if _HARMLESS not in warning and not _is_padding(warning, file.stripped):
            raise ImageError("The photo is cut off or damaged; send the original file.") from None
    return _decode(file.stripped, file.size_wh, reduction, _colours(file), strict=False)


def decode_stored(jpeg: bytes, size_wh: tuple[int, int], reduction: int) -> Pixels:
    """The picture of a file that was found whole before, as above."""
    return _decode(jpeg, size_wh, reduction, "BGR", strict=False)


def _colours(file: JpegFile) -> str:
    return "CMYK" if file.components == 4 else "BGR"


def _decode(
    jpeg: bytes, size_wh: tuple[int, int], reduction: int, colours: str, strict: bool
) -> Pixels:
    width, height = (-(-side // reduction) for side in size_wh)
    pixels: Pixels = simplejpeg.decode_jpeg(
        jpeg,
        colours,
        min_height=height,
        min_width=width,
        strict=strict,
    )
    return pixels


def _is_padding(warning: str, stripped: bytes) -> bool:
    """Whether all it says is that one byte was repeated before the end, as some cameras do."""
    found = _PADDING.search(warning)
    return found is not None and len(set(stripped[-2 - int(found[1]) : -2])) == 1
