"""What an engine is: faces, points, embeddings, and the protocol every backend fulfils."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from core.contract.fields import Band
from core.errors import BadFeature
from core.settings import Accelerator

Evidence = Literal["measured", "maker", "caution"]
"""What an engine's own thresholds rest on: see ``thresholds.py``."""

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


class PointLayout(Enum):
    """What the rows of ``Face.points_xy`` mean; left and right as seen in the picture."""

    FIVE = "left eye, right eye, nose tip, left mouth corner, right mouth corner"
    CORNERS = "left eye outer, left eye inner, right eye inner, right eye outer, nose base"


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One detected face, in pixels of the picture it was found in.

    Attributes:
        box_xyxy: float32 (4,), left, top, right, bottom; may reach outside the picture.
        points_xy: float32 (5, 2), x and y, meaning by ``layout``.
        score: detection score, 0 to 1 (``dlib``'s HOG margin is squashed into that range).
        layout: what the five points are.
    """

    box_xyxy: Floats
    points_xy: Floats
    score: float
    layout: PointLayout = PointLayout.FIVE

    @property
    def size_wh(self) -> tuple[float, float]:
        """Width and height of the box, px."""
        left, top, right, bottom = (float(v) for v in self.box_xyxy)
        return right - left, bottom - top

    @property
    def area(self) -> float:
        """Area of the box, px²."""
        width, height = self.size_wh
        return max(width, 0.0) * max(height, 0.0)

    @property
    def eyes_xy(self) -> Floats:
        """float32 (2, 2): centres of the left and right eye as seen in the picture."""
        if self.layout is PointLayout.FIVE:
            return self.points_xy[:2]
        pairs = self.points_xy[:4].reshape(2, 2, 2)
        centres: Floats = pairs.mean(axis=1).astype(np.float32)
        return centres

    @property
    def mouth_xy(self) -> Floats | None:
        """float32 (2, 2): mouth corners, or None where the detector has none."""
        return self.points_xy[3:] if self.layout is PointLayout.FIVE else None

    def mapped(self, scale: float, offset_xy: tuple[float, float] = (0.0, 0.0)) -> Face:
        """The same face in another picture: every coordinate times ``scale`` plus ``offset_xy``."""
        dx, dy = offset_xy
        box = self.box_xyxy * np.float32(scale) + np.array([dx, dy, dx, dy], np.float32)
        points = self.points_xy * np.float32(scale) + np.array([dx, dy], np.float32)
        return Face(box, points, self.score, self.layout)


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """A face as a vector: float32 (D,), unit length, comparable only within one ``engine_id``.

    ``norm`` is the length of the network's answer before it was brought to 1, where known.
    """

    vector: Floats
    engine_id: str
    norm: float | None = None

    def cosine(self, other: Embedding) -> float:
        """Cosine similarity, -1 to 1. Raises ValueError across engines."""
        if self.engine_id != other.engine_id:
            raise ValueError("embeddings of different engines cannot be compared")
        return float(np.dot(self.vector, other.vector))


def unit_embedding(raw: NDArray[np.floating[Any]], engine_id: str) -> Embedding:
    """A network's answer (D,) or (1, D) as an embedding of unit length.

    Raises BadFeature when it is not finite or has no length.
    """
    vector = np.asarray(raw, np.float64).reshape(-1)
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length < 1e-6:
        raise BadFeature()
    return Embedding((vector / length).astype(np.float32), engine_id, length)


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine says of itself.

    Attributes:
        name: backend: ``insightface``, ``opencv`` or ``dlib``.
        pack: name of the model pack.
        engine_id: backend, SHA-256 of the model files and dimension; stored with each embedding.
        dimension: length D of an embedding.
        same_cosine: at or above this cosine two faces are called the same person.
        different_cosine: below this cosine they are called different; between: uncertain.
        licence: plain words: may the models be used commercially?
        scales: long sides, px, of the copies its detector looks at, in the order they are tried.
        sure_score: an upright main face scores this or more; below, a turned photo is considered.
        level_from_deg: tilt of the eye line, degrees, from which on points are looked for again in
            an upright patch; 0: always.
        large_face: share of the photo's long side from which a main face needs no finer look.
        files: file names of the detector (where it has one) and of the recogniser.
        evidence: what the engine's own thresholds rest on.
        own_cosines: the engine's own ``same_cosine`` and ``different_cosine``, where others are
            in use; None where they are its own.
        runs_on: what its recogniser runs on; not always what was asked for.
    """

    name: str
    pack: str
    engine_id: str
    dimension: int
    same_cosine: float
    different_cosine: float
    licence: str
    scales: tuple[int, ...] = (320, 640)
    sure_score: float = 0.74
    large_face: float = 0.25
    level_from_deg: float = 10.0
    files: tuple[str, ...] = ()
    evidence: Evidence = "caution"
    own_cosines: tuple[float, float] | None = None
    runs_on: Accelerator = "cpu"

    def band(self, cosine: float) -> Band:
        """Which of same, uncertain and different a cosine similarity means."""
        if cosine >= self.same_cosine:
            return "same"
        return "uncertain" if cosine >= self.different_cosine else "different"

    def score(self, cosine: float) -> int:
        """The cosine on a scale for people, 0..100: 60 is where same begins, 40 where different
        ends, the same for every engine. It is no probability.
        """
        spread = max(1.0 - self.different_cosine, 1e-6)
        marks = [self.different_cosine - spread, self.different_cosine, self.same_cosine, 1.0]
        return round(float(np.interp(cosine, marks, [0, 40, 60, 100])))


class Engine(Protocol):
    """A backend: one detection pass and one embedding; the passes are put together in finder.py.

    Both methods may be called from several threads at once.
    """

    @property
    def info(self) -> EngineInfo:
        """What this engine says of itself."""
        ...

    def detect(self, pixels_bgr: Pixels, side: int) -> list[Face]:
        """Faces in uint8 (H, W, 3) BGR pixels, looked for at a copy whose long side is ``side`` px.

        Returns faces in coordinates of ``pixels_bgr``, in any order, none when there is none.
        """
        ...

    def embed(self, pixels_bgr: Pixels, face: Face) -> Embedding:
        """Embedding of one face found in these pixels.

        Raises BadFeature when the network's answer is not finite or zero.
        """
        ...
