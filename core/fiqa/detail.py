"""What the pixels of the face are worth: how much detail they hold, and what compression left."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engine.base import Floats
from core.fiqa.mapping import NOT_ASSESSED, sigmoid, to_score
from core.fiqa.report import Measure
from core.fiqa.template import FACE_AXES_XY, FACE_CENTRE_XY, SIZE
from core.fiqa.view import FaceView

BANDS = (0.12, 0.18, 0.24, 0.30, 0.36, 0.42, 0.50)
"""Borders of the spectrum's upper bands, cycles per template pixel; 0.5 is all a crop can hold."""

FLATNESS = 20.0
"""Grey variance (squared levels) of noise alone: keeps a flat face from dividing by zero."""

FLOOR = 0.1
"""Power of rounding to whole levels, below which a band says nothing."""

ENOUGH = 500.0
"""Pixels of the window, by weight, that are needed."""

_LEVELS_DB = (-34.0, -31.0, -29.0, -26.3, -23.3, -19.0, -16.2, -14.5, -13.4)
_WIDTHS_PX = (8, 12, 16, 23, 32, 45, 60, 80, 112)
"""Level of the bands of faces reduced to this width and enlarged again (cubic, linear, Lanczos, 3
and 8 times): means of 62 photos of people (2026-11-24). The photos as they are have -15.2 and
more. 8 and 12 px are drawn on from there."""

_DETAIL = sigmoid(100, 0, 1, 45, 8)
_BLOCKS = sigmoid(100, 1, -1, 2.45, 0.38)
"""JPEG quality 50 scores about 93, 30 about 80, 20 about 60, 15 about 45, 10 about 20, 5 about 2.

OFIQ's own curve belongs to its network's answers."""


def measure_detail(view: FaceView) -> tuple[Measure, ...]:
    """FaceDetail (ours): the width in px of a face that holds as much detail, 112 at most.

    A small face that was enlarged has its many pixels empty of detail, which shows in the upper
    bands of its spectrum: their mean level (dB) against grey's variance in ArcFace's template.
    The edges of JPEG blocks are taken out first.
    """
    level = _upper_level(view)
    if level is None:
        return (Measure("FaceDetail", None, "px", NOT_ASSESSED, "substitute"),)
    width = float(np.interp(level, _LEVELS_DB, _WIDTHS_PX))
    return (Measure("FaceDetail", width, "px", to_score(_DETAIL(width)), "substitute"),)


def _upper_level(view: FaceView) -> float | None:
    window = _window() * _border(view)
    total = float(window.sum())
    if total < ENOUGH:
        return None
    grey = cv2.cvtColor(view.texture_bgr, cv2.COLOR_BGR2GRAY).astype(np.float32)
    centred = grey - float((grey * window).sum()) / total
    variance = float((centred**2 * window).sum()) / total
    spectrum = np.abs(np.fft.rfft2(centred * window)) ** 2 / float((window**2).sum())
    powers = np.bincount(_bands().ravel(), spectrum.ravel(), len(BANDS) + 1)[1 : len(BANDS)]
    means = powers / np.bincount(_bands().ravel(), minlength=len(BANDS) + 1)[1 : len(BANDS)]
    levels = 10 * np.log10(means + FLOOR)
    return float(levels.mean() - 10 * np.log10(variance + FLATNESS))


@lru_cache(maxsize=1)
def _window() -> Floats:
    """float32 (112, 112): falls from 1 in the middle of the face to 0 a little outside it."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    (x, y), (across, down) = FACE_CENTRE_XY, FACE_AXES_XY
    away = ((columns - x) / (across + 12)) ** 2 + ((rows - y + 2) / (down + 6)) ** 2
    window: Floats = np.clip(1 - away, 0, 1).astype(np.float32)
    return window


def _border(view: FaceView) -> Floats | float:
    """1 where the photo is, falling to 0 towards its border, which would be an edge of its own."""
    if view.inside.all():
        return 1.0
    framed = np.pad(view.inside, 1, constant_values=True).astype(np.uint8)
    away = cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1]
    soft: Floats = np.clip((away - 2) / 10, 0, 1).astype(np.float32)
    return soft


@lru_cache(maxsize=1)
def _bands() -> NDArray[np.int64]:
    """int64 (112, 57): which of ``BANDS`` each cell of the spectrum lies in, 0 below all."""
    down, across = np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)[None, :]
    bands: NDArray[np.int64] = np.digitize(np.hypot(down, across), BANDS)
    return bands


def measure_compression(view: FaceView) -> tuple[Measure, ...]:
    """CompressionArtifacts, our substitute for OFIQ's network: visible JPEG blocks.

    log2 of how much grey bends across the edges of the 8x8 grid against inside its blocks.
    """
    name, blocks = "CompressionArtifacts", view.blocks
    if blocks is None:
        return (Measure(name, None, "", NOT_ASSESSED, "substitute"),)
    score = to_score(_BLOCKS(blocks.strength))
    return (Measure(name, blocks.strength, "", score, "substitute"),)
