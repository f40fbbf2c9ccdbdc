"""The mean face that InsightFace's 68 points in space are compared with."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from core.engine.base import Floats


@lru_cache(maxsize=1)
def mean_shape_68() -> Floats:
    """float32 (68, 3): x right, y down, z to the camera; the installed insightface's own file.

    ``meanshape_68.pkl`` is what insightface itself holds the points of ``1k3d68.onnx`` against
    (``model_zoo/landmark.py``); order of the points as in 300-W (iBUG).
    """
    from insightface.data import get_object

    shape: Floats = np.array(get_object("meanshape_68.pkl"), np.float32)
    return shape
