"""Model packs as a page shows them: what is there, and what it may be used for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from core.desk import Desk
from core.engine import backend_dlib, catalogue
from core.engine.catalogue import Pack
from core.engine.identity import DLIB_LICENCE, INSIGHTFACE_LICENCE, PLAIN, YUNET_OTHER_LICENCE
from core.engine.pack_manifest import (
    installed_folders,
    pack_state,
    read_manifest,
)
from core.engine.select import kind_of
from core.fiqa.report import Text
from core.switching import in_use

BUILT_IN = "dlib"

State = Literal["yes", "no", "damaged"]


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file: its name, what it is for (a catalogue's role, or empty), bytes or None."""

    name: str
    role: str
    size: int | None


@dataclass(frozen=True, slots=True)
class PackView:
    """One pack, installed or not; no path of this machine.

    Attributes:
        name: of the pack and of its folder in the models folder.
        engine: backend that runs it; empty where its files are for none.
        state: installed, not, or files are missing or have another size.
        commercial: whether it may be used commercially; None: not known.
        answer: the same in plain words.
        licence: by name; empty where not known.
        note: what it is good for; None for files of one's own.
        origin: hosts it comes from; empty where not known.
        fetched: ISO time of the download; empty where FaceDesk did not fetch it.
        size: bytes on disk when installed, else bytes to fetch; None when not known.
        files: the networks.
        known: whether it is in the catalogue, so that it can be fetched.
        archive: file name of the zip to copy by hand; empty where the files come one by one.
        pages: addresses of what to copy by hand.
    """

    name: str
    engine: str
    state: State
    commercial: bool | None
    answer: Text
    licence: str
    note: Text | None
    origin: tuple[str, ...]
    fetched: str
    size: int | None
    files: tuple[PackFile, ...]
    known: bool
    archive: str = ""
    pages: tuple[str, ...] = ()


def list_packs(desk: Desk) -> tuple[PackView, ...]:
    """The built-in engine, every pack of the catalogue, then other folders with models."""
    models = desk.settings.models
    packs = catalogue.PACKS
    names = {pack.name for pack in packs}
    others = (f for f in installed_folders(models) if f.name not in names and any_models(f))
    used = in_use(desk)
    return (
        built_in(),
        *(_of_catalogue(pack, models) for pack in packs),
        *(
            _own(f, desk.vision.engine.info.licence if used and used.pack == f.name else "")
            for f in others
        ),
    )


def any_models(folder: Path) -> bool:
    """Whether a folder holds networks."""
    return any(folder.glob("*.onnx"))


def plain(licence: str) -> tuple[bool | None, Text]:
    """Of an engine's own licence sentence: commercial use or not, and it in two languages."""
    commercial, zh = PLAIN.get(licence, (None, licence))
    return commercial, Text(licence, zh)


def built_in() -> PackView:
    """dlib, which comes with the installed packages."""
    commercial, answer = plain(DLIB_LICENCE)
    names = (backend_dlib.POINTS_FILE, backend_dlib.RECOGNISER_FILE)
    roles = ("landmarks", "recogniser")
    files = tuple(PackFile(n, role, None) for n, role in zip(names, roles, strict=True))
    return PackView(
        name=BUILT_IN, engine="dlib", state="yes", commercial=commercial, answer=answer,
        licence="Boost, CC0", note=None, origin=(), fetched="", size=None, files=files,
        known=False,
    )  # fmt: skip


def _of_catalogue(pack: Pack, models: Path) -> PackView:
    folder = models / pack.name
    state = _state(pack, models)
    fetched, hosts = _history(folder) if state != "no" else ("", ())
    urls = tuple(download.urls[0] for download in pack.downloads)
    words = pack.licence.words
    return PackView(
        name=pack.name, engine=pack.backend, state=state, commercial=pack.licence.commercial,
        answer=Text(words.en, words.zh), licence=pack.licence.name,
        note=Text(pack.note.en, pack.note.zh), origin=hosts or _hosts(urls), fetched=fetched,
        size=pack.download_size if state == "no" else _on_disk(folder),
        files=tuple(PackFile(f.name, f.role, f.size) for f in pack.files), known=True,
        archive=pack.archive.name if pack.archive else "", pages=urls,
    )  # fmt: skip


def _own(folder: Path, licence: str) -> PackView:
    """Files of one's own; what they are for certain is known of the ones that were loaded."""
    kind = kind_of(folder)
    usual = {"insightface": INSIGHTFACE_LICENCE, "opencv": YUNET_OTHER_LICENCE}
    commercial, answer = plain(licence or usual.get(kind or "", ""))
    files = sorted(folder.glob("*.onnx"))
    return PackView(
        name=folder.name, engine=kind or "", state="yes", commercial=commercial, answer=answer,
        licence="", note=None, origin=(), fetched="", size=_on_disk(folder),
        files=tuple(PackFile(file.name, "", file.stat().st_size) for file in files), known=False,
    )  # fmt: skip


def _state(pack: Pack, models: Path) -> State:
    """By names and sizes; whether the bytes are right shows when they are checked."""
    state = pack_state(pack, models)
    if state == "no":
        return "no"
    there = ((models / pack.name / file.name, file.size) for file in pack.files)
    wrong = any(f.is_file() and size not in (None, f.stat().st_size) for f, size in there)
    return "damaged" if wrong or state == "incomplete" else "yes"


def _on_disk(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())


def _history(folder: Path) -> tuple[str, tuple[str, ...]]:
    """When and from which hosts a pack was fetched; nothing when it was copied by hand."""
    try:
        manifest = read_manifest(folder)
    except ValueError:
        return "", ()
    return (manifest.fetched, _hosts(manifest.origin)) if manifest else ("", ())


def _hosts(urls: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(host for url in urls if (host := urlsplit(url).hostname)))
