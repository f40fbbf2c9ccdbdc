"""What a recogniser still makes of a face that misses even the low level, by its worst defect.

Below the lowest limit every measure has its own scale: OFIQ's UnderExposurePrevention is 0 as
soon as all of the face is dark, which no recogniser minds, its OverExposurePrevention falls from
17 to 1 while 5 to 100 % of the face burn out. So that the defects can be held against each other,
what is below the low limit is placed by the share of comparisons with the same person that still
match at a false match rate of 1e-3, measured for each defect alone
(``python -m core fiqa calibrate --degrade``, 2026-11-24; see docs/fiqa.md).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.fiqa.report import Measure

REMAINS: Mapping[str, tuple[tuple[float, float], ...]] = {
    "FaceSharpness": ((-3.6, 0.04), (-3.28, 0.24), (-3.03, 0.45), (-2.87, 0.72), (-2.57, 1.0)),
    "FaceDetail": ((8, 0.35), (16, 0.5), (28, 0.7)),
    "CompressionArtifacts": ((3.5, 1.0), (4.2, 0.97), (5.0, 0.85)),
    "FaceShortSide": ((10, 0.0), (14, 0.2), (19, 0.68), (26, 0.92), (60, 1.0)),
    "TemplateOutside": ((25, 1.0), (50, 0.88), (70, 0.5), (100, 0.0)),
    "UnderExposurePrevention": ((0.9, 1.0), (1.0, 0.92)),
    "LuminanceMean": (
        *((0.0, 0.0), (0.003, 0.2), (0.006, 0.48), (0.01, 0.68), (0.02, 0.92), (0.05, 1.0)),
        *((0.9, 1.0), (1.0, 0.0)),
    ),
    "OverExposurePrevention": (
        *((0.05, 1.0), (0.7, 0.94), (0.75, 0.84), (0.84, 0.44), (0.9, 0.12), (1.0, 0.0)),
    ),
    "DynamicRange": ((0.0, 0.0), (0.8, 0.24), (1.3, 0.4), (2.0, 0.72), (2.5, 0.88), (3.3, 1.0)),
}
"""By measure: native values, rising, each with the share that still matches; linear between."""


def what_remains(measure: Measure) -> float | None:
    """Share 0..1 of comparisons that still match; None where that has not been measured."""
    points = REMAINS.get(measure.name)
    if points is None or measure.native is None:
        return None
    natives, shares = zip(*points, strict=True)
    return float(np.interp(measure.native, natives, shares))
