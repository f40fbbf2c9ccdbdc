"""What was chosen on the engine page: kept in the data folder, so that it outlives the process.

The environment counts more (decision 25): a setting that names an engine, a pack or a threshold
stands before what is kept here.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.engine.base import Engine
from core.engine.select import Limits, load_engine
from core.errors import NoSpaceLeft, NotReady
from core.settings import Settings

FILE = "engine.json"
ENGINES = ("dlib", "insightface", "opencv")


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine, and thresholds for engines.

    Attributes:
        engine: ``dlib``, ``insightface`` or ``opencv``; empty: none was chosen.
        pack: folder of the pack in the models folder; empty for ``dlib``.
        limits: thresholds by engine id, for those that have others than their own.
    """

    engine: str = ""
    pack: str = ""
    limits: Mapping[str, Limits] = field(default_factory=dict)


def engine_set(settings: Settings) -> bool:
    """Whether the settings name an engine or a pack; ``auto`` names none."""
    return settings.engine != "auto" or bool(settings.pack)


def read_choice(data: Path) -> Choice:
    """What is kept in the data folder. Raises NotReady: it is there and cannot be understood.

    Another engine must not be taken in its place: what it embeds could not be compared.
    """
    file = data / FILE
    if not file.is_file():
        return Choice()
    try:
        return _understood(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise NotReady(
            f"The file {FILE} in the data folder, with the engine that was chosen, is damaged. "
            "Choose an engine on the page Engine, or remove the file."
        ) from None


def _understood(raw: Any) -> Choice:
    engine, pack = str(raw["engine"]), str(raw["pack"])
    if engine not in ("", *ENGINES) or Path(pack).name != pack:
        raise ValueError(engine)
    limits = {str(name): (float(two[0]), float(two[1])) for name, two in raw["limits"].items()}
    if any(not -1 <= low <= high <= 1 for high, low in limits.values()):
        raise ValueError("limits")
    return Choice(engine, pack, limits)


def write_choice(data: Path, choice: Choice, first: Callable[[], object] = lambda: None) -> None:
    """Keep a choice, all of it or nothing.

    ``first`` is called once it is sure that there is room, before the choice counts; when it
    raises, nothing is kept. Raises NoSpaceLeft, NotReady (the folder cannot be written).
    """
    draft = data / f".{FILE}.{os.getpid()}"
    kept = {"engine": choice.engine, "pack": choice.pack, "limits": dict(choice.limits)}
    try:
        data.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
        first()
        draft.replace(data / FILE)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpaceLeft from error
        raise NotReady("The data folder cannot be written; the engine stays as it is.") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def chosen(settings: Settings, choice: Choice) -> Settings:
    """The settings with the choice filled in, where they name no engine themselves."""
    if engine_set(settings) or not choice.engine:
        return settings
    return settings.model_copy(update={"engine": choice.engine, "pack": choice.pack})


def load_chosen(settings: Settings, choice: Choice) -> Engine:
    """The engine of the settings, else of the choice. Raises NotReady."""
    return load_engine(chosen(settings, choice), choice.limits)
