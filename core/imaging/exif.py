"""The one thing that is taken from a photo's metadata: which way it is up.

Read here and nowhere else, so that the working copy and the stored file cannot disagree.
Source of the layout: Exif 2.32 (CIPA DC-008), section 4.6; TIFF 6.0, section 2.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import cv2
import numpy as np

from core.imaging.photo import Pixels

_ORIENTATION = 0x0112
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_WHOLE_NUMBERS = {3: "H", 4: "I"}


def orientation_of(block: bytes) -> int:
    """The orientation an Exif block asks for, 1..8; 1 when it is broken or says nothing usable.

    Only the first directory is looked at, no pointer is followed.
    """
    tiff = block.removeprefix(b"Exif\0\0")
    order = _BYTE_ORDERS.get(tiff[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(order + "HH", tiff, entry)
            if tag == _ORIENTATION:
                form = _WHOLE_NUMBERS.get(kind, "H")
                (value,) = struct.unpack_from(order + form, tiff, entry + 8)
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def turn_upright(pixels_bgr: Pixels, orientation: int) -> Pixels:
    """Pixels (H, W, 3) that were stored with this orientation, as they are to be seen."""
    turn = _TURNS.get(orientation)
    return np.ascontiguousarray(turn(pixels_bgr) if turn else pixels_bgr)


_TURNS: dict[int, Callable[[cv2.typing.MatLike], cv2.typing.MatLike]] = {
    2: lambda pixels: cv2.flip(pixels, 1),
    3: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_180),
    4: lambda pixels: cv2.flip(pixels, 0),
    5: cv2.transpose,
    6: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
    7: lambda pixels: cv2.flip(cv2.transpose(pixels), -1),
    8: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
}
"""By OpenCV: numpy, which copies pixel by pixel, takes four times as long over a quarter turn."""
