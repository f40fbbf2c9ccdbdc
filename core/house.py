"""The house, built once a process: settings, gallery, policy, and the engine as it gets ready."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path

from core.desk import Desk
from core.engine.choice import Choice, chosen, load_chosen, read_choice
from core.engine.quality_models import QualitySlot, load_models
from core.engine.slot import EngineSlot
from core.errors import NotReady
from core.fiqa.policy import PolicyError, load_policy
from core.gallery.cipher import read_key
from core.gallery.search_database import require_search
from core.gallery.store import Gallery
from core.settings import Settings, get_settings
from core.vision import Vision

log = logging.getLogger("facedesk")
_lock = threading.Lock()
_desk: Desk | None = None


def build_desk(settings: Settings) -> Desk:
    """Open the gallery, read the policy, begin to load the engine.

    Raises NotReady: database or policy cannot be used. An engine that cannot be loaded shows
    when it is needed.
    """
    vision = build_vision(settings)
    gallery = open_gallery(settings)
    try:
        require_search(gallery, settings.search)
    except NotReady:
        gallery.close()
        raise
    vision.start()
    return Desk(settings, gallery, vision)


def build_vision(settings: Settings, choice: Choice | None = None) -> Vision:
    """What looks at photos, without any gallery; its models load when they are needed.

    ``choice`` stands in for the one that is kept in the data folder.

    Raises NotReady when the policy cannot be used.
    """
    try:
        policy = load_policy(settings.fiqa_policy)
    except PolicyError as error:
        log.error("quality policy refused file=%s", error)
        where = f"{error.key} {error.expected}" if error.key else error.expected
        raise NotReady(
            f"The quality policy {Path(error.file).name} (FACEDESK_FIQA_POLICY) cannot be used: "
            f"{where}."
        ) from None

    def kept() -> Choice:
        return read_choice(settings.data) if choice is None else choice

    engine = EngineSlot(lambda: load_chosen(settings, kept()))
    quality = QualitySlot(lambda: load_models(chosen(settings, kept())))
    return Vision(settings, engine, policy, quality)


def open_gallery(settings: Settings) -> Gallery:
    """The gallery alone, with its key; for the commands that need no engine.

    Raises NotReady: database or key cannot be used.
    """
    return Gallery.open(
        settings.database_url,
        settings.max_identities,
        settings.max_photos_each,
        key=master_key(settings),
    )


def master_key(settings: Settings) -> bytes | None:
    """The encryption key from its file or the environment; None when there is none.

    Raises NotReady: the file cannot be read, or holds no key.
    """
    if settings.key_file is not None:
        return read_key_file(settings.key_file)
    return read_key(settings.key.get_secret_value()) if settings.key is not None else None


def read_key_file(path: Path) -> bytes:
    """The key in this file. Raises NotReady."""
    try:
        return read_key(path.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError):
        raise NotReady("The file with the encryption key cannot be read; see its rights.") from None


def get_desk() -> Desk:
    """The process's one desk, built at the first call. Raises NotReady."""
    global _desk
    with _lock:
        if _desk is None:
            settings = get_settings()
            set_up_log(settings.log_level)
            _desk = build_desk(settings)
        return _desk


def set_up_log(level: str) -> None:
    """One line an event on standard error, unless the program around us logs already."""
    log.setLevel(level.upper())
    if not log.handlers and not logging.getLogger().handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
        log.propagate = False
