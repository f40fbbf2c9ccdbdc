"""What is installed: the manifest in each pack's folder, and the proof that files are unchanged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from core.engine.catalogue import Pack

MANIFEST = "manifest.json"
KNOWN = "known hash"
RECORDED = "recorded on first download"

State = Literal["yes", "incomplete", "no"]


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file as it was when the pack was installed; ``checked`` says against what."""

    name: str
    size: int
    sha256: str
    checked: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """``manifest.json`` of an installed pack.

    Attributes:
        pack: name of the pack.
        backend: engine that runs it.
        licence: the licence by name.
        commercial_use: True when commercial use is allowed.
        origin: addresses the files came from, without user names and query strings.
        fetched: when, ISO 8601, UTC.
        files: every file of the pack but the manifest.
    """

    pack: str
    backend: str
    licence: str
    commercial_use: bool
    origin: tuple[str, ...]
    fetched: str
    files: tuple[FileRecord, ...]


def hash_file(path: Path) -> str:
    """SHA-256 of a file, lower-case hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``manifest.json`` into a pack's folder."""
    text = json.dumps(asdict(manifest), indent=2, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a pack's folder; None when there is none.

    Raises ValueError when the file is there but cannot be understood.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        return _manifest(json.loads(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{MANIFEST} is damaged") from error


def _manifest(raw: Mapping[str, Any]) -> Manifest:
    files = tuple(
        FileRecord(str(f["name"]), int(f["size"]), str(f["sha256"]), str(f["checked"]))
        for f in raw["files"]
    )
    return Manifest(
        pack=str(raw["pack"]),
        backend=str(raw["backend"]),
        licence=str(raw["licence"]),
        commercial_use=bool(raw["commercial_use"]),
        origin=tuple(str(url) for url in raw["origin"]),
        fetched=str(raw["fetched"]),
        files=files,
    )


def installed_folders(models: Path) -> list[Path]:
    """Folders of packs below the models folder, by name; hidden ones are left out."""
    if not models.is_dir():
        return []
    return sorted(p for p in models.iterdir() if p.is_dir() and not p.name.startswith("."))


def pack_state(pack: Pack, models: Path) -> State:
    """Whether the files that an engine needs are there; sizes and hashes are not looked at."""
    folder = models / pack.name
    if not folder.is_dir():
        return "no"
    needed = (folder / file.name for file in pack.files if file.needed)
    return "yes" if all(path.is_file() for path in needed) else "incomplete"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of a check: how many files were compared, and one sentence for each difference."""

    checked: int
    problems: tuple[str, ...]


def verify_folder(folder: Path, pack: Pack | None) -> Verdict:
    """Recompute every SHA-256 and compare it with the manifest and with the known hashes.

    Args:
        folder: an installed pack.
        pack: its entry in the catalogue, or None when it has none.
    """
    try:
        manifest = read_manifest(folder)
    except ValueError as error:
        return Verdict(0, (f"{error}",))
    recorded = {file.name: file.sha256 for file in manifest.files} if manifest else {}
    official = {file.name: file.sha256 for file in pack.files if file.sha256} if pack else {}
    needed = {file.name for file in pack.files if file.needed} if pack else set()
    actual: dict[str, str] = {}
    problems: list[str] = []
    for name in sorted(recorded.keys() | official.keys() | needed):
        try:
            actual[name] = hash_file(folder / name)
        except FileNotFoundError:
            if name in recorded or name in needed:
                problems.append(f"{name} is missing")
        except OSError:
            problems.append(f"{name} cannot be read")
    for name, sha256 in actual.items():
        if sha256 != recorded.get(name, sha256):
            problems.append(f"{name} is not the file that was installed")
        elif sha256 != official.get(name, sha256):
            problems.append(f"{name} is not the official file")
    compared = sum(name in recorded or name in official for name in actual)
    return Verdict(compared, tuple(problems))
