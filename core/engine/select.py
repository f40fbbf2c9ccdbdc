"""Which engine runs: the settings' choice, else the best pack that is installed, else dlib."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from core.engine.backend_dlib import DlibEngine
from core.engine.backend_insightface import InsightFaceEngine
from core.engine.backend_opencv import DETECTOR_PREFIX, OpenCvEngine
from core.engine.base import Engine, EngineInfo
from core.engine.pack_manifest import verify_folder
from core.engine.quality_files import recipe_of
from core.errors import NotReady
from core.settings import Settings

Kind = Literal["insightface", "opencv"]
Limits = tuple[float, float]
"""``same_cosine`` and ``different_cosine``."""

RANK = ("antelopev2", "buffalo_l", "buffalo_m", "buffalo_s", "buffalo_sc")
"""Packs that ``auto`` prefers, best first; then other InsightFace packs, then OpenCV's."""

_HOW_TO_GET: dict[Kind, str] = {
    "insightface": "python -m core models get buffalo_s",
    "opencv": "python -m core models get opencv_zoo",
}


@dataclass(frozen=True, slots=True)
class InstalledPack:
    """A folder of models, by the look of its files; whether they load shows when they are loaded.

    Attributes:
        name: its folder's name.
        folder: where it is, absolute.
        kind: the backend that runs it.
    """

    name: str
    folder: Path
    kind: Kind


def installed_packs(models: Path) -> tuple[InstalledPack, ...]:
    """The packs in a models folder (or the folder itself when it is one), best first."""
    models = models.resolve()
    if not models.is_dir():
        return ()
    folders = [models, *(f for f in models.iterdir() if f.is_dir() and f.name[:1] not in "._")]
    packs = [
        InstalledPack(folder.name, folder, kind) for folder in folders if (kind := kind_of(folder))
    ]
    return tuple(sorted(packs, key=_rank))


def kind_of(folder: Path) -> Kind | None:
    """The backend a folder's files are for, by their names; None when it is no pack.

    A pack has a detector and a recogniser, so at least two ONNX files besides optional networks.
    YuNet's name marks OpenCV's.
    """
    names = [file.name for file in folder.glob("*.onnx") if recipe_of(file.name) is None]
    if len(names) < 2:
        return None
    return "opencv" if any(n.startswith(DETECTOR_PREFIX) for n in names) else "insightface"


def load_engine(settings: Settings, kept: Mapping[str, Limits] | None = None) -> Engine:
    """The engine that the settings ask for. Raises NotReady with a sentence that says what to do.

    A damaged pack is an error, never a reason to take another one silently: embeddings of
    different engines cannot be compared. The settings' own thresholds stand before the engine's;
    where they say none, ``kept`` may hold others by engine id.
    """
    engine = _load(settings)
    return replace(engine, info=with_own_limits(engine.info, settings, kept or {}))


def limits_set(settings: Settings) -> bool:
    """Whether the settings say a threshold; then nothing else counts."""
    return settings.same_cosine is not None or settings.different_cosine is not None


def with_own_limits(info: EngineInfo, settings: Settings, kept: Mapping[str, Limits]) -> EngineInfo:
    """An engine's description with the thresholds of the settings, else with those kept for it.

    Raises NotReady when the two that result are the wrong way round.
    """
    same, different = settings.same_cosine, settings.different_cosine
    if not limits_set(settings):
        same, different = kept.get(info.engine_id, (None, None))
    same = info.same_cosine if same is None else same
    different = info.different_cosine if different is None else different
    if same < different:
        raise NotReady(
            f"With the engine {info.name}, 'same person' would begin at {same:g}, below the end of "
            f"'different' at {different:g}; set FACEDESK_SAME_COSINE and FACEDESK_DIFFERENT_COSINE "
            "both."
        )
    own = (info.same_cosine, info.different_cosine)
    others = None if own == (same, different) else own
    return replace(info, same_cosine=same, different_cosine=different, own_cosines=others)


def _load(settings: Settings) -> DlibEngine | OpenCvEngine | InsightFaceEngine:
    pack = chosen_pack(settings)
    if pack is None:
        return DlibEngine.load(settings.thread_count)
    require_unchanged(pack)
    if pack.kind == "opencv":
        return OpenCvEngine.load(pack.folder, settings.thread_count, settings.accelerator)
    return InsightFaceEngine.load(pack.folder, settings.thread_count, settings.accelerator)


def require_unchanged(pack: InstalledPack) -> None:
    """Raise NotReady when a file is not the one that was installed, by the pack's manifest.

    A second or two for the largest pack, in the thread that loads it. A folder that was filled by
    hand has no manifest.
    """
    problems = verify_folder(pack.folder, None).problems
    if problems:
        raise NotReady(
            f"The model pack {pack.name} was damaged or exchanged: {'; '.join(problems)}. Find out "
            f"why; 'python -m core models get {pack.name} --force' installs it anew."
        )


def _rank(pack: InstalledPack) -> tuple[int, str]:
    if pack.kind == "opencv":
        return len(RANK) + 1, pack.name
    return RANK.index(pack.name) if pack.name in RANK else len(RANK), pack.name


def chosen_pack(settings: Settings) -> InstalledPack | None:
    """The pack to load; None means the built-in engine. Raises NotReady."""
    if settings.engine == "dlib":
        return None
    packs = installed_packs(settings.models)
    if settings.pack:
        return _named(settings, packs)
    if settings.engine == "auto":
        return packs[0] if packs else None
    for pack in packs:
        if pack.kind == settings.engine:
            return pack
    how = _HOW_TO_GET["opencv" if settings.engine == "opencv" else "insightface"]
    raise NotReady(f"No {settings.engine} model pack is installed; get one: {how}")


def _named(settings: Settings, packs: tuple[InstalledPack, ...]) -> InstalledPack:
    pack = next((p for p in packs if p.name == settings.pack), None)
    if pack is None:
        names = ", ".join(p.name for p in packs) or "none"
        raise NotReady(
            f"The model pack {settings.pack} (FACEDESK_PACK) is not installed; installed: {names}."
        )
    if settings.engine not in ("auto", pack.kind):
        raise NotReady(
            f"The model pack {pack.name} is for the engine {pack.kind}, but FACEDESK_ENGINE is "
            f"{settings.engine}; change one of them."
        )
    return pack
