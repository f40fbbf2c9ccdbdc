"""The backup's file: a tar with ``manifest.json`` and ``gallery.db``; any tar program opens it."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, BinaryIO, Final

from core.errors import NoSpaceLeft, NotReady, ParameterError
from core.gallery.scratch import part_name

MANIFEST, DATABASE = "manifest.json", "gallery.db"
CHUNK: Final = 1 << 20
LARGEST_MANIFEST: Final = 100_000
NO_BACKUP = "This file is not a FaceDesk backup, or it is damaged."


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes:
        taken_at: UTC, ISO 8601.
        revision: version of the database.
        people, photos, audit_rows: counts; photos are current and kept ones.
        audit_hash: newest hash of the audit's chain.
        master_id: which master key, or empty: not encrypted.
        size_bytes, sha256: of the database in it.
    """

    taken_at: str
    revision: str
    people: int
    photos: int
    audit_rows: int
    audit_hash: str
    master_id: str
    size_bytes: int
    sha256: str


def write_bundle(target: BinaryIO, manifest: Manifest, database: Path) -> None:
    """Write both into the opened file."""
    with tarfile.open(fileobj=target, mode="w") as tar, database.open("rb") as content:
        text = json.dumps(asdict(manifest), indent=2).encode()
        tar.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
        tar.addfile(_member(DATABASE, manifest.size_bytes), content)


def read_bundle(source: Path, database: Path) -> Manifest:
    """Read the manifest, and the database into that file.

    Raises:
        ParameterError: it is no backup, or its content is not what the manifest says.
    """
    try:
        with tarfile.open(source, mode="r:") as tar:
            manifest = _read_manifest(tar)
            content = tar.extractfile(DATABASE)
            if content is None:
                raise ParameterError(NO_BACKUP)
            with database.open("wb") as copy:
                digest = _copy(content, copy)
                os.fsync(copy.fileno())
    except (tarfile.TarError, KeyError, TypeError, ValueError, EOFError):
        raise ParameterError(NO_BACKUP) from None
    if digest != manifest.sha256:
        raise ParameterError("The backup is damaged: its content has not the recorded hash.")
    return manifest


def hash_file(file: Path) -> str:
    """SHA-256 of a file, hex."""
    with file.open("rb") as content:
        return _copy(content, None)


@contextmanager
def written_whole(target: Path, replace: bool = False) -> Iterator[BinaryIO]:
    """A file, for its owner only, that appears under its name when all of it is on the disk.

    Raises:
        ParameterError: there is one of this name, and ``replace`` is not set.
    """
    part = target.with_name(part_name())
    try:
        handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists() and not replace:
            raise ParameterError("A file of this name is there; a backup overwrites nothing.")
        part.replace(target)
        sync_folder(target.parent)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def file_errors() -> Iterator[None]:
    """Turn trouble with files, SQLite's too, into ``NoSpaceLeft`` or ``NotReady``."""
    try:
        yield
    except sqlite3.Error as error:
        if "full" in str(error):
            raise NoSpaceLeft from error
        raise NotReady("The database's file cannot be read or written.") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpaceLeft from error
        raise NotReady("The file cannot be read or written; see its folder's rights.") from error


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder durable, where the system offers that."""
    with suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _read_manifest(tar: tarfile.TarFile) -> Manifest:
    content = tar.extractfile(MANIFEST)
    if content is None:
        raise ParameterError(NO_BACKUP)
    return Manifest(**json.loads(content.read(LARGEST_MANIFEST)))


def _member(name: str, size: int) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.size, made.mode = size, 0o600
    return made


def _copy(source: IO[bytes], target: IO[bytes] | None) -> str:
    digest = hashlib.sha256()
    while block := source.read(CHUNK):
        digest.update(block)
        if target is not None:
            target.write(block)
    return digest.hexdigest()
