"""Whether the shortcuts cost accuracy: on real photos, against the same without any shortcut.

Without: the photo decoded in full, every scale of the detector, the recogniser as its file has
it. With: as the product works. Once as the photos are, and once enlarged, for most of them are
too small for scaled decoding to act.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.engines import PEOPLE, SAME_FACE_IOU, area_under_curve, labelled_cosines
from bench.material import LITE, SHARED
from core.assessment import Stopwatch
from core.engine.accelerator import CPU
from core.engine.backend_insightface import InsightFaceEngine
from core.engine.base import Embedding, Face
from core.engine.finder import find_faces
from core.engine.passes import merge
from core.engine.runtime import load_onnxruntime, session_options
from core.engine.slot import EngineSlot
from core.errors import FaceDeskError
from core.fiqa.policy import load_policy
from core.imaging.read import encode_jpeg, finer
from core.reembedding import overlap
from core.settings import Settings
from core.vision import Vision

PHOTOS = SHARED / "photos"
LARGE_PX = 4000
COSINE, WITHIN = 0.9999, 0.02


@dataclass(frozen=True, slots=True)
class Seen:
    """One photo, seen with and without shortcuts.

    Attributes:
        name: its file.
        same_main: the largest faces lie in one place.
        counts: faces found with, and without.
        rewritten: cosine between the embeddings of the rewritten and the plain recogniser.
        short, full: embeddings with, and without.
    """

    name: str
    same_main: bool
    counts: tuple[int, int]
    rewritten: float
    short: Embedding
    full: Embedding


def report(_rounds: int) -> list[str]:
    """Each shortcut with its proof."""
    if not (PEOPLE.is_dir() and LITE.is_dir()):
        return ["### Accuracy of the shortcuts", "", "Not measured: no photos in ../shared."]
    lines = ["### Accuracy of the shortcuts"]
    for side in (0, LARGE_PX):
        lines += ["", *tabulate(list(_see_all(side)), side)]
    return lines


def _see_all(side: int) -> Iterator[Seen]:
    """All photos, enlarged to a long side of ``side`` px where they are smaller."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), engine="insightface", models=LITE)
        engine = InsightFaceEngine.load(LITE, settings.thread_count)
        vision = Vision(settings, EngineSlot(lambda: engine), load_policy())
        plain = _plain(engine, settings.thread_count)
        for path in sorted([*PEOPLE.iterdir(), *PHOTOS.glob("edge/*/*")]):
            try:
                yield _see(_enlarged(path, side), path.name, vision, engine, plain)
            except FaceDeskError:
                continue  # no face in it, with or without: the tests hold those photos


def _plain(engine: InsightFaceEngine, threads: int) -> InsightFaceEngine:
    """The engine with its recogniser as the file has it."""
    from insightface import model_zoo

    file = next(file for file in LITE.glob("*.onnx") if not file.name.startswith("det"))
    recogniser: Any = model_zoo.get_model(str(file), providers=[CPU])
    recogniser.session = load_onnxruntime().InferenceSession(
        str(file), sess_options=session_options(file, threads), providers=[CPU]
    )
    return replace(engine, recogniser=recogniser)


def _see(
    data: bytes, name: str, vision: Vision, engine: InsightFaceEngine, plain: InsightFaceEngine
) -> Seen:
    sight = vision.see(data, None, Stopwatch())
    whole = finer(sight.photo, 1)
    faces = merge([f for s in engine.info.scales for f in engine.detect(whole.pixels_bgr, s)])
    faces = faces or find_faces(engine, whole.pixels_bgr).faces
    face = faces[0]
    factor = sight.photo.scale / whole.scale
    return Seen(
        name,
        _same(sight.face.mapped(factor), face),
        (len(sight.faces), len(faces)),
        engine.embed(sight.photo.pixels_bgr, sight.face).cosine(
            plain.embed(sight.photo.pixels_bgr, sight.face)
        ),
        engine.embed(sight.photo.pixels_bgr, sight.face),
        plain.embed(whole.pixels_bgr, face),
    )


def _enlarged(path: Path, side: int) -> bytes:
    """The file, or the photo enlarged as JPEG."""
    pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    times = side / max(pixels.shape[:2]) if pixels is not None else 0
    if times <= 1:
        return path.read_bytes()
    larger = cv2.resize(pixels, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
    return encode_jpeg(larger)  # type: ignore[arg-type]


def _same(one: Face, other: Face) -> bool:
    left, top, right, bottom = (float(value) for value in other.box_xyxy)
    return overlap(one, (left, top, right, bottom)) > SAME_FACE_IOU


def tabulate(seen: list[Seen], side: int) -> list[str]:
    """One table: each shortcut, what was found, the target."""
    lowest = min(photo.rewritten for photo in seen)
    main = sum(photo.same_main for photo in seen)
    equal = sum(photo.counts[0] == photo.counts[1] for photo in seen)
    lost = sum(photo.counts[0] < photo.counts[1] for photo in seen)
    short, full = (
        Cosines(*labelled_cosines({p.name: getattr(p, which) for p in seen}))
        for which in ("short", "full")
    )
    ends, means = _off(short.extremes, full.extremes), _off(short.means, full.means)
    rows = [
        ("PReLU rewritten: cosine to the plain network's embedding, lowest",
         f"{lowest:.6f}", f"≥ {COSINE}", lowest >= COSINE),
        ("Scaled decode, 320 px first: largest face in the same place",
         f"{main} of {len(seen)}", "all", main == len(seen)),
        ("... photos with as many faces; with fewer",
         f"{equal} of {len(seen)}; {lost}", "none with fewer", not lost),
        ("All together, labelled pairs: AUC; lowest same; highest different",
         _said(short.extremes), f"within {WITHIN} of {_said(full.extremes)}", ends <= WITHIN),
        ("... mean of the same; of the different",
         _said(short.means), f"within {WITHIN} of {_said(full.means)}", means <= WITHIN),
    ]  # fmt: skip
    size = f"enlarged to {side} px" if side else "as they are"
    return [
        f"{len(seen)} real photos {size}:",
        "",
        "| shortcut | found | target | |",
        "| --- | --- | --- | --- |",
        *(
            f"| {name} | {found} | {target} | {'met' if met else '**missed**'} |"
            for name, found, target, met in rows
        ),
    ]


def _said(values: tuple[float, ...]) -> str:
    return "; ".join(f"{value:.3f}" for value in values)


def _off(some: tuple[float, ...], others: tuple[float, ...]) -> float:
    return max(abs(a - b) for a, b in zip(some, others, strict=True))


@dataclass(frozen=True, slots=True)
class Cosines:
    """Cosines of the labelled pairs: of the same person, of different people."""

    same: list[float]
    different: list[float]

    @property
    def extremes(self) -> tuple[float, ...]:
        """AUC, lowest of the same, highest of the different."""
        area = area_under_curve(self.same, self.different)
        return area, min(self.same), max(self.different)

    @property
    def means(self) -> tuple[float, ...]:
        """Means of the same and of the different."""
        return float(np.mean(self.same)), float(np.mean(self.different))
