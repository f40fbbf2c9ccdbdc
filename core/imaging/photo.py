"""A photo as the rooms pass it on: the working pixels and the clean file to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One readable photo, upright.

    Attributes:
        pixels_bgr: uint8 (H, W, 3), the working copy: decoded at 1/1, 1/2, 1/4 or 1/8 size.
        scale: source pixels per working pixel (1.0 when decoded whole).
        source_wh: width and height of the photo, px, upright.
        sha256: hexadecimal hash of the bytes that came in.
        stored_jpeg: the same photo as a JPEG file without any metadata, the one to keep.
        format: JPEG, PNG, WEBP or BMP: what came in.
        notes: sentences on what was done to it (first frame taken, turned by EXIF, ...).
        decode_finer: decodes the same photo whole, for faces that are small in the working copy.
    """

    pixels_bgr: Pixels
    scale: float
    source_wh: tuple[int, int]
    sha256: str
    stored_jpeg: bytes
    format: str
    notes: tuple[str, ...]
    decode_finer: Callable[[], Pixels]
