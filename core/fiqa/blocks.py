"""The 8x8 blocks that strong JPEG compression leaves: how visible, and the face without them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engine.base import Face, Floats, Pixels

Whole = NDArray[np.int64]

JPEG_BLOCK = 8
"""Side of a JPEG block in source pixels (ITU-T T.81)."""

LARGEST = 256
"""Side of the middle of the face that is looked at, px; more tells nothing new."""

FEWEST = 4
"""Blocks across that are needed to tell a grid from chance."""

NOISE = 0.3
"""Levels of grey: keeps a flat face, where nothing bends anywhere, from dividing by zero."""

VISIBLE = 1.5
"""From here on (JPEG quality 40 and less) the edges are texture that the face does not have."""

_HALVED = (0.0, 0.1, 0.22, 0.35, 0.45, 0.58, 0.92)
_WHOLE = (0.0, 1.5, 1.9, 2.3, 2.55, 3.0, 4.8)
"""What the edges of 4 px blocks, left by decoding at half the size, tell of those of 8 px: means
of 62 photos of people compressed to quality 50, 30, 20, 15, 10 and 2 (2026-11-24)."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """A grid of blocks in the working copy.

    Attributes:
        strength: log2 of how much grey bends across the edges against inside the blocks, mean of
            both directions; 0 where no grid shows.
        period: side of a block, px.
        edges_xy: column and row after which the first edge comes, 0 to period - 1.
    """

    strength: float
    period: int
    edges_xy: tuple[int, int]


def find_blocks(pixels_bgr: Pixels, scale: float, face: Face) -> Blocks | None:
    """The grid in the middle of a face, or None when the face is too small to tell.

    The grid may begin anywhere, for the photo may have been cut after it was compressed. From a
    reduction to a quarter on blocks are smaller than the copy that is judged shows: strength 0.

    Args:
        pixels_bgr: uint8 (H, W, 3), the working copy.
        scale: source pixels per working pixel.
        face: px of the working copy.
    """
    period = round(JPEG_BLOCK / scale)
    if period < 3:
        return Blocks(0.0, JPEG_BLOCK, (0, 0))
    start, stop = _middle(face, pixels_bgr.shape[:2])
    if (stop - start).min() < FEWEST * period:
        return None
    (left, top), (right, bottom) = start, stop
    middle = np.ascontiguousarray(pixels_bgr[top:bottom, left:right])
    grey = cv2.cvtColor(middle, cv2.COLOR_BGR2GRAY).astype(np.float32)
    across, column = _edges(grey, int(left), period)
    down, row = _edges(grey.T, int(top), period)
    strength = (across + down) / 2
    if period < JPEG_BLOCK:
        strength = float(np.interp(strength, _HALVED, _WHOLE))
    return Blocks(strength, period, (column, row))


def _middle(face: Face, size_hw: tuple[int, ...]) -> tuple[Whole, Whole]:
    """First pixel and end of the square that is looked at; x, y."""
    if not np.isfinite(face.box_xyxy).all():
        return np.zeros(2, np.int64), np.zeros(2, np.int64)
    centre = (face.box_xyxy[:2] + face.box_xyxy[2:]) / 2
    half = np.minimum(face.box_xyxy[2:] - face.box_xyxy[:2], LARGEST) / 2
    limit_xy = np.array(size_hw[::-1])
    start = np.clip(centre - half, 0, limit_xy).astype(np.int64)
    return start, np.clip(centre + half, 0, limit_xy).astype(np.int64)


def _edges(grey: Floats, offset: int, period: int) -> tuple[float, int]:
    """Strength of the most visible grid of vertical edges, and the column it begins after.

    How much grey bends between two columns: their step against the mean of the steps beside it.
    """
    steps = np.diff(grey, axis=1)
    bends = np.abs(steps[:, 1:-1] - (steps[:, :-2] + steps[:, 2:]) / 2).mean(axis=0)
    phases = (np.arange(len(bends)) + 1 + offset) % period
    profile = np.array([bends[phases == phase].mean() for phase in range(period)])
    edge = int(profile.argmax())
    inside = float(np.median(np.delete(profile, edge)))
    return float(np.log2((profile[edge] + NOISE) / (inside + NOISE))), edge


def without_edges(pixels_bgr: Pixels, blocks: Blocks, offset_xy: tuple[int, int]) -> Pixels:
    """The pixels, uint8 (H, W, 3), with each step at a block's edge spread over half a block.

    Only what the step exceeds the slope beside it by is taken away, so that an outline of the
    face that crosses the grid stays.

    Args:
        pixels_bgr: uint8 (H, W, 3), a part of the working copy.
        blocks: the grid, counted in the working copy.
        offset_xy: where the part begins in the working copy.
    """
    spread = pixels_bgr.astype(np.float32)
    for axis, edge, offset in zip((1, 0), blocks.edges_xy, offset_xy, strict=True):
        turned = spread.swapaxes(0, axis)
        first = (edge - offset) % blocks.period
        _spread(turned, first, blocks.period)
    cleaned: Pixels = np.rint(spread).clip(0, 255).astype(np.uint8)
    return cleaned


def _spread(lines: Floats, first: int, period: int) -> None:
    """Spread the steps between line ``first`` + n * ``period`` and the next one, in place."""
    reach = period // 2
    at = np.arange(first, len(lines), period)
    at = at[(at >= reach) & (at + reach + 1 < len(lines))]
    beside = (lines[at] - lines[at - 1] + lines[at + 2] - lines[at + 1]) / 2
    step = lines[at + 1] - lines[at] - beside
    for distance in range(reach):
        share = 0.5 * (1 - distance / (reach - 0.5))
        lines[at - distance] += share * step
        lines[at + 1 + distance] -= share * step
