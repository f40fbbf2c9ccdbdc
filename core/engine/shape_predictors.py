"""dlib's shape predictors, which see more of a face than a detector's five points.

Both files come with ``face_recognition_models``, so there is nothing to download:

* 5 points (CC0): eye corners and nose base. They follow a head that nods, YuNet's do not.
* 68 points: eyes, mouth, chin. They were trained on iBUG 300-W, whose licence excludes commercial
  use; so they are only used where ``FACEDESK_LANDMARKS`` says so, see ``wants_68``.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np

from core.engine.backend_dlib import POINTS_FILE, import_dlib, models_folder
from core.engine.base import Floats, Pixels
from core.engine.select import InstalledPack
from core.errors import NotReady
from core.settings import Settings

log = logging.getLogger("facedesk")

ShapeKind = Literal["shape68", "shape5"]

POINTS68_FILE = "shape_predictor_68_face_landmarks.dat"
FILES: dict[ShapeKind, str] = {"shape68": POINTS68_FILE, "shape5": POINTS_FILE}
NAMES: dict[ShapeKind, str] = {"shape68": "dlib 68 points", "shape5": "dlib 5 points"}


@dataclass(frozen=True, slots=True, eq=False)
class ShapePredictor:
    """One of dlib's predictors, opened; safe from several threads, one at a time.

    Attributes:
        kind: which one.
        file_name: the file it was opened from.
        dlib: the module.
        predictor: dlib's object.
    """

    kind: ShapeKind
    file_name: str
    dlib: Any = field(repr=False)
    predictor: Any = field(repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def name(self) -> str:
        """As people know it."""
        return NAMES[self.kind]

    def points(self, pixels_bgr: Pixels, box: tuple[int, int, int, int]) -> Floats:
        """float32 (68, 2) or (5, 2), px, in dlib's order (68: that of 300-W).

        Args:
            pixels_bgr: uint8 (H, W, 3), the face upright.
            box: left, top, right, bottom of the face as dlib's detector would draw it.
        """
        # dlib looks at the mean of the three channels, so their order is all one.
        with self._lock:
            shape = self.predictor(pixels_bgr, self.dlib.rectangle(*box))
        return np.array([(p.x, p.y) for p in shape.parts()], np.float32)


def wants_68(settings: Settings, pack: InstalledPack | None) -> bool:
    """Whether the 68 points are to be used: always or never, or, left to itself, with the packs
    of InsightFace only, which exclude commercial use as well.
    """
    if settings.landmarks == "auto":
        return pack is not None and pack.kind == "insightface"
    return settings.landmarks == "on"


def open_predictors(
    settings: Settings, pack: InstalledPack | None, kinds: Collection[str]
) -> tuple[ShapePredictor, ...]:
    """The predictors that are wanted beside an engine and networks of these ``kinds``.

    The 5 points only where nothing better says the pose of a face that YuNet found.
    """
    if wants_68(settings, pack):
        found = _open("shape68")
        if found:
            return (found,)
    nods = pack is None or pack.kind != "opencv" or {"fsanet", "points68"} & set(kinds)
    corners = None if nods else _open("shape5")
    return (corners,) if corners else ()


def _open(kind: ShapeKind) -> ShapePredictor | None:
    """A predictor, or None with a line in the log where its file is missing or damaged."""
    name = FILES[kind]
    try:
        return open_predictor(kind, models_folder() / name)
    except NotReady as error:
        log.warning("quality model left out file=%s reason=%s", name, error.message)
        return None


def open_predictor(kind: ShapeKind, file: Path) -> ShapePredictor:
    """A predictor from its file. Raises NotReady: no dlib, or the file is missing or damaged."""
    dlib = import_dlib()
    try:
        return ShapePredictor(kind, file.name, dlib, dlib.shape_predictor(str(file)))
    except RuntimeError as error:
        raise NotReady(f"The file {file.name} is missing or damaged.") from error
