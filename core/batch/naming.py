"""What a file's name says: cleaned, decoded as it may have been meant, and whose photo it is."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from zipfile import ZipInfo

PHOTO_TYPES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
ARCHIVE_TYPES = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz")
_UTF8_FLAG, _FIRST_GUESS = 0x800, "cp437"
_OTHER_GUESSES = ("utf-8", "gb18030")
_NUMBERED = re.compile(r"(.+)_(\d{1,4})")
_SYSTEM_FILES = {".ds_store", "thumbs.db", "desktop.ini"}


def clean_name(name: str) -> str:
    """NFC, with ``/`` between folders however they were written, without ``./`` before it."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/")
    while name.startswith("./"):
        name = name[2:]
    return name


def zip_names(info: ZipInfo) -> tuple[str, ...]:
    """How an entry's name may have been meant, the likeliest first.

    An archive made by Windows holds names in the country's own encoding and does not say so;
    Python then reads them as IBM's code page 437. GBK and UTF-8 are the usual ones here.
    """
    if info.flag_bits & _UTF8_FLAG or info.filename.isascii():
        return (clean_name(info.filename),)
    found = []
    raw = info.filename.encode(_FIRST_GUESS, "replace")
    for encoding in _OTHER_GUESSES:
        try:
            found.append(clean_name(raw.decode(encoding)))
        except UnicodeDecodeError:
            continue
    return (*found, clean_name(info.filename))


def is_system_file(name: str) -> bool:
    """Whether an operating system put it there for itself."""
    parts = name.lower().split("/")
    return parts[0] == "__macosx" or parts[-1] in _SYSTEM_FILES or parts[-1].startswith("._")


def leads_out(name: str) -> bool:
    """Whether the name points out of its archive, or to a place of its own."""
    parts = name.split("/")
    return name.startswith("/") or ".." in parts or bool(re.match(r"[A-Za-z]:", name))


def suffix(name: str) -> str:
    """The name's ending in small letters, with its dot."""
    return PurePosixPath(name).suffix.lower()


def meanings(name: str) -> tuple[tuple[str, int | None], ...]:
    """Whose photo a file's name means, and which one: the whole stem as an id comes first.

    ``photos/001_2.jpg`` is ``001_2``'s only photo, or the second of ``001``; counted from 1.
    """
    stem = PurePosixPath(name).stem.strip()
    numbered = _NUMBERED.fullmatch(stem)
    whole: tuple[tuple[str, int | None], ...] = ((stem, None),)
    return (*whole, (numbered[1], int(numbered[2]))) if numbered else whole


def printable(name: str) -> str:
    """The name for a list, a log or a file: no control or formatting characters, not endless."""
    shown = "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else c
        for c in name
    )  # fmt: skip
    return shown if len(shown) <= 120 else f"{shown[:60]}…{shown[-50:]}"
