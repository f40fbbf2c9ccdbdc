"""A photo as the rooms pass it on: the working pixels and the clean file to keep."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class CleanFile:
    """A JPEG file without any metadata, and its hexadecimal SHA-256."""

    jpeg: bytes
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One readable photo, upright. What is to be stored may still be under way, in other threads:
    ``sha256``, ``stored_jpeg`` and ``stored_sha256`` wait for it.

    Attributes:
        pixels_bgr: uint8 (H, W, 3), the working copy: decoded at 1/1, 1/2, 1/4 or 1/8 size.
        reduction: 1, 2, 4 or 8: by how much the working copy was reduced.
        source_wh: width and height of the photo, px, upright.
        digest: hexadecimal SHA-256 of the bytes that came in.
        clean: the same photo as the file to keep.
        format: JPEG, PNG, WEBP or BMP: what came in.
        notes: sentences on what was done to it (only the first frame was taken, ...).
    """

    pixels_bgr: Pixels
    reduction: int
    source_wh: tuple[int, int]
    digest: Future[str]
    clean: Future[CleanFile]
    format: str
    notes: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the bytes that came in."""
        return self.digest.result()

    @property
    def stored_jpeg(self) -> bytes:
        """The file to keep."""
        return self.clean.result().jpeg

    @property
    def stored_sha256(self) -> str:
        """Hexadecimal SHA-256 of the file to keep."""
        return self.clean.result().sha256

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
