"""Where one batch is kept: a journal of its rows and outcomes, and the photos that still wait.

Only the owner may read it. In an encrypted gallery photos and thumbnails are sealed by the master
key, each for its place. A photo goes as soon as its row is done, all of them with the batch's end.

The journal is only added to. It needs no sync to the disk: what a power cut takes from its end is
found again in the gallery, under the rows' request ids.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, get_args

from core.batch.lines import begun, line_of, parsed, replay
from core.batch.reasons import RowRefused, reason
from core.batch.records import Batch, Order, Outcome, Row, Undone
from core.errors import NoSpaceLeft, NotFound, NotReady
from core.gallery.cipher import Broken, Cipher, is_sealed

JOURNAL = "journal.jsonl"
Kind = Literal["photo", "thumb"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class BatchFolder:
    """One batch on the disk.

    Args:
        path: its folder; the name is the batch's id.
        cipher: seals the photos; None: they are kept as they are.
    """

    def __init__(self, path: Path, cipher: Cipher | None) -> None:
        self.path = path
        self.id = path.name
        self._cipher = cipher

    def begin(self, batch: Batch) -> None:
        """Make the folder and write the first line. Raises NoSpaceLeft, NotReady."""
        with disk_errors():
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.mkdir(mode=0o700)
        self.note(begun(batch))

    def load(self) -> Batch:
        """The batch as its journal tells it. Raises NotFound."""
        try:
            text = (self.path / JOURNAL).read_text(encoding="utf-8")
        except OSError:
            raise NotFound("There is no such batch.") from None
        if (batch := replay(parsed(text))) is None:
            raise NotFound("There is no such batch.")
        return batch

    def record(self, what: Row | Outcome | Undone | Order) -> None:
        """Add a record to the journal. Raises NoSpaceLeft, NotReady."""
        self.note(line_of(what))

    def mark(self, kind: str) -> None:
        """Add the sign that a stage was begun or ended. Raises NoSpaceLeft, NotReady."""
        self.note({"kind": kind})

    def note(self, line: dict[str, Any]) -> None:
        """Add a line, in one write. Raises NoSpaceLeft, NotReady."""
        # The line break comes first: after a line that was cut off, the next one is whole again.
        text = "\n" + json.dumps(line, ensure_ascii=False, separators=(",", ":"))
        with disk_errors():
            handle = os.open(self.path / JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                data = text.encode()
                if os.write(handle, data) < len(data):
                    raise NoSpaceLeft
            finally:
                os.close(handle)

    def keep(self, kind: Kind, number: int, data: bytes) -> None:
        """Keep a row's photo or thumbnail. Raises NoSpaceLeft, NotReady."""
        sealed = self._cipher.seal(data, self._place(kind, number)) if self._cipher else data
        with disk_errors():
            handle = os.open(self._file(kind, number), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(sealed)

    def kept(self, kind: Kind, number: int) -> bytes:
        """A row's photo or thumbnail. Raises RowRefused: it is gone, or does not open."""
        try:
            data = self._file(kind, number).read_bytes()
            if self._cipher is None:
                if is_sealed(data):
                    raise Broken
                return data
            return self._cipher.open(data, self._place(kind, number))
        except (OSError, Broken):
            raise RowRefused(reason("KEPT_COPY")) from None

    def thumb(self, number: int) -> bytes | None:
        """A row's thumbnail while it is kept."""
        try:
            return self.kept("thumb", number)
        except RowRefused:
            return None

    def drop(self, number: int) -> None:
        """Remove what is kept of a row."""
        for kind in KINDS:
            with suppress(OSError):
                self._file(kind, number).unlink()

    def drop_all(self) -> None:
        """Remove every photo and thumbnail; the journal stays."""
        for kind in KINDS:
            for file in self.path.glob(f"*.{kind}"):
                with suppress(OSError):
                    file.unlink()

    def remove(self) -> None:
        """Remove the batch, journal and all."""
        shutil.rmtree(self.path, ignore_errors=True)

    def rewrite(self, change: Any) -> None:
        """Pass every line through ``change`` and put the journal anew in its place."""
        with disk_errors():
            text = (self.path / JOURNAL).read_text(encoding="utf-8")
            lines = (json.dumps(change(line), ensure_ascii=False) for line in parsed(text))
            new = self.path / f"{JOURNAL}.new"
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write("".join(f"\n{line}" for line in lines))
            new.replace(self.path / JOURNAL)

    def _file(self, kind: Kind, number: int) -> Path:
        return self.path / f"{number:05d}.{kind}"

    def _place(self, kind: Kind, number: int) -> str:
        return f"batch/{self.id}/{number}/{kind}"


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn the disk's trouble into NoSpaceLeft or NotReady."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpaceLeft(
                "The disk is full; the photos of the batch cannot be kept. Nothing was changed."
            ) from None
        raise NotReady("The folder of batches cannot be written; see FACEDESK_DATA.") from None
