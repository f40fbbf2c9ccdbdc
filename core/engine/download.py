"""Fetch a model pack: resumable, limited, verified, and visible only when it is whole.

Everything happens in ``models/.incoming/``; the finished folder is moved into place by one rename.

1. each file arrives as ``<name>.part`` (kept when the connection ends, to go on from there),
2. its SHA-256 is compared with the known one, a zip is unpacked with care (``pack_zip``),
3. each network's SHA-256 is compared, the manifest is written, the folder is renamed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from core.engine.address import PATIENCE, Address, DownloadError, Timeout
from core.engine.catalogue import Download, ModelFile, Pack
from core.engine.pack_manifest import (
    KNOWN,
    RECORDED,
    FileRecord,
    Manifest,
    hash_file,
    write_manifest,
)
from core.engine.pack_zip import BadArchiveError, unpack
from core.engine.transfer import Transfer

__all__ = ["INCOMING", "DownloadError", "Progress", "Timeout", "fetch_pack"]

INCOMING = ".incoming"
RESERVE = 64 << 20  # bytes to leave free on the disk
_WORK = "-work-"
_REPLACED = "replaced"

Progress = Callable[[int, "int | None"], None]


def fetch_pack(
    pack: Pack,
    models: Path,
    progress: Progress,
    *,
    mirror: str | None = None,
    force: bool = False,
    timeout: Timeout = PATIENCE,
) -> Path:
    """Download, verify and install a pack.

    Args:
        pack: entry of the catalogue.
        models: folder of packs; made when it is missing.
        progress: called with the bytes that are there and the bytes in all (None: not known).
        mirror: address of a folder that holds the same files, instead of the official one.
        force: replace an installed pack.
        timeout: seconds to wait for a connection and for the next bytes.

    Returns the pack's folder.

    Raises DownloadError with a sentence for a person; then the models folder shows no new pack,
    an installed one is untouched, and what arrived so far is kept to go on from there unless it
    turned out wrong.
    """
    target = models / pack.name
    if target.exists() and not force:
        raise DownloadError(f"{pack.name} is installed already", "write")
    incoming = models / INCOMING
    try:
        incoming.mkdir(parents=True, exist_ok=True)
        _tidy(pack, incoming, target)
        _check_space(pack, incoming)
        transfers = _fetch_all(pack, incoming, progress, mirror, timeout)
        _install(pack, transfers, incoming, target)
    except OSError as error:
        reason = error.strerror or "input/output error"
        raise DownloadError(f"cannot write into the models folder ({reason})", "write") from error
    finally:
        # Not empty: a part is kept. Not there: it could not be made.
        with contextlib.suppress(OSError):
            incoming.rmdir()
    return target


def _tidy(pack: Pack, incoming: Path, target: Path) -> None:
    """Clear what a killed run left; a pack it had moved aside comes back."""
    for work in incoming.glob(f"{pack.name}{_WORK}*"):
        if (work / _REPLACED).is_dir() and not target.exists():
            (work / _REPLACED).replace(target)
        shutil.rmtree(work, ignore_errors=True)


def _check_space(pack: Pack, incoming: Path) -> None:
    arrived = sum(t.arrived for t in (Transfer(d, incoming) for d in pack.downloads))
    unpacked = (pack.installed_size or 0) if pack.archive else 0
    wanted = (pack.download_size or 0) - arrived + unpacked + RESERVE
    free = shutil.disk_usage(incoming).free
    if free < wanted:
        raise DownloadError(
            f"not enough space: {pack.name} needs {wanted / 1e6:.0f} MB in the models folder, "
            f"{free / 1e6:.0f} MB are free",
            "space",
        )


def _fetch_all(
    pack: Pack, incoming: Path, progress: Progress, mirror: str | None, timeout: Timeout
) -> list[Transfer]:
    done = 0
    transfers = []
    for download in pack.downloads:
        transfer = Transfer(download, incoming)
        alone = len(pack.downloads) == 1
        start = done

        def report(now: int, total: int | None, start: int = start, alone: bool = alone) -> None:
            progress(start + now, pack.download_size or (total if alone else None))

        transfer.run(_addresses(download, mirror), report, timeout)
        _check_hash(transfer)
        done += transfer.arrived
        transfers.append(transfer)
    return transfers


def _addresses(download: Download, mirror: str | None) -> tuple[Address, ...]:
    urls = (f"{mirror.rstrip('/')}/{download.name}",) if mirror else download.urls
    return tuple(Address(url) for url in urls)


def _check_hash(transfer: Transfer) -> None:
    known = transfer.download.sha256
    if known and hash_file(transfer.part) != known:
        transfer.discard()
        raise DownloadError(
            f"{transfer.download.name} is not the official file (its SHA-256 is another); "
            "it was deleted. Try again, or take it from another address"
        )


def _install(pack: Pack, transfers: list[Transfer], incoming: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=f"{pack.name}{_WORK}", dir=incoming) as work:
        staged = Path(work) / pack.name
        staged.mkdir()
        try:
            _fill(pack, transfers, staged)
            write_manifest(staged, _manifest(pack, transfers, staged))
        except (BadArchiveError, DownloadError) as error:
            for transfer in transfers:
                transfer.discard()
            raise DownloadError(f"{pack.name} was not installed: {error}") from error
        _swap(staged, target, Path(work) / _REPLACED)
    for transfer in transfers:
        transfer.discard()


def _fill(pack: Pack, transfers: list[Transfer], staged: Path) -> None:
    """Put the pack's files into the staged folder and check that they are all there."""
    for transfer in transfers:
        if pack.archive:
            unpack(transfer.part, staged, pack)
        else:
            transfer.part.replace(staged / transfer.download.name)
    missing = [f.name for f in pack.files if f.needed and not (staged / f.name).is_file()]
    if missing:
        raise DownloadError(f"the download lacks {', '.join(missing)}")


def _manifest(pack: Pack, transfers: list[Transfer], staged: Path) -> Manifest:
    proven = bool(pack.archive and pack.archive.sha256)
    present = (file for file in pack.files if (staged / file.name).is_file())
    return Manifest(
        pack=pack.name,
        backend=pack.backend,
        licence=pack.licence.name,
        commercial_use=pack.licence.commercial,
        origin=tuple(t.origin for t in transfers),
        fetched=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        files=tuple(_record(file, staged / file.name, proven) for file in present),
    )


def _record(file: ModelFile, path: Path, proven: bool) -> FileRecord:
    sha256 = hash_file(path)
    if file.sha256 and sha256 != file.sha256:
        raise DownloadError(f"{file.name} is not the official file (its SHA-256 is another)")
    with path.open("rb") as stream:
        os.fsync(stream.fileno())  # the rename must not survive a power cut that the bytes do not
    checked = KNOWN if file.sha256 or proven else RECORDED
    return FileRecord(file.name, path.stat().st_size, sha256, checked)


def _swap(staged: Path, target: Path, replaced: Path) -> None:
    """Move the finished folder into place; an installed one comes back when that fails."""
    had = target.exists()
    if had:
        target.replace(replaced)
    try:
        staged.replace(target)
    except OSError:
        if had:
            replaced.replace(target)
        raise
