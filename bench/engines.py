"""Engines side by side on real photos: speed, passes, turned photos, labelled pairs.

The photos lie in ``../shared/photos``: ``people/`` and ``pairs.csv`` with ``file_x``, ``file_y``
and ``Decision`` (Yes: the same person). Without them there is nothing to measure.
"""

from __future__ import annotations

import csv
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from bench.material import SHARED, engine_settings
from core.assessment import Stopwatch
from core.engine.base import Embedding, Engine, EngineInfo, Face, Pixels
from core.engine.finder import Finding, find_faces
from core.engine.select import load_engine
from core.engine.slot import EngineSlot
from core.engine.turning import turned
from core.fiqa.policy import load_policy
from core.reembedding import overlap
from core.settings import Settings
from core.vision import Vision

PEOPLE, PAIRS = SHARED / "photos" / "people", SHARED / "photos" / "pairs.csv"
TURNS = (90, 180, 270)
SAME_FACE_IOU = 0.5
REPEATS = 3

T = TypeVar("T")


class Counting:
    """An engine that counts its detection passes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.passes = 0

    @property
    def info(self) -> EngineInfo:
        return self._engine.info

    def detect(self, pixels_bgr: Pixels, side: int) -> list[Face]:
        self.passes += 1
        return self._engine.detect(pixels_bgr, side)

    def embed(self, pixels_bgr: Pixels, face: Face) -> Embedding:
        return self._engine.embed(pixels_bgr, face)


@dataclass(slots=True)
class Tally:
    """What was measured of one engine; times in ms, one a photo."""

    info: EngineInfo
    fast: list[float]
    all_found: list[float]
    embedded: list[float]
    passes: Counter[int]
    turned_right: int
    turned_tried: int
    vectors: dict[str, Embedding]


def report(_rounds: int) -> list[str]:
    """Three tables: speed and passes, turned photos, labelled pairs."""
    if not PEOPLE.is_dir():
        return ["### Engines", "", "Not measured: there are no photos in ../shared/photos."]
    with tempfile.TemporaryDirectory() as folder:
        tallies = {name: _measure(each) for name, each in engine_settings(Path(folder))}
    files = len(list(PEOPLE.iterdir()))
    return [
        f"### Engines, {files} photos of people",
        "",
        f"Times: median over the photos, of each the best of {REPEATS}, on the working copy "
        "that the product makes of the photo.",
        "",
        *_table(
            ["engine", "find, one pass, ms", "find, all, ms", "embed, ms", "photos by passes"],
            ([name, *_speed(tally)] for name, tally in tallies.items()),
        ),
        "",
        *_table(
            ["engine", "turned photos put upright", "labelled pairs same / different", "AUC",
             "same, lowest", "different, highest", "thresholds same / different"],
            ([name, *_pairs(tally)] for name, tally in tallies.items()),
        ),
    ]  # fmt: skip


def _table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]]


def _speed(tally: Tally) -> list[str]:
    counted = ", ".join(f"{n}: {files}" for n, files in sorted(tally.passes.items()))
    times = (tally.fast, tally.all_found, tally.embedded)
    return [*(f"{statistics.median(each):.1f}" for each in times), counted]


def _pairs(tally: Tally) -> list[str]:
    same, different = labelled_cosines(tally.vectors)
    info = tally.info
    return [
        f"{tally.turned_right} of {tally.turned_tried}",
        f"{len(same)} / {len(different)}",
        f"{area_under_curve(same, different):.4f}",
        f"{min(same):.3f}",
        f"{max(different):.3f}",
        f"{info.same_cosine:g} / {info.different_cosine:g}",
    ]


def labelled_cosines(vectors: dict[str, Embedding]) -> tuple[list[float], list[float]]:
    """Cosines of the pairs labelled the same person, and of the others."""
    found: dict[bool, list[float]] = {True: [], False: []}
    with PAIRS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            cosine = vectors[row["file_x"]].cosine(vectors[row["file_y"]])
            found[row["Decision"].strip() == "Yes"].append(cosine)
    return found[True], found[False]


def area_under_curve(same: list[float], different: list[float]) -> float:
    """Share of (same, different) couples in which the same person's cosine is higher; 1 is best."""
    higher = np.array(same)[:, None] - np.array(different)[None, :]
    return float(np.mean((higher > 0) + 0.5 * (higher == 0)))


def _measure(settings: Settings) -> Tally:
    engine = Counting(load_engine(settings))
    vision = Vision(settings, EngineSlot(lambda: engine), load_policy())
    tally = Tally(engine.info, [], [], [], Counter(), 0, 0, {})
    for path in sorted(PEOPLE.iterdir()):
        _measure_photo(path, vision, engine, tally)
    return tally


def _measure_photo(path: Path, vision: Vision, engine: Counting, tally: Tally) -> None:
    sight = vision.see(path.read_bytes(), None, Stopwatch())
    photo, face = sight.photo, sight.face
    _, spent = _best(lambda: engine.embed(photo.pixels_bgr, face))
    tally.embedded.append(spent)
    tally.vectors[path.name] = engine.embed(photo.pixels_bgr, face)
    engine.passes = 0
    found, spent = _best(lambda: find_faces(engine, photo.pixels_bgr))
    passes = engine.passes // REPEATS
    tally.passes[passes] += 1
    tally.all_found.append(spent)
    if passes == 1:
        tally.fast.append(spent)
    for turn in TURNS:
        back = find_faces(engine, turned(photo.pixels_bgr, turn))
        tally.turned_tried += 1
        tally.turned_right += _is_put_back(back, found, turn)


def _is_put_back(back: Finding, found: Finding, turn: int) -> bool:
    """Whether the photo was turned back and shows the same main face at the same place."""
    left, top, right, bottom = (float(v) for v in found.faces[0].box_xyxy)
    box = (left, top, right, bottom)
    return back.turn_deg == 360 - turn and any(
        overlap(face, box) > SAME_FACE_IOU for face in back.faces
    )


def _best(work: Callable[[], T]) -> tuple[T, float]:
    """The answer and the shortest of REPEATS times, ms."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        answer = work()
        times.append((time.perf_counter() - start) * 1000)
    return answer, min(times)
