"""Optional networks that see quality: opened once in the background, each for itself.

A file that is damaged, or not what its name says, is left out with a line in the log: what it
would have measured is then not assessed, and the desk works as without it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.engine import runtime
from core.engine.base import Floats, Pixels
from core.engine.quality_files import NEEDLESS, Kind, Recipe, find_optional
from core.engine.select import chosen_pack
from core.engine.shape_predictors import ShapePredictor, open_predictors
from core.engine.slot import Slot
from core.errors import NotReady
from core.settings import Settings

log = logging.getLogger("facedesk")


@dataclass(frozen=True, slots=True, eq=False)
class QualityModel:
    """One optional network, ready to run; safe to run from several threads.

    Attributes:
        recipe: what it is, and how a picture goes into it.
        file_name: the file it was opened from.
        network: the open network.
    """

    recipe: Recipe
    file_name: str
    network: runtime.Network

    @property
    def kind(self) -> Kind:
        """What it is."""
        return self.recipe.kind

    @property
    def name(self) -> str:
        """As people know it."""
        return self.recipe.name

    def answer(self, crop_bgr: Pixels) -> Floats:
        """float32 (K,): its answer to uint8 (side, side, 3) BGR pixels.

        All NaN, with a line in the log, when it fails or says anything that is not a number:
        then what it measures is not assessed.
        """
        try:
            raw = self.network.run(self._blob(crop_bgr))[0]
        except runtime.load_errors() as error:
            return self._nonsense(type(error).__name__)
        answer: Floats = np.asarray(raw, np.float32).reshape(-1)
        if answer.size != self.recipe.answers:
            return self._nonsense(f"{answer.size} numbers")
        if not np.isfinite(answer).all():
            return self._nonsense("not finite")
        return answer

    def _nonsense(self, what: str) -> Floats:
        log.warning("quality model gave no answer file=%s problem=%s", self.file_name, what)
        return np.full(self.recipe.answers, np.nan, np.float32)

    def _blob(self, crop_bgr: Pixels) -> Floats:
        recipe = self.recipe
        size, mean = (recipe.side, recipe.side), (recipe.mean,) * 3
        blob: Floats = cv2.dnn.blobFromImage(
            crop_bgr, 1 / recipe.scale, size, mean, swapRB=recipe.rgb
        ).astype(np.float32, copy=False)
        return blob


Models = tuple[QualityModel | ShapePredictor, ...]
"""Everything optional that sees quality."""


def open_models(models: Path, pack: Path | None, threads: int) -> tuple[QualityModel, ...]:
    """Every optional network that is there and works; see ``find_optional``."""
    opened: list[QualityModel] = []
    largest, others = NEEDLESS
    for recipe, file in find_optional(models, pack):
        kinds = {model.kind for model in opened}
        needless = recipe.kind == largest and others <= kinds
        if needless or (recipe.kind in kinds and not recipe.several):
            continue
        try:
            opened.append(open_model(recipe, file, threads))
        except NotReady as error:
            log.warning("quality model left out file=%s reason=%s", file.name, error.message)
    return tuple(opened)


def open_model(recipe: Recipe, file: Path, threads: int) -> QualityModel:
    """One network, tried once. Raises NotReady when it is damaged or of another shape."""
    network = runtime.open_network(file, threads)
    picture = network.session.get_inputs()[0].shape
    vector = network.session.get_outputs()[0].shape
    if list(picture[1:]) != [3, recipe.side, recipe.side] or vector[-1] != recipe.answers:
        raise runtime.unreadable(file)
    model = QualityModel(recipe, file.name, network)
    try:
        network.run(model._blob(np.full((recipe.side, recipe.side, 3), 127, np.uint8)))
    except runtime.load_errors() as error:
        raise runtime.unreadable(file, error) from error
    return model


def load_models(settings: Settings) -> Models:
    """The optional networks that belong to the settings' models folder and engine, and dlib's
    points where they are wanted.
    """
    try:
        pack = chosen_pack(settings)
    except NotReady:
        pack = None  # the engine says so itself
    models = open_models(settings.models, pack.folder if pack else None, settings.thread_count)
    return (*models, *open_predictors(settings, pack, {model.kind for model in models}))


class QualitySlot(Slot[Models]):
    """The optional networks; none unless ``load`` is given, which opens them."""

    name = "quality models"
    still = "The quality models are still loading; try again in a few seconds."
    broken = "The quality models could not be loaded; see the server's log."

    def __init__(self, load: Callable[[], Models] = tuple) -> None:
        super().__init__(lambda: _or_none(load))

    def described(self, thing: Models) -> str:
        """Their files."""
        return f"files={','.join(model.file_name for model in thing) or 'none'}"


def _or_none(load: Callable[[], Models]) -> Models:
    try:
        return load()
    except Exception:  # whatever is wrong with them, the desk works as without them
        log.exception("quality models left out")
        return ()
