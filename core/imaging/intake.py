"""Where a photo's bytes come from: base64 text, or a file below an allowed folder."""

from __future__ import annotations

import binascii
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import pybase64

from core.errors import ImageError, ImageTooLarge

_DATA_URI = re.compile(r"data:image/[\w.+-]+;base64,", re.IGNORECASE)
_NOT_ALLOWED = "The photo's path is not readable or not below an allowed folder."
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_OPEN_FLAGS = (
    os.O_RDONLY
    | _NOFOLLOW
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def decode_base64(text: str, max_bytes: int) -> bytes:
    """Bytes of bare base64 or a ``data:image/...;base64,`` URI; white space is allowed.

    Raises:
        ImageError: not base64, or empty.
        ImageTooLarge: more than ``max_bytes``, found out before decoding.
    """
    prefix = _DATA_URI.match(text[:64])
    body = text[prefix.end() :] if prefix else text
    if not body.isascii():
        raise ImageError("The photo is not base64 text.")
    if any(space in body for space in " \n\r\t"):
        body = "".join(body.split())
    if len(body) // 4 * 3 > max_bytes + 2:
        raise ImageTooLarge(
            f"The photo has {len(body) * 3 / 4e6:.1f} MB, the limit is {max_bytes / 1e6:.0f} MB."
        )
    try:
        data = pybase64.b64decode(body, validate=True)
    except binascii.Error:
        raise ImageError("The photo is not base64 text, or its end is missing.") from None
    if not data:
        raise ImageError("The photo is not base64 text.")
    if len(data) > max_bytes:
        raise ImageTooLarge(f"The photo is over the limit of {max_bytes / 1e6:.0f} MB.")
    return data


def read_file(path: str, roots: Sequence[Path], max_bytes: int) -> bytes:
    """Bytes of a regular file below one of ``roots`` (resolved folders), no link followed.

    Raises:
        ImageError: outside the roots, a link, not a file, not readable; the text never tells which.
        ImageTooLarge: more than ``max_bytes``.
    """
    with open_file(path, roots) as file:
        if os.fstat(file.fileno()).st_size > max_bytes:
            raise ImageTooLarge(f"The photo is over the limit of {max_bytes / 1e6:.0f} MB.")
        try:
            return file.read(max_bytes)
        except OSError:
            raise ImageError(_NOT_ALLOWED) from None


def open_file(path: str, roots: Sequence[Path]) -> BinaryIO:
    """A regular file below one of ``roots`` (resolved folders), opened, no link followed.

    Raises:
        ImageError: outside the roots, a link, not a file, not readable; the text never tells which.
    """
    if not roots:
        raise ImageError("Photos by path are switched off here; send the photo as base64.")
    wanted = Path(os.path.normpath(path)) if "\0" not in path and len(path) < 4096 else None
    root = next((r for r in roots if wanted and wanted.is_relative_to(r)), None)
    if wanted is None or root is None:
        raise ImageError(_NOT_ALLOWED)
    try:
        handle = _open_below(root, wanted.relative_to(root).parts)
    except (OSError, ValueError):
        raise ImageError(_NOT_ALLOWED) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ImageError(_NOT_ALLOWED)
    return os.fdopen(handle, "rb")


def _open_below(root: Path, parts: tuple[str, ...]) -> int:
    """Open a file folder by folder, so that a link swapped in meanwhile is not followed either."""
    if not parts:
        raise ValueError("a folder, not a file")
    if os.open not in os.supports_dir_fd or not _NOFOLLOW:  # Windows
        whole = root.joinpath(*parts)
        if whole.resolve() != whole:
            raise ValueError("a link")
        return os.open(whole, _OPEN_FLAGS)
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in parts[:-1]:
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | _NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
        return os.open(parts[-1], _OPEN_FLAGS, dir_fd=folder)
    finally:
        os.close(folder)
