"""Unpack a pack's zip without trusting it."""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from core.engine.catalogue import Pack

MAX_ENTRIES = 1_000
MAX_BYTES = 4 << 30
SLACK = 1.2
_BLOCK = 1 << 20


class BadArchiveError(ValueError):
    """The zip is damaged or holds what a pack must not hold; the text says which."""


def unpack(archive: Path, folder: Path, pack: Pack) -> None:
    """Unpack the pack's own files from a zip into an existing empty folder.

    Files may lie in folders inside the zip (``antelopev2/…``); they come out flat. Entries that
    the catalogue does not name are left out. Each file's CRC is checked while it is read.

    Raises BadArchiveError: damaged, encrypted, names that climb out, links, larger than the pack's
    size and a fifth, a file twice.
    """
    try:
        with zipfile.ZipFile(archive) as source:
            _check_entries(source.infolist(), _limit(pack))
            for info in _wanted(source.infolist(), pack):
                _copy(source, info, folder / PurePosixPath(info.filename).name)
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError) as error:
        raise BadArchiveError("the zip is damaged") from error


def _limit(pack: Pack) -> int:
    size = pack.installed_size
    return MAX_BYTES if size is None else int(size * SLACK)


def _check_entries(entries: list[zipfile.ZipInfo], limit: int) -> None:
    if len(entries) > MAX_ENTRIES:
        raise BadArchiveError(f"the zip holds {len(entries)} entries, more than {MAX_ENTRIES}")
    for info in entries:
        _check_entry(info)
    total = sum(info.file_size for info in entries)
    if total > limit:
        raise BadArchiveError(f"the zip unpacks to {total} bytes, more than the {limit} allowed")


def _check_entry(info: zipfile.ZipInfo) -> None:
    # orig_filename: zipfile itself rewrites backslashes and cuts names at a zero byte.
    name = info.orig_filename
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or any(c in name for c in "\\:\0"):
        raise BadArchiveError("the zip holds a file name that leads out of its folder")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BadArchiveError("the zip holds a link or a special file")
    if info.flag_bits & 1:
        raise BadArchiveError("the zip is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadArchiveError("the zip uses an unusual compression")


def _wanted(entries: list[zipfile.ZipInfo], pack: Pack) -> list[zipfile.ZipInfo]:
    names = {file.name for file in pack.files}
    wanted = [e for e in entries if not e.is_dir() and PurePosixPath(e.filename).name in names]
    found = [PurePosixPath(e.filename).name for e in wanted]
    if len(set(found)) < len(found):
        raise BadArchiveError("the zip holds the same file twice")
    return wanted


def _copy(source: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    with source.open(info) as stream, target.open("xb") as out:
        while block := stream.read(_BLOCK):
            out.write(block)
