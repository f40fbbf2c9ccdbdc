"""Where a batch's photos come from: an archive or a folder, read one by one, without trust.

Nothing is ever unpacked to the disk under a name of the archive's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from zipfile import ZipInfo

from core.batch.naming import ARCHIVE_TYPES, clean_name, is_system_file, printable, suffix
from core.batch.reasons import Reason, RowRefused, problem, reason
from core.errors import ImageError, ImageTooLarge, ParameterError
from core.imaging.intake import read_file
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a source.

    Attributes:
        names: how its name may have been meant, the likeliest first.
        problem: why it cannot be read, as far as that shows before it is.
        place: where the source finds it again.
    """

    names: tuple[str, ...]
    problem: Reason | None
    place: ZipInfo | str

    @property
    def shown(self) -> str:
        """Its name for people."""
        return printable(self.names[0])


class Source(Protocol):
    """An archive or a folder."""

    name: str
    entries: list[Entry]

    def read(self, entry: Entry) -> bytes:
        """An entry's bytes. Raises RowRefused."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


@dataclass(frozen=True, slots=True)
class Caps:
    """How much a batch may hold.

    Attributes:
        photos: entries.
        photo_mb: one entry, unpacked.
        total_mb: all entries, unpacked.
    """

    photos: int
    photo_mb: float
    total_mb: float


def caps_of(settings: Settings) -> Caps:
    """The settings' limits of a batch."""
    return Caps(settings.max_batch_photos, settings.max_image_mb, settings.max_batch_mb)


class FolderSource:
    """A folder and those below it; links are not followed.

    Args:
        path: an existing folder.
        caps: limits.

    Raises ParameterError: with too many files, or not readable.
    """

    def __init__(self, path: Path, caps: Caps) -> None:
        self.name = printable(path.resolve().name)
        self._root = path.resolve()
        self._caps = caps
        self.entries: list[Entry] = []
        for file in _files_below(self._root):
            if len(self.entries) >= caps.photos:
                raise too_many(caps)
            self.entries.append(_folder_entry(self._root, file))

    def read(self, entry: Entry) -> bytes:
        """A file's bytes, never more than a photo may have. Raises RowRefused."""
        if entry.problem:
            raise RowRefused(entry.problem)
        limit = int(self._caps.photo_mb * 1e6)
        try:
            return read_file(str(self._root / str(entry.place)), [self._root], limit)
        except ImageTooLarge:
            size = (self._root / str(entry.place)).stat().st_size
            raise RowRefused(too_large(size, self._caps)) from None
        except ImageError:
            raise RowRefused(reason("ENTRY_LINK")) from None

    def close(self) -> None:
        """Nothing is held open."""


def too_large(size: int, caps: Caps) -> Reason:
    """The reason for a file over the limit of one photo; ``size`` in bytes."""
    return reason("ENTRY_TOO_LARGE", mb=size / 1e6, limit=caps.photo_mb)


def too_many(caps: Caps) -> ParameterError:
    """The error for a source with more files than a batch may have."""
    return problem("TOO_MANY", most=caps.photos)


def _files_below(root: Path) -> Iterator[Path]:
    """Files in order of their names, folder by folder; linked folders are not entered."""
    for folder, below, files in os.walk(root):
        below.sort()
        for name in sorted(files):
            if not is_system_file(clean_name(name)):
                yield Path(folder, name)


def _folder_entry(root: Path, file: Path) -> Entry:
    place = file.relative_to(root).as_posix()
    wrong = None
    if file.is_symlink() or not file.is_file():
        wrong = reason("ENTRY_LINK")
    elif suffix(place) in ARCHIVE_TYPES:
        wrong = reason("ENTRY_NESTED")
    return Entry((clean_name(place.encode("utf-8", "replace").decode()),), wrong, place)
