"""From a folder to studied photos: each one seen, judged and embedded by the engine in use."""

from __future__ import annotations

import math
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.assessment import Look
from core.engine.base import Floats
from core.errors import FaceDeskError
from core.fiqa.report import Report
from core.imaging.spoil import DEFECTS, Box, spoil
from core.vision import Vision

SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp"})
"""Names that are taken for photos; whether they are is seen when they are read."""


class CalibrationError(ValueError):
    """Something that was asked for cannot be done; the message is for the person who asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One picture of a face, as it is or spoiled.

    Attributes:
        photo: name of the photo it is or was made from.
        defect: what was done to it, a key of ``DEFECTS``, or empty.
        vector: float32 (D,), its embedding.
        qualities: what could be used to discard it, by name; the higher the better. NaN where
            it could not be measured.
    """

    photo: str
    defect: str
    vector: Floats
    qualities: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """What became of one photo.

    Attributes:
        name: its path below the folder.
        report: its quality report, None when it could not be judged.
        problem: why not, or why it could not be embedded.
        samples: the photo itself, then its spoiled copies, as far as they could be embedded.
        lost: spoiled copies without a face or an embedding, by defect.
    """

    name: str
    report: Report | None
    problem: str
    samples: tuple[Sample, ...] = ()
    lost: Mapping[str, int] | None = None


def list_photos(folder: Path) -> list[Path]:
    """The photos below a folder, sorted. Raises CalibrationError: no folder, or none in it."""
    if not folder.is_dir():
        raise CalibrationError(f"There is no folder {folder}.")
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not found:
        kinds = "JPEG, PNG, WebP or BMP"
        raise CalibrationError(f"There are no photos in {folder} (looked for {kinds} files).")
    return found


def study_photos(
    vision: Vision,
    folder: Path,
    photos: Sequence[Path],
    copies: int,
    seed: int,
    compared: Collection[str],
) -> Iterator[Study]:
    """Study each photo; with ``copies`` > 0 also that many spoiled copies of every kind of each
    photo that is ``compared``, by its path below the folder.

    The copies depend on the seed and the photo's name alone, so that every engine gets the
    same ones (up to where it sees the face). Raises NotReady when there is no engine.
    """
    for path in photos:
        name = path.relative_to(folder).as_posix()
        yield _study(vision, path, name, copies if name in compared else 0, seed)


def _study(vision: Vision, path: Path, name: str, copies: int, seed: int) -> Study:
    vision.engine  # noqa: B018 - an engine that cannot be loaded is no fault of this photo
    try:
        look = vision.look(path.read_bytes())
    except OSError as error:
        return Study(name, None, f"The file cannot be read ({error.strerror}).")
    except FaceDeskError as error:
        return Study(name, None, error.message)
    samples = [_sample(name, "", look)]
    lost = dict.fromkeys(DEFECTS, 0)
    for defect, data in _spoiled(look, name, copies, seed):
        try:
            samples.append(_sample(name, defect, vision.look(data)))
        except FaceDeskError:
            lost[defect] += 1
    return Study(name, look.report, "", tuple(samples), lost)


def _spoiled(look: Look, name: str, copies: int, seed: int) -> Iterator[tuple[str, bytes]]:
    left, top, right, bottom = (float(v) for v in look.sight.face.box_xyxy)
    box: Box = (left, top, right, bottom)
    pixels = look.sight.photo.pixels_bgr
    for defect in DEFECTS:
        random = np.random.default_rng([seed, zlib.crc32(f"{name}:{defect}".encode())])
        for _ in range(copies):
            yield defect, spoil(pixels, box, defect, random)


def _sample(name: str, defect: str, look: Look) -> Sample:
    report = look.report
    measures = {m.name: m for item in report.items for m in reversed(item.measures)}
    detection = measures.get("DetectionScore")
    qualities = {
        "our overall verdict": float(report.overall),
        "detection score": math.nan if detection is None else _value(detection.native),
        "embedding norm": _value(look.embedding.norm),
    }
    for measure in report.item("unified").measures:
        if measure.native is not None:
            qualities[measure.name] = float(measure.native)
    return Sample(name, defect, look.embedding.vector, qualities)


def _value(number: float | None) -> float:
    return math.nan if number is None else float(number)
