"""Everything that is measured, in one list.

A further source of measures, such as a model for masks or eyes, is one more function here (or
one more in ``examine(measurers=...)``), and rows in ``criteria.py``, ``texts`` and the policies.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from core.fiqa.colour import measure_colour
from core.fiqa.geometry import measure_faces, measure_place, measure_pose, measure_size
from core.fiqa.luminance import measure_luminance
from core.fiqa.mapping import NOT_ASSESSED
from core.fiqa.report import Measure
from core.fiqa.sharpness import measure_sharpness
from core.fiqa.view import FaceView

Measurer = Callable[[FaceView], Sequence[Measure]]
"""Takes one face and gives the measures it knows; None as native value where it cannot."""

MEASURERS: tuple[Measurer, ...] = (
    measure_pose,
    measure_sharpness,
    measure_size,
    measure_place,
    measure_colour,
    measure_luminance,
    measure_faces,
)


def measure_all(view: FaceView, measurers: Iterable[Measurer] = MEASURERS) -> dict[str, Measure]:
    """Every measure by name; a native value that is not finite becomes None, score -1."""
    found = (_finite(measure) for measurer in measurers for measure in measurer(view))
    return {measure.name: measure for measure in found}


def _finite(measure: Measure) -> Measure:
    if measure.native is not None and math.isfinite(measure.native):
        return measure
    return replace(measure, native=None, score=NOT_ASSESSED)
