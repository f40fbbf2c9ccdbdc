"""Everything that is measured, in one list.

A further source of measures, such as a model for masks, is one more function here (or one more
in ``examine(measurers=...)``, as those of ``networks.py``), and rows in ``criteria.py``,
``texts`` and the policies.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from core.fiqa.colour import measure_colour
from core.fiqa.detail import measure_compression, measure_detail
from core.fiqa.geometry import measure_faces, measure_place, measure_pose, measure_size
from core.fiqa.luminance import measure_luminance
from core.fiqa.mapping import NOT_ASSESSED
from core.fiqa.mouth import measure_mouth
from core.fiqa.report import Measure
from core.fiqa.sharpness import measure_sharpness
from core.fiqa.view import FaceView

Measurer = Callable[[FaceView], Sequence[Measure]]
"""Takes one face and gives the measures it knows; None as native value where it cannot."""

MEASURERS: tuple[Measurer, ...] = (
    measure_pose,
    measure_sharpness,
    measure_detail,
    measure_compression,
    measure_size,
    measure_place,
    measure_colour,
    measure_luminance,
    measure_mouth,
    measure_faces,
)


def measurers_of(engine: str) -> tuple[Measurer, ...]:
    """The same, of faces that this engine found."""
    told = partial(measure_faces, engine=engine)
    return tuple(told if each is measure_faces else each for each in MEASURERS)


def measure_all(
    view: FaceView,
    measurers: Iterable[Measurer] = MEASURERS,
    before: Mapping[str, Measure] | None = None,
) -> dict[str, Measure]:
    """Every measure by name, after those ``before``; a native value that is not finite becomes
    None, score -1.

    Of two with one name the later counts. An earlier one from another source is kept as
    ``name/source``, to be shown.
    """
    found = dict(before or {})
    for measurer in measurers:
        for measure in measurer(view):
            earlier = found.get(measure.name)
            if earlier is not None and earlier.source != measure.source:
                found[f"{earlier.name}/{earlier.source}"] = earlier
            found[measure.name] = _finite(measure)
    return found


def _finite(measure: Measure) -> Measure:
    if measure.native is not None and math.isfinite(measure.native):
        return measure
    return replace(measure, native=None, score=NOT_ASSESSED)
