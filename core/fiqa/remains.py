"""What a recogniser still makes of a face that misses even the low level, by its worst defect.

Below the lowest limit every measure has its own scale: OFIQ's UnderExposurePrevention is 0 as
soon as all of the face is dark, which no recogniser minds, its OverExposurePrevention falls from
17 to 1 while 5 to 100 % of the face burn out. So that the defects can be held against each other,
what is below the low limit is placed by the share of comparisons with the same person that still
match at a false match rate of 1e-3, measured for each defect alone with insightface and opencv
(their mean) on one half of the people (``python -m core fiqa calibrate --degrade --half b --seed
1``, 2026-11-24) and tried on the other; see docs/fiqa.md. Only UnderExposurePrevention is set by
hand, for LuminanceMean tells how dark a wholly dark face is.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.fiqa.report import Measure

REMAINS: Mapping[str, tuple[tuple[float, float], ...]] = {
    "FaceSharpness": (
        *((-3.6, 0.25), (-3.25, 0.37), (-3.03, 0.45), (-2.84, 0.75), (-2.66, 0.78), (-2.5, 1.0)),
    ),
    "FaceDetail": ((8, 0.62), (13, 0.65), (23, 0.69), (28, 0.74)),
    "CompressionArtifacts": ((3.5, 1.0), (4.0, 0.94), (4.4, 0.93), (5.0, 0.85)),
    "FaceShortSide": ((12, 0.2), (15.5, 0.5), (19, 0.87), (23, 0.94), (30, 0.99), (60, 1.0)),
    "TemplateOutside": ((25, 1.0), (30, 0.9), (40, 0.88), (48, 0.82), (70, 0.45), (100, 0.0)),
    "UnderExposurePrevention": ((0.9, 1.0), (1.0, 0.92)),
    "LuminanceMean": (
        *((0.0, 0.0), (0.003, 0.19), (0.005, 0.37), (0.006, 0.45), (0.008, 0.75), (0.013, 0.95)),
        *((0.022, 0.99), (0.05, 1.0), (0.9, 1.0), (1.0, 0.0)),
    ),
    "OverExposurePrevention": (
        *((0.05, 1.0), (0.6, 0.99), (0.7, 0.9), (0.78, 0.86), (0.83, 0.65), (0.86, 0.5)),
        *((0.91, 0.33), (0.95, 0.15), (1.0, 0.0)),
    ),
    "DynamicRange": (
        *((0.0, 0.1), (0.5, 0.25), (1.3, 0.31), (1.95, 0.64), (2.57, 0.72), (3.05, 0.84)),
        *((3.7, 0.96), (4.4, 1.0)),
    ),
}
"""By measure: native values, rising, each with the share that still matches; linear between."""


MINDS: Mapping[str, Mapping[str, float]] = {
    "opencv": {
        "FaceSharpness": 0.5,
        "FaceDetail": 0.25,
        "CompressionArtifacts": 0.95,
        "FaceShortSide": 0.45,
        "TemplateOutside": 0.7,
        "UnderExposurePrevention": 0.35,
        "LuminanceMean": 0.35,
        "OverExposurePrevention": 0.7,
        "DynamicRange": 0.25,
    },
    "dlib": {
        "FaceSharpness": 1.1,
        "FaceDetail": 0.25,
        "CompressionArtifacts": 1.55,
        "FaceShortSide": 0.9,
        "TemplateOutside": 0.85,
        "UnderExposurePrevention": 0.3,
        "LuminanceMean": 0.3,
        "OverExposurePrevention": 0.7,
        "DynamicRange": 0.25,
    },
}
"""By engine: how much its recogniser minds a defect, as an exponent of the table's share; else 1.
insightface has none: those that were fitted were no better on the half they had not seen.

One recogniser hardly minds a dark face, another loses half of them. Maximum likelihood of the
matches on half b, three copies, seeds 0 and 1, each photo by its least share; between .25 and 4
and drawn towards 1 (2026-11-24). docs/fiqa.md has what they do on half a, which they have not seen.
"""


def what_remains(measure: Measure, engine: str = "") -> float | None:
    """Share 0..1 of comparisons that still match; None where that has not been measured.

    Of an engine that is not known the table's own, the mean of two recognisers.
    """
    points = REMAINS.get(measure.name)
    if points is None or measure.native is None:
        return None
    natives, shares = zip(*points, strict=True)
    share = float(np.interp(measure.native, natives, shares))
    return float(share ** MINDS.get(engine, {}).get(measure.name, 1.0))
