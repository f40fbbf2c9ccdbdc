"""The optional networks beside an engine: how each is known, and how a picture goes into it.

They are known by file name, and by the ONNX shapes once they are opened. Sources of the input
details:

* FSANet: omasaht/headpose-fsanet-pytorch, ``src/demo.py``: 64x64 BGR, (x - 127.5) / 128, the mean
  of both files; yaw, pitch, roll in degrees.
* LightQNet: KaenChan/lightqnet, ``tf_face_quality_model.py`` and ``face_normalizer.py``: 96x96,
  (x - 128) / 128; its template of eyes and mouth centre is ArcFace's, divided by 112.
* eDifFIQA(T): OpenCV Zoo, ``face_image_quality_assessment_ediffiqa/ediffiqa.py``: 112x112 RGB,
  (x / 255 - .5) / .5, ArcFace's alignment.
* MiniFASNet: minivision-ai/Silent-Face-Anti-Spoofing, ``src/generate_patches.py`` and
  ``src/data_io/functional.py``: 80x80 BGR, 0..255, box enlarged by the number the file name begins
  with; class 1 is real.
* 2d106det, 1k3d68: insightface, ``model_zoo/landmark.py``: 192x192 RGB around the enlarged box;
  normalised inside the network ("0.0 1.0" in insightface's own output for both).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["fsanet", "lightqnet", "ediffiqa", "minifasnet", "points106", "points68"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One kind of network.

    Attributes:
        kind: what it is.
        name: as people know it.
        pattern: what its file name looks like.
        side: its input is a square colour picture of this side, px.
        answers: how many numbers it answers.
        mean, scale: values 0..255 go in as (x - mean) / scale.
        rgb: whether the colours go in as R, G, B; else B, G, R.
        several: how many files of this kind are used together, each its own member.
        only_in_pack: found in the pack in use only, whose licence holds for it as well.
    """

    kind: Kind
    name: str
    pattern: re.Pattern[str]
    side: int
    answers: int
    mean: float = 0.0
    scale: float = 1.0
    rgb: bool = False
    several: bool = False
    only_in_pack: bool = False


def _named(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern + r".*\.onnx$", re.IGNORECASE)


RECIPES: tuple[Recipe, ...] = (
    Recipe("fsanet", "FSANet", _named(r"^fsanet"), 64, 3, 127.5, 128.0, several=True),
    Recipe("lightqnet", "LightQNet", _named(r"^lightqnet"), 96, 1, 128.0, 128.0),
    Recipe("ediffiqa", "eDifFIQA", _named(r"^ediffiqa"), 112, 1, 127.5, 127.5, rgb=True),
    Recipe("minifasnet", "MiniFASNet", _named(r"^\d+(\.\d+)?_.*MiniFASNet"), 80, 3, several=True),
    Recipe("points106", "2d106det", _named(r"^2d106"), 192, 212, rgb=True, only_in_pack=True),
    Recipe("points68", "1k3d68", _named(r"^1k3d68"), 192, 3309, rgb=True, only_in_pack=True),
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a network comes from, for a person who wants to have it.

    Attributes:
        adds: what it measures.
        licence: its licence by name.
        source: the project that publishes it.
        place: how to come by the file, and what to call it.
    """

    adds: str
    licence: str
    source: str
    place: str


_IN_PACKS = "in the packs of InsightFace (buffalo_l, buffalo_m, buffalo_s, antelopev2)"

ORIGINS: Mapping[Kind, Origin] = {
    "fsanet": Origin(
        "head pose",
        "MIT",
        "https://github.com/omasaht/headpose-fsanet-pytorch",
        "copy both ONNX files of its folder pretrained/ as fsanet*.onnx",
    ),
    "lightqnet": Origin(
        "learned quality",
        "MIT",
        "https://github.com/KaenChan/lightqnet",
        "convert its TensorFlow model to ONNX as lightqnet*.onnx",
    ),
    "ediffiqa": Origin(
        "learned quality, preferred",
        "CC BY 4.0",
        "https://github.com/opencv/opencv_zoo",
        "in the pack opencv_zoo; any ediffiqa*.onnx",
    ),
    "minifasnet": Origin(
        "liveness score, shown only",
        "Apache-2.0",
        "https://github.com/minivision-ai/Silent-Face-Anti-Spoofing",
        "export both PyTorch models to ONNX without softmax as 2.7_80x80_MiniFASNetV2.onnx and "
        "4_0_0_80x80_MiniFASNetV1SE.onnx",
    ),
    "points106": Origin(
        "eyes, mouth, head size",
        "non-commercial research only",
        "https://github.com/deepinsight/insightface",
        f"{_IN_PACKS}; 2d106*.onnx",
    ),
    "points68": Origin(
        "the same, and head pose",
        "non-commercial research only",
        "https://github.com/deepinsight/insightface",
        f"{_IN_PACKS}; 1k3d68*.onnx",
    ),
}
"""Only projects that are known for certain: no address of a single file, and no hash, is made up.
Only those of packs can be fetched, with their pack; the others are put in place by hand."""


NEEDLESS: tuple[Kind, frozenset[Kind]] = ("points68", frozenset({"fsanet", "points106"}))
"""The largest network by far is not opened where both of these measure the same."""


def recipe_of(file_name: str) -> Recipe | None:
    """The kind of optional network that a file name tells, or None."""
    return next((r for r in RECIPES if r.pattern.match(file_name)), None)


def find_optional(models: Path, pack: Path | None) -> Iterator[tuple[Recipe, Path]]:
    """Files of optional networks in the models folder, its folders, and the pack in use.

    In the order of ``RECIPES``, the pack's own first; of files with the same name the first one
    counts.
    """
    folders = _folders(models, pack)
    for recipe in RECIPES:
        seen: set[str] = set()
        for folder in (pack,) if recipe.only_in_pack else folders:
            for file in sorted(folder.glob("*.onnx")) if folder else ():
                if recipe.pattern.match(file.name) and file.name not in seen:
                    seen.add(file.name)
                    yield recipe, file


def _folders(models: Path, pack: Path | None) -> list[Path]:
    models = models.resolve()
    inside = models.iterdir() if models.is_dir() else iter(())
    folders = [models, *sorted(f for f in inside if f.is_dir() and f.name[:1] not in "._")]
    return [pack, *(f for f in folders if f != pack)] if pack else folders
