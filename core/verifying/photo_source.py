"""Where the photos of a pairs file come from: a ZIP file, or folders that paths may name."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path, PurePosixPath

from core.errors import ImageError, ImageTooLarge, NotFound, ParameterError
from core.imaging.intake import read_file
from core.settings import Settings

MOST_ENTRIES = 50_000


class PhotoSource:
    """Reads photos by name; a ZIP file is never unpacked to a disk.

    Args:
        settings: allowed folders and the largest photo.
        archive: bytes of a ZIP file, or None.

    Raises ParameterError with ``reason``: ``zip_bad`` or ``zip_many``.
    """

    def __init__(self, settings: Settings, archive: bytes | None) -> None:
        self._roots = settings.image_root_folders
        self._limit = int(settings.max_image_mb * 1e6)
        self._zip = None if archive is None else _opened(archive)
        self._entries = {} if self._zip is None else _by_name(self._zip)

    def read(self, name: str) -> bytes:
        """A photo's bytes: from the ZIP file when it has one of that name, else by path.

        Raises NotFound, ImageError, ImageTooLarge.
        """
        entry = self._entries.get(PurePosixPath(name.replace("\\", "/")).as_posix())
        if self._zip is not None and entry is not None:
            return self._from_zip(self._zip, entry)
        if self._roots:
            return self._from_folder(name)
        raise NotFound("There is no photo of this name.")

    def _from_zip(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
        """What the entry says of its own size is not believed."""
        if entry.file_size > self._limit:
            raise ImageTooLarge
        try:
            with archive.open(entry) as file:
                data = file.read(self._limit + 1)
        except Exception:  # whatever a decompressor raises at damaged or encrypted bytes
            raise ImageError("This entry of the ZIP file cannot be read.") from None
        if len(data) > self._limit:
            raise ImageTooLarge
        return data

    def _from_folder(self, name: str) -> bytes:
        """The path as it is, or below the first allowed folder that has such a file."""
        failure: ImageError | None = None
        paths = [name] if Path(name).is_absolute() else [str(r / name) for r in self._roots]
        for path in paths:
            try:
                return read_file(path, self._roots, self._limit)
            except ImageTooLarge:
                raise
            except ImageError as error:
                failure = error
        raise failure or ImageError()


def _opened(archive: bytes) -> zipfile.ZipFile:
    try:
        opened = zipfile.ZipFile(io.BytesIO(archive))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise ParameterError("This is not a ZIP file that can be read.", reason="zip_bad") from None
    if len(opened.filelist) > MOST_ENTRIES:
        raise ParameterError(
            f"The ZIP file has more than {MOST_ENTRIES:,} entries.", reason="zip_many"
        )
    return opened


def _by_name(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Entries by their path, and by their bare file name where only one has it."""
    entries = {
        PurePosixPath(e.filename.replace("\\", "/")).as_posix(): e
        for e in archive.filelist
        if not e.is_dir()
    }
    bare: dict[str, list[zipfile.ZipInfo]] = {}
    for path, entry in entries.items():
        bare.setdefault(PurePosixPath(path).name, []).append(entry)
    return {name: found[0] for name, found in bare.items() if len(found) == 1} | entries
