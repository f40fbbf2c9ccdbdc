"""All batches of this FaceDesk, in the data folder; and how they leave it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from core.batch.folder import BatchFolder
from core.batch.records import Batch
from core.contract.fields import Level
from core.desk import Desk
from core.errors import FaceDeskError, NotFound
from core.gallery.cipher import Cipher

FOLDER = "batches"
ID = re.compile(r"\d{8}-\d{6}-\d{6}")
WAIT_DAYS = 7
"""So long the photos of a batch wait that is neither run to its end nor discarded."""


class Shelf:
    """The folder of batches.

    Args:
        data: the data folder.
        cipher: the gallery's master key; None when it is not encrypted.
    """

    def __init__(self, data: Path, cipher: Cipher | None) -> None:
        self._path = data / FOLDER
        self._cipher = cipher

    def begin(self, source: str, level: Level, operator: str) -> BatchFolder:
        """A new batch's folder. Raises NoSpaceLeft, NotReady."""
        now = datetime.now(timezone.utc)
        batch_id = f"{now:%Y%m%d-%H%M%S}-{secrets.randbelow(1_000_000):06}"
        folder = BatchFolder(self._path / batch_id, self._cipher)
        try:
            folder.begin(Batch(batch_id, now, operator, source, level))
        except FaceDeskError:
            folder.remove()
            raise
        return folder

    def open(self, batch_id: str) -> BatchFolder:
        """A batch's folder. Raises NotFound."""
        if not ID.fullmatch(batch_id) or not (self._path / batch_id).is_dir():
            raise NotFound("There is no such batch.")
        return BatchFolder(self._path / batch_id, self._cipher)

    def listed(self) -> list[Batch]:
        """Every batch whose dry run is done, newest first."""
        found = [batch for folder in self._folders() if (batch := _loaded(folder)) is not None]
        return [batch for batch in found if batch.state != "checking"]

    def tidy(self, keep_days: int) -> None:
        """Let go what nobody came back for.

        Photos, and batches that were never run, after ``WAIT_DAYS``; the journals of others when
        the photos that they replaced are kept no longer, after ``keep_days``.
        """
        now = datetime.now(timezone.utc)
        for folder in self._folders():
            batch = _loaded(folder)
            age = now - _begun_at(folder.id)
            run = batch is not None and batch.order is not None
            if age > timedelta(days=max(keep_days, WAIT_DAYS) if run else WAIT_DAYS):
                folder.remove()
            elif age > timedelta(days=WAIT_DAYS):
                folder.drop_all()

    def forget(self, identity_id: str) -> int:
        """Remove what the batches hold of a person who was erased; how many rows that were.

        Raises NoSpaceLeft, NotReady.
        """
        return sum(_forget(folder, identity_id) for folder in self._folders())

    def _folders(self) -> list[BatchFolder]:
        """Newest first."""
        try:
            names = sorted((p.name for p in self._path.iterdir() if p.is_dir()), reverse=True)
        except OSError:
            return []
        return [BatchFolder(self._path / n, self._cipher) for n in names if ID.fullmatch(n)]


def shelf_of(desk: Desk) -> Shelf:
    """The desk's batches, sealed like its gallery."""
    return Shelf(desk.settings.data, desk.gallery.vault.master)


def _loaded(folder: BatchFolder) -> Batch | None:
    try:
        return folder.load()
    except NotFound:
        return None


def _begun_at(batch_id: str) -> datetime:
    return datetime.strptime(batch_id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=timezone.utc)


def _forget(folder: BatchFolder, identity_id: str) -> int:
    batch = _loaded(folder)
    if batch is None:
        return 0
    own = {row.number for row in batch.rows if row.identity_id == identity_id}
    near = any(r.verdict and r.verdict.nearest_id == identity_id for r in batch.rows)
    if own or near:
        folder.rewrite(_without(own, identity_id))
    for number in own:
        folder.drop(number)
    return len(own)


def _without(numbers: set[int], identity_id: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What makes a line of the journal name the person no more."""

    def change(line: dict[str, Any]) -> dict[str, Any]:
        if line["kind"] == "row" and line["number"] in numbers:
            nothing = dict.fromkeys(("target", "verdict", "refusal"))
            return {**line, "file": "", "identity_id": "", **nothing}
        verdict = line.get("verdict")
        if verdict and verdict["nearest_id"] == identity_id:
            return {**line, "verdict": {**verdict, "nearest_id": "", "nearest_cosine": None}}
        return line

    return change
