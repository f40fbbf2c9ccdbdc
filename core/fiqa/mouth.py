"""Whether a mouth shows where it must be: what tells a mask from a face without any network."""

from __future__ import annotations

import cv2
import numpy as np

from core.fiqa.mapping import NOT_ASSESSED, sigmoid, to_score
from core.fiqa.report import Measure
from core.fiqa.view import FaceView

ROWS, COLUMNS = slice(84, 104), slice(40, 72)
"""Where ArcFace's template (112x112) has the mouth, with room for five points that are off."""

TOP = 76
"""From here down the crop is smoothed; the rest is far enough away not to matter."""

SMOOTHING = 1.5
"""Standard deviation, template px: folds of a mask and noise are finer than a mouth."""

FLATNESS = 3.0
"""Grey levels of noise alone: keeps a flat face from dividing by zero."""

ENOUGH_PIXELS = 200

_SCORE = sigmoid(100, 0, 1, 0.05, 0.012)


def measure_mouth(view: FaceView) -> tuple[Measure, ...]:
    """MouthVisible (ours): how much grey changes down the mouth, against the face's own contrast.

    Lips and the line between them lie across: mean size of the vertical difference of the
    smoothed grey, in levels a template pixel, over the standard deviation of grey in the face
    region + 3. 62 photos of people have .076 and more, a white mask .014, masks of one colour
    drawn over those people .002 to .021, drawn with folds .05 to .12 (2026-11-24): those with
    strong folds are not told from a mouth.
    """
    value = _contrast(view)
    score = NOT_ASSESSED if value is None else to_score(_SCORE(value))
    return (Measure("MouthVisible", value, "", score, "substitute"),)


def _contrast(view: FaceView) -> float | None:
    seen = view.inside[ROWS, COLUMNS]
    if seen.mean() < 0.5 or np.count_nonzero(view.region) < ENOUGH_PIXELS:
        return None
    grey = cv2.cvtColor(view.crop_bgr, cv2.COLOR_BGR2GRAY).astype(np.float32)
    smooth = cv2.GaussianBlur(grey[TOP:], (0, 0), SMOOTHING)
    change = np.abs(np.diff(smooth, axis=0))[ROWS.start - TOP : ROWS.stop - TOP, COLUMNS]
    return float(change[seen].mean() / (grey[view.region].std() + FLATNESS))
