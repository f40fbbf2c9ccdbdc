"""The main engine: any InsightFace pack with an SCRFD detector and an ArcFace recogniser."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from core.engine import graph, runtime
from core.engine.accelerator import runs_on
from core.engine.base import Embedding, EngineInfo, Face, Pixels, unit_embedding
from core.engine.geometry import aligned_crop
from core.engine.identity import INSIGHTFACE_LICENCE, engine_id
from core.engine.quality_files import recipe_of
from core.engine.thresholds import evidence_for, thresholds_for
from core.errors import NotReady
from core.settings import Accelerator

MIN_SCORE = 0.5
"""Detection score a face must have; insightface's own default (``FaceAnalysis.prepare``)."""
SCALES = (320, 640)
SURE_SCORE = 0.74
"""On 64 photos of people at 320 px (2026-11-24, det_500m): upright .75 to .90, turned by 180
degrees up to .73; turned by 90 up to .79, but there the eye line tells."""


@dataclass(frozen=True, slots=True, eq=False)
class InsightFaceEngine:
    """SCRFD and ArcFace through the insightface package; safe from several threads.

    ``info`` tells what it is; ``detector`` and ``recogniser`` are insightface's own models.
    """

    info: EngineInfo
    detector: Any
    recogniser: Any

    @classmethod
    def load(
        cls, folder: Path, threads: int, accelerator: Accelerator = "cpu"
    ) -> InsightFaceEngine:
        """The engine of a pack's folder; never downloads.

        Args:
            folder: the pack, holding an SCRFD and an ArcFace-shaped ONNX file.
            threads: threads of one run of a large network.
            accelerator: what both networks run on, where it can.

        Raises:
            NotReady: no such folder, a model is missing or damaged, insightface not installed.
        """
        folder = folder.resolve()
        detector_file, recogniser_file = _check_pack(folder)
        detector, recogniser = _load_models(detector_file, recogniser_file, threads, accelerator)
        dimension = _probe(recogniser, recogniser_file)
        sha256 = runtime.file_sha256(recogniser_file)
        same, different = thresholds_for("insightface", sha256)
        info = EngineInfo(
            name="insightface",
            pack=folder.name,
            engine_id=engine_id("insightface", folder.name, sha256, dimension),
            dimension=dimension,
            same_cosine=same,
            different_cosine=different,
            licence=INSIGHTFACE_LICENCE,
            scales=SCALES,
            sure_score=SURE_SCORE,
            files=(detector_file.name, recogniser_file.name),
            evidence=evidence_for("insightface", sha256),
            runs_on=runs_on(recogniser.session),
        )
        return cls(info, detector, recogniser)

    def detect(self, pixels_bgr: Pixels, side: int) -> list[Face]:
        """One SCRFD pass in a square of ``side`` px; see ``Engine.detect``."""
        boxes, points = self.detector.detect(
            pixels_bgr, input_size=(side, side), det_thresh=MIN_SCORE
        )
        return [
            Face(row[:4].astype(np.float32), five.astype(np.float32), float(row[4]))
            for row, five in zip(boxes, points, strict=True)
        ]

    def embed(self, pixels_bgr: Pixels, face: Face) -> Embedding:
        """ArcFace embedding of the face's aligned crop; see ``Engine.embed``."""
        raw = self.recogniser.get_feat(aligned_crop(pixels_bgr, face))
        return unit_embedding(raw, self.info.engine_id)


def _check_pack(folder: Path) -> tuple[Path, Path]:
    """Detector's and recogniser's file; optional networks are not looked at."""
    files = sorted(folder.glob("*.onnx")) if folder.is_dir() else []
    if not files:
        raise NotReady(
            f"The model pack {folder.name} holds no ONNX files; install it: "
            f"python -m core models get {folder.name}"
        )
    shapes = {f: graph.read_shapes(f) for f in files if recipe_of(f.name) is None}
    for file, found in shapes.items():
        if found is None:
            raise runtime.unreadable(file)
    recognisers = [f for f, found in shapes.items() if found and graph.is_recogniser(found)]
    if not recognisers:
        raise NotReady(f"The model pack {folder.name} holds no ArcFace recogniser (112x112).")
    detectors = [f for f, found in shapes.items() if found and graph.is_scrfd(found)]
    if not detectors:
        raise NotReady(
            f"The model pack {folder.name} holds no SCRFD face detector with five points."
        )
    return detectors[0], recognisers[0]


def _import_model_zoo() -> ModuleType:
    runtime.load_onnxruntime()
    try:
        from insightface import model_zoo
    except ImportError as error:
        raise NotReady(
            "The insightface package is not installed; install the requirements, or use the "
            "built-in engine (FACEDESK_ENGINE=dlib)."
        ) from error
    module: ModuleType = model_zoo
    return module


def _load_models(
    detector_file: Path, recogniser_file: Path, threads: int, accelerator: Accelerator
) -> tuple[Any, Any]:
    """Both models by insightface's own routing, file by file.

    ``FaceAnalysis`` would open every other file of the folder as well, only to drop it: 144 MB of
    landmarks in most packs, and a damaged one of them would stop the engine.
    """
    model_zoo = _import_model_zoo()
    options: dict[str, Any] = {
        "providers": runtime.providers(accelerator),
        "sess_options": runtime.session_options(detector_file, threads),
        "static_shape_sessions": False,  # one session for every size, not one more each
    }
    try:
        # Existing absolute paths: a bare name would start a download.
        detector = model_zoo.get_model(str(detector_file), **options)
        recogniser = model_zoo.get_model(str(recogniser_file), **options)
    except runtime.load_errors() as error:
        raise NotReady(
            f"The model pack {detector_file.parent.name} cannot be loaded; a file is damaged. "
            "Install the pack again."
        ) from error
    recogniser.session = runtime.open_session(recogniser_file, threads, accelerator)
    return detector, recogniser


def _probe(recogniser: Any, file: Path) -> int:
    """Length of an embedding, from one run on a grey crop; warms the network up as well."""
    try:
        raw = recogniser.get_feat(np.full((112, 112, 3), 127, np.uint8))
    except runtime.load_errors() as error:
        raise runtime.unreadable(file, error) from error
    return int(raw.shape[-1])
