"""Whether all of a JPEG file's picture is there: the decoder's own warnings, taken for errors.

A decoder fills in what is missing and says nothing: OpenCV and Pillow hide libjpeg's warnings.
simplejpeg raises the first of them. It is used for nothing else, and after the limits were checked
(docs/decisions/0019-whole-jpegs.md).
"""

from __future__ import annotations

import re

import simplejpeg

from core.errors import ImageError
from core.imaging.jpeg import JpegFile

_COLOURS = {4: "CMYK"}
_SCALE = 8
_PADDING = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
_HARMLESS = "Invalid SOS parameters for sequential JPEG"
"""Some cameras write these numbers wrong; they mean nothing there."""


def require_whole(file: JpegFile) -> None:
    """Raise ImageError when pixels are missing or cannot be made out.

    Every scan is read to its end, but the pixels are made at an eighth of the size. The stripped
    file is looked at, so that no oddity of the metadata is in the way.
    """
    width, height = file.size_wh
    try:
        simplejpeg.decode_jpeg(
            file.stripped,
            _COLOURS.get(file.components, "BGR"),
            fastdct=True,
            fastupsample=True,
            min_height=max(1, height // _SCALE),
            min_width=max(1, width // _SCALE),
        )
    except ValueError as error:
        warning = str(error)
        if _HARMLESS not in warning and not _is_padding(warning, file.stripped):
            raise ImageError("The photo is cut off or damaged; send the original file.") from None


def _is_padding(warning: str, stripped: bytes) -> bool:
    """Whether all it says is that one byte was repeated before the end, as some cameras do."""
    found = _PADDING.search(warning)
    return found is not None and len(set(stripped[-2 - int(found[1]) : -2])) == 1
