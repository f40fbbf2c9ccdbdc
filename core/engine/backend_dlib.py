"""The built-in engine: dlib's HOG detector, 5-point predictor and ResNet, no download needed.

The files come with the ``face_recognition_models`` package. Its 68-point model, trained on data
that forbids commercial use, is no part of the engine: see ``shape_predictors.py``.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

import cv2
import numpy as np

from core.engine import runtime
from core.engine.base import (
    Embedding,
    EngineInfo,
    Face,
    Floats,
    Pixels,
    PointLayout,
    unit_embedding,
)
from core.engine.geometry import resized_to
from core.engine.identity import DLIB_LICENCE, engine_id
from core.engine.pack_manifest import Verdict
from core.engine.thresholds import DLIB_RESNET_V1, evidence_for, thresholds_for
from core.errors import NotReady

POINTS_FILE = "shape_predictor_5_face_landmarks.dat"
RECOGNISER_FILE = "dlib_face_recognition_resnet_model_v1.dat"
DIMENSION = 128
SCALES = (640, 1280)
"""HOG finds faces of about 80 px and more: 1/8 of the side, then 1/16."""
SURE_SCORE = 0.80
"""On 64 photos of people (2026-11-24): upright .85 and more but for one; upside down up to .78."""
LARGE_FACE = 0.2
"""HOG boxes hug eyes to chin; at 640 px a second face of 5/8 the size is still found."""

_MARGIN_MIDDLE, _MARGIN_WIDTH = 0.2, 0.5
_LOOSEST_MARGIN = -0.1
_PICTURE_ORDER = (2, 3, 1, 0, 4)  # dlib counts the eye on the right of the picture first
_FACE_PX = 256  # the face's box in the patch that points and chip are taken from
_PATCH_MARGIN = 0.6  # of the box's side, around it; dlib's chip reaches about a third beyond


def margin_score(margin: float) -> float:
    """dlib's HOG margin as a score from 0 to 1: ``1 / (1 + exp((0.2 - margin) / 0.5))``.

    dlib calls 0 a face; there the score is .40. It passes .50 at .20, .60 at .40 and .65 at .51,
    the examiner's limits. On 62 photos of people (2026-11-24) the margin of the main face was 1.05
    or more (score .85) on all but one half-turned face (.25, score .52).
    """
    return float(1.0 / (1.0 + np.exp((_MARGIN_MIDDLE - margin) / _MARGIN_WIDTH)))


@dataclass(frozen=True, slots=True, eq=False)
class DlibEngine:
    """dlib's detector, predictor and recogniser; a lock each guards detector and networks.

    dlib's objects hold scratch memory and promise nothing about threads.
    """

    info: EngineInfo
    dlib: ModuleType
    detector: Any
    predictor: Any
    recogniser: Any
    _detector_lock: Lock = field(default_factory=Lock, repr=False)
    _predictor_lock: Lock = field(default_factory=Lock, repr=False)
    _recogniser_lock: Lock = field(default_factory=Lock, repr=False)

    @classmethod
    def load(cls, threads: int) -> DlibEngine:
        """The built-in engine. dlib itself is single-threaded here: ``threads`` is not used.

        Raises NotReady when dlib-bin or face_recognition_models is missing or damaged.
        """
        del threads
        dlib = import_dlib()
        folder = models_folder()
        files = folder / POINTS_FILE, folder / RECOGNISER_FILE
        try:
            predictor = dlib.shape_predictor(str(files[0]))
            recogniser = dlib.face_recognition_model_v1(str(files[1]))
        except RuntimeError as error:
            raise NotReady(
                "The built-in engine's model files are missing or damaged; "
                "install face_recognition_models again."
            ) from error
        sha256 = runtime.file_sha256(files[1])
        same, different = thresholds_for("dlib", sha256)
        info = EngineInfo(
            name="dlib",
            pack="builtin",
            engine_id=engine_id("dlib", "builtin", sha256, DIMENSION),
            dimension=DIMENSION,
            same_cosine=same,
            different_cosine=different,
            licence=DLIB_LICENCE,
            scales=SCALES,
            sure_score=SURE_SCORE,
            large_face=LARGE_FACE,
            files=(POINTS_FILE, RECOGNISER_FILE),
            evidence=evidence_for("dlib", sha256),
        )
        return cls(info, dlib, dlib.get_frontal_face_detector(), predictor, recogniser)

    def detect(self, pixels_bgr: Pixels, side: int) -> list[Face]:
        """One HOG pass on a copy with long side ``side`` px; see ``Engine.detect``.

        The five points are eye corners and nose base (``PointLayout.CORNERS``), found in the
        full pixels.
        """
        small, scale = resized_to(pixels_bgr, side)
        rgb = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
        with self._detector_lock:
            found, margins, _ = self.detector.run(rgb, 0, _LOOSEST_MARGIN)
        faces = []
        for rectangle, margin in zip(found, margins, strict=True):
            edges = rectangle.left(), rectangle.top(), rectangle.right(), rectangle.bottom()
            box = np.array(edges, np.float32) * np.float32(scale)
            points = self._points(pixels_bgr, box)
            faces.append(Face(box, points, margin_score(margin), PointLayout.CORNERS))
        return faces

    def embed(self, pixels_bgr: Pixels, face: Face) -> Embedding:
        """ResNet embedding of dlib's own 150 px chip; see ``Engine.embed``."""
        patch = _cut(pixels_bgr, face.box_xyxy)
        order = np.argsort(_PICTURE_ORDER)
        points = patch.inward(face.points_xy[order])
        parts = [self.dlib.point(int(x), int(y)) for x, y in np.rint(points)]
        shape = self.dlib.full_object_detection(self._rectangle(patch, face.box_xyxy), parts)
        chip = self.dlib.get_face_chip(patch.rgb, shape, size=150, padding=0.25)
        with self._recogniser_lock:
            raw = self.recogniser.compute_face_descriptor(chip)
        return unit_embedding(np.asarray(raw, np.float64), self.info.engine_id)

    def _points(self, pixels_bgr: Pixels, box_xyxy: Floats) -> Floats:
        patch = _cut(pixels_bgr, box_xyxy)
        with self._predictor_lock:
            shape = self.predictor(patch.rgb, self._rectangle(patch, box_xyxy))
        points = np.array([(shape.part(i).x, shape.part(i).y) for i in _PICTURE_ORDER], np.float32)
        return patch.outward(points)

    def _rectangle(self, patch: Patch, box_xyxy: Floats) -> Any:
        corners = patch.inward(box_xyxy.reshape(2, 2)).reshape(-1)
        return self.dlib.rectangle(*(int(v) for v in np.rint(corners)))


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A face's surroundings at a known size, so that work does not grow with the photo.

    Attributes:
        rgb: uint8 (h, w, 3), RGB, black outside the photo.
        origin_xy: float32 (2,), where its corner lies in the photo.
        scale: photo pixels per patch pixel.
    """

    rgb: Pixels
    origin_xy: Floats
    scale: float

    def inward(self, points_xy: Floats) -> Floats:
        """Points of the photo in the patch."""
        inside: Floats = ((points_xy - self.origin_xy) / self.scale).astype(np.float32)
        return inside

    def outward(self, points_xy: Floats) -> Floats:
        """Points of the patch in the photo."""
        outside: Floats = (points_xy * self.scale + self.origin_xy).astype(np.float32)
        return outside


def _cut(pixels_bgr: Pixels, box_xyxy: Floats) -> Patch:
    """The box with a margin around it, scaled so that the box is ``_FACE_PX`` wide."""
    left, top, right, bottom = (float(v) for v in box_xyxy)
    box_side = max(right - left, bottom - top, 1.0)
    reach = (0.5 + _PATCH_MARGIN) * box_side
    centre = np.array([(left + right) / 2, (top + bottom) / 2])
    x0, y0 = np.floor(centre - reach).astype(int)
    x1, y1 = np.ceil(centre + reach).astype(int)
    region: Pixels = np.zeros((y1 - y0, x1 - x0, 3), np.uint8)
    inside = pixels_bgr[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
    top_px, left_px = max(-y0, 0), max(-x0, 0)
    region[top_px : top_px + inside.shape[0], left_px : left_px + inside.shape[1]] = inside
    small, scale = resized_to(region, round(_FACE_PX * (1 + 2 * _PATCH_MARGIN)))
    rgb: Pixels = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)  # type: ignore[assignment]
    return Patch(rgb, np.array([x0, y0], np.float32), scale)


def verify_files() -> Verdict:
    """Whether the recogniser is the known file; of the points' no official hash is known."""
    try:
        known = runtime.file_sha256(models_folder() / RECOGNISER_FILE) == DLIB_RESNET_V1
    except (NotReady, OSError):
        return Verdict(0, (f"{RECOGNISER_FILE} is missing",))
    return Verdict(1, () if known else (f"{RECOGNISER_FILE} is not the official file",))


def import_dlib() -> ModuleType:
    """The module. Raises NotReady when it is not installed."""
    try:
        import dlib
    except ImportError as error:
        raise NotReady(
            "The built-in engine needs the package dlib-bin; install the requirements."
        ) from error
    module: ModuleType = dlib
    return module


def models_folder() -> Path:
    """Folder of the package's files, found without importing it (it wants pkg_resources).

    Raises NotReady when it is not installed.
    """
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise NotReady(
            "The built-in engine needs the package face_recognition_models; "
            "install the requirements."
        )
    return Path(spec.submodule_search_locations[0]) / "models"
