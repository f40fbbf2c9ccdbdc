"""The permissive engine: OpenCV's YuNet detector and an ArcFace-shaped recogniser or SFace."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any

import cv2
import numpy as np

from core.engine import graph, identity, runtime
from core.engine.accelerator import runs_on
from core.engine.base import Embedding, EngineInfo, Face, Pixels, unit_embedding
from core.engine.geometry import aligned_crop, resized_to
from core.engine.thresholds import FACEREID_0095, evidence_for, thresholds_for
from core.errors import NotReady
from core.settings import Accelerator

DETECTOR_PREFIX = "face_detection_yunet"
SFACE_PREFIX = "face_recognition_sface"
MIN_SCORE = 0.6
"""Detection score a face must have; the default of OpenCV Zoo's YuNet demo is .6 to .9."""
SCALES = (384, 640)
"""Nine of ten eye lines are within 6 degrees of dlib's at 320 px, 5 at 384 and 4 at 640, where
faces that fill the picture are missed (2026-11-24)."""
SURE_SCORE = 0.915
"""On 64 photos of people (2026-11-24): upright .91 to .96; turned by 180 degrees up to .91, with
points as if upright, so that only the score tells."""
LEVEL_FROM_DEG = 0.0
"""Even of a head tilted by 40 degrees YuNet may tell 3: see ``level.py``."""
_NMS_IOU = 0.3
_TOP_K = 500


@dataclass(frozen=True, slots=True)
class Colours:
    """How a crop's 0..255 RGB values go into the recogniser: (x - mean) / scale."""

    mean: float
    scale: float


ARCFACE_COLOURS = Colours(127.5, 127.5)
SFACE_COLOURS = Colours(0.0, 1.0)
"""Plain RGB: ``blobFromImage(crop, 1, Size(112, 112), Scalar(0, 0, 0), true, false)`` in OpenCV's
``FaceRecognizerSF::feature`` (modules/objdetect/src/face_recognize.cpp). Its crop is ArcFace's.
"""


@dataclass(frozen=True, slots=True, eq=False)
class OpenCvEngine:
    """YuNet through OpenCV, the recogniser through ONNX Runtime; safe from several threads.

    ``FaceDetectorYN`` keeps its input size and buffers between calls, so a lock guards it:
    a pass takes a few milliseconds, and one detector a thread would only hold more memory.
    """

    info: EngineInfo
    detector: Any
    network: runtime.Network
    colours: Colours
    _lock: Lock = field(default_factory=Lock, repr=False)

    @classmethod
    def load(cls, folder: Path, threads: int, accelerator: Accelerator = "cpu") -> OpenCvEngine:
        """The engine of a folder with YuNet and one recogniser; other models in it are ignored.

        Args:
            folder: the pack; the detector is ``face_detection_yunet*.onnx``.
            threads: threads of one recogniser run; YuNet uses OpenCV's own.
            accelerator: what the recogniser runs on, where it can; YuNet stays on the processor.

        Raises:
            NotReady: a model is missing or damaged.
        """
        folder = folder.resolve()
        detector_file = _only(folder, f"{DETECTOR_PREFIX}*.onnx", "face detector YuNet")
        recogniser_file = find_recogniser(folder)
        detector = _open_detector(detector_file)
        network = runtime.open_network(recogniser_file, threads, accelerator)
        sface = recogniser_file.name.startswith(SFACE_PREFIX)
        colours = SFACE_COLOURS if sface else ARCFACE_COLOURS
        dimension = _probe(network, colours, recogniser_file)
        info = _describe(detector_file, recogniser_file, dimension)
        info = replace(info, runs_on=runs_on(network.session))
        return cls(info, detector, network, colours)

    def detect(self, pixels_bgr: Pixels, side: int) -> list[Face]:
        """One YuNet pass on a copy with long side ``side`` px; see ``Engine.detect``."""
        small, scale = resized_to(pixels_bgr, side)
        with self._lock:
            self.detector.setInputSize((small.shape[1], small.shape[0]))
            _, rows = self.detector.detect(small)
        return [] if rows is None else [_face(row).mapped(scale) for row in rows]

    def embed(self, pixels_bgr: Pixels, face: Face) -> Embedding:
        """Embedding of the face's aligned crop; see ``Engine.embed``."""
        blob = _blob(aligned_crop(pixels_bgr, face), self.colours)
        return unit_embedding(self.network.run(blob)[0], self.info.engine_id)


def find_recogniser(folder: Path) -> Path:
    """The folder's SFace, else its first ArcFace-shaped model. Raises NotReady if there is none."""
    files = sorted(folder.glob("*.onnx"))
    for file in files:
        if file.name.startswith(SFACE_PREFIX):
            return file
    damaged: list[Path] = []
    for file in files:
        shapes = graph.read_shapes(file)
        if shapes is None:
            damaged.append(file)
        elif graph.is_recogniser(shapes):
            return file
    if damaged:
        raise runtime.unreadable(damaged[0])
    raise NotReady(f"The model pack {folder.name} holds no face recogniser (112x112 ONNX).")


def _only(folder: Path, pattern: str, what: str) -> Path:
    files = sorted(folder.glob(pattern)) if folder.is_dir() else []
    if not files:
        raise NotReady(f"The model pack {folder.name} holds no {what} ({pattern}).")
    return files[-1]  # names end in year and month: the newest


def _open_detector(file: Path) -> Any:
    if graph.read_shapes(file) is None:
        raise runtime.unreadable(file)
    logging = cv2.utils.logging
    level = logging.setLogLevel(logging.LOG_LEVEL_ERROR)  # OpenCV 5 warns of its own default
    try:
        detector = cv2.FaceDetectorYN.create(str(file), "", (320, 320), MIN_SCORE, _NMS_IOU, _TOP_K)
        detector.detect(np.zeros((320, 320, 3), np.uint8))  # fails now rather than at a request
    except cv2.error as error:
        raise runtime.unreadable(file, error) from error
    finally:
        logging.setLogLevel(level)
    return detector


def _face(row: Any) -> Face:
    """One row of YuNet: x, y, w, h, five points as in ``PointLayout.FIVE``, score."""
    values = np.asarray(row, np.float32)
    left, top, width, height = values[:4]
    box = np.array([left, top, left + width, top + height], np.float32)
    return Face(box, values[4:14].reshape(5, 2), float(np.clip(values[14], 0.0, 1.0)))


def _blob(crop_bgr: Pixels, colours: Colours) -> Any:
    mean = (colours.mean,) * 3
    return cv2.dnn.blobFromImage(crop_bgr, 1.0 / colours.scale, (112, 112), mean, swapRB=True)


def _probe(network: runtime.Network, colours: Colours, file: Path) -> int:
    """Length of an embedding, from one run on a grey crop; warms the network up as well."""
    grey = np.full((112, 112, 3), 127, np.uint8)
    try:
        raw = network.run(_blob(grey, colours))[0]
    except runtime.load_errors() as error:
        raise runtime.unreadable(file, error) from error
    return int(raw.shape[-1])


def _describe(detector_file: Path, recogniser_file: Path, dimension: int) -> EngineInfo:
    pack = recogniser_file.parent.name
    sha256 = runtime.file_sha256(recogniser_file)
    licence = identity.YUNET_OTHER_LICENCE
    backend = "opencv"
    if recogniser_file.name.startswith(SFACE_PREFIX):
        licence, backend = identity.YUNET_SFACE_LICENCE, "sface"
    elif sha256 == FACEREID_0095:
        licence = identity.YUNET_REID_LICENCE
    same, different = thresholds_for(backend, sha256)
    return EngineInfo(
        name="opencv",
        pack=pack,
        engine_id=identity.engine_id("opencv", pack, sha256, dimension),
        dimension=dimension,
        same_cosine=same,
        different_cosine=different,
        licence=licence,
        scales=SCALES,
        sure_score=SURE_SCORE,
        level_from_deg=LEVEL_FROM_DEG,
        files=(detector_file.name, recogniser_file.name),
        evidence=evidence_for(backend, sha256),
    )
