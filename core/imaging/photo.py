"""A photo as the rooms pass it on: the working pixels and the clean file to keep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One readable photo, upright.

    Attributes:
        pixels_bgr: uint8 (H, W, 3), the working copy: decoded at 1/1, 1/2, 1/4 or 1/8 size.
        reduction: 1, 2, 4 or 8: by how much the working copy was reduced.
        source_wh: width and height of the photo, px, upright.
        sha256: hexadecimal hash of the bytes that came in.
        stored_jpeg: the same photo as a JPEG file without any metadata, the one to keep.
        stored_sha256: hexadecimal hash of ``stored_jpeg``.
        format: JPEG, PNG, WEBP or BMP: what came in.
        notes: sentences on what was done to it (only the first frame was taken, ...).
    """

    pixels_bgr: Pixels
    reduction: int
    source_wh: tuple[int, int]
    sha256: str
    stored_jpeg: bytes
    stored_sha256: str
    format: str
    notes: tuple[str, ...] = ()

    @property
    def scale(self) -> float:
        """Source pixels per working pixel."""
        return float(max(self.source_wh) / max(self.pixels_bgr.shape[:2]))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a photo may be at most: bytes of the file, pixels in all, pixels along one side."""

    max_bytes: int
    max_pixels: int
    max_side: int
