"""A ZIP file as a batch's source: bombs, passwords, lies about sizes, names of other countries."""

from __future__ import annotations

import io
import os
import stat
import zlib
from collections import Counter
from collections.abc import Sequence
from lzma import LZMAError
from pathlib import Path
from typing import IO, BinaryIO
from zipfile import BadZipFile, LargeZipFile, ZipFile, ZipInfo

from core.batch.naming import (
    ARCHIVE_TYPES,
    clean_name,
    is_system_file,
    leads_out,
    printable,
    suffix,
    zip_names,
)
from core.batch.reasons import Reason, RowRefused, problem, reason
from core.batch.sources import Caps, Entry, FolderSource, Source, too_large, too_many
from core.errors import ImageError, ParameterError
from core.imaging.intake import open_file

_CHUNK = 1 << 16
_DIRECTORY_BYTES = 8_000_000
"""Largest list of contents that is read; that of 10,000 photos has about 1 MB."""

_UNREADABLE = (BadZipFile, LargeZipFile, zlib.error, LZMAError, EOFError, OSError, ValueError)


class ZipSource:
    """A ZIP file, opened; close it.

    Args:
        file: seekable; closed with the source.
        name: for people.
        caps: limits.

    Raises ParameterError: not a ZIP, damaged, or with too many entries.
    """

    def __init__(self, file: BinaryIO, name: str, caps: Caps) -> None:
        self.name = printable(clean_name(name).rsplit("/", 1)[-1])
        self._caps = caps
        self._file = file
        try:
            self._zip = ZipFile(_Careful(file))
        except _TooMuch:
            raise too_many(caps) from None
        except (*_UNREADABLE, NotImplementedError):
            raise problem("NOT_A_ZIP") from None
        self.entries = _zip_entries(self._zip, caps)

    def read(self, entry: Entry) -> bytes:
        """An entry's bytes, never more than a photo may have. Raises RowRefused."""
        if entry.problem:
            raise RowRefused(entry.problem)
        assert isinstance(entry.place, ZipInfo)
        limit = int(self._caps.photo_mb * 1e6)
        try:
            with self._zip.open(entry.place) as packed:
                return _read_capped(packed, limit, self._caps)
        except NotImplementedError:
            raise RowRefused(reason("ENTRY_METHOD")) from None
        except (*_UNREADABLE, RuntimeError):
            raise RowRefused(reason("ENTRY_DAMAGED")) from None

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()
        self._file.close()


def open_source(path: Path, caps: Caps) -> Source:
    """The archive or folder at this path, for whoever may read it. Raises ParameterError."""
    if path.is_dir():
        return FolderSource(path, caps)
    try:
        file = path.open("rb")
    except OSError:
        raise problem("NO_SOURCE") from None
    return _owned(file, path.name, caps)


def open_allowed(path: str, roots: Sequence[Path], caps: Caps) -> Source:
    """The archive or folder at this path, below one of ``roots`` (resolved), no link followed.

    Raises ParameterError; its text never tells what else is there.
    """
    wanted = Path(os.path.normpath(path)) if "\0" not in path and len(path) < 4096 else Path()
    if not any(wanted.is_relative_to(root) for root in roots):
        raise problem("NO_SOURCE")
    try:
        if wanted.is_dir() and wanted.resolve() == wanted:
            return FolderSource(wanted, caps)
        return _owned(open_file(path, roots), wanted.name, caps)
    except (ImageError, OSError):
        raise problem("NO_SOURCE") from None


def _owned(file: BinaryIO, name: str, caps: Caps) -> ZipSource:
    try:
        return ZipSource(file, name, caps)
    except ParameterError:
        file.close()
        raise


class _TooMuch(Exception):  # noqa: N818 - never leaves this module
    """More is asked for in one read than any honest archive needs."""


class _Careful(io.RawIOBase):
    """A file of which nobody reads more than the cap at once.

    ZipFile reads the list of contents in one piece, as long as the archive says it is.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            here = self._file.tell()
            size = self._file.seek(0, os.SEEK_END) - here
            self._file.seek(here)
        if size > _DIRECTORY_BYTES:
            raise _TooMuch
        return self._file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def _zip_entries(archive: ZipFile, caps: Caps) -> list[Entry]:
    infos = [
        info
        for info in archive.infolist()
        if not info.is_dir() and not is_system_file(clean_name(info.filename))
    ]
    if len(infos) > caps.photos:
        raise too_many(caps)
    names = [zip_names(info) for info in infos]
    often = Counter(name[0] for name in names)
    return [
        Entry(each, _zip_problem(info, each, often[each[0]] > 1, caps), info)
        for info, each in zip(infos, names, strict=True)
    ]


def _zip_problem(info: ZipInfo, names: tuple[str, ...], again: bool, caps: Caps) -> Reason | None:
    if any(leads_out(name) for name in names):
        return reason("ENTRY_OUTSIDE")
    if again:
        return reason("ENTRY_TWICE")
    if info.flag_bits & 0x1:
        return reason("ENTRY_ENCRYPTED")
    if suffix(names[0]) in ARCHIVE_TYPES:
        return reason("ENTRY_NESTED")
    if stat.S_ISLNK(info.external_attr >> 16):
        return reason("ENTRY_LINK")
    return too_large(info.file_size, caps) if info.file_size > caps.photo_mb * 1e6 else None


def _read_capped(packed: IO[bytes], limit: int, caps: Caps) -> bytes:
    """Everything, in pieces: what the archive says of the size is not believed."""
    data = bytearray()
    while piece := packed.read(_CHUNK):
        data += piece
        if len(data) > limit:
            raise RowRefused(too_large(len(data), caps))
    return bytes(data)
