"""Registering many people at once: a ZIP or folder of photos, and a CSV that says who they are.

Each person is a transaction of its own and goes through the same call as anybody else, so a run
that was stopped is simply run again: who is registered by then is refused as being there.
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from core.batch.csv_map import read_rows
from core.batch.naming import PHOTO_TYPES, clean_name, suffix
from core.batch.reasons import Reason, RowRefused, problem, reason
from core.batch.sources import Entry, Source
from core.calls.perform import perform
from core.calls.table import BY_NAME
from core.contract.fields import Level
from core.desk import Desk
from core.gallery.records import Actor
from core.spreadsheet import csv_file

COLUMNS = ("identity_id", "file", "identity_name", "user_type", "permission_names", "ext_info")
"""What the CSV may say; only identity_id must be there. The exported list has the same names."""

RESULT = ("number", "file", "identity_id", "identity_name", "outcome", "status", "reason")


@dataclass(frozen=True, slots=True)
class Newcomer:
    """One person to be registered.

    Attributes:
        number: from 1.
        entry: the photo; None when there is none.
        fields: of the call, besides the photo.
        problem: why this cannot be tried, or None.
    """

    number: int
    identity_id: str
    entry: Entry | None
    fields: dict[str, Any] = field(default_factory=dict)
    problem: Reason | None = None

    @property
    def file(self) -> str:
        """The photo's name for people."""
        return self.entry.shown if self.entry else ""

    @property
    def name(self) -> str:
        """The person's name; the id where none was given."""
        return str(self.fields.get("identity_name") or self.identity_id)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What became of a newcomer: registered (no reason) or not."""

    newcomer: Newcomer
    reason: Reason | None


def plan_newcomers(desk: Desk, source: Source, table: bytes | None, most: int) -> list[Newcomer]:
    """Who would be registered, and why not; nothing is looked at or written yet.

    Without a CSV each photo's name, without its ending, is the person's id.

    Raises ParameterError: no photo in it; the CSV cannot be used, or has more than ``most`` rows.
    """
    photos = [entry for entry in source.entries if suffix(entry.names[0]) in PHOTO_TYPES]
    if not photos:
        raise problem("NO_PHOTOS")
    if table is None:
        return [
            _newcomer(desk, number, _stem(entry.names[0]), entry, {})
            for number, entry in enumerate(photos, 1)
        ]
    by_name, by_stem = _found_by(photos)
    found = []
    rows = read_rows(table, most, COLUMNS[:1], COLUMNS[1:])
    for number, (line, cells) in enumerate(rows, 1):
        identity_id, wanted = cells["identity_id"], clean_name(cells["file"])
        fitting = by_name.get(wanted, []) if wanted else by_stem.get(identity_id, [])
        entry = fitting[0] if len(fitting) == 1 else None
        missing = None
        if entry is None:
            missing = reason("FILE_NOT_CLEAR" if fitting else "NO_SUCH_FILE", line=line)
        found.append(_newcomer(desk, number, identity_id, entry, cells, missing))
    return found


def enrol(
    desk: Desk,
    source: Source,
    newcomers: Iterable[Newcomer],
    level: Level,
    actor: Actor,
    step: Callable[[int], None] = lambda done: None,
) -> Iterator[Enrolled]:
    """Register them one by one; ``step`` is told how many are done and may raise to stop."""
    for done, newcomer in enumerate(newcomers):
        step(done)
        refusal = newcomer.problem or _register(desk, source, newcomer, level, actor)
        yield Enrolled(newcomer, refusal)


def result_file(enrolled: Iterable[Enrolled]) -> bytes:
    """What became of everybody, as a CSV file for spreadsheets."""
    rows = (
        (
            each.newcomer.number,
            each.newcomer.file,
            each.newcomer.identity_id,
            each.newcomer.name,
            "refused" if each.reason else "registered",
            each.reason.status if each.reason else "",
            each.reason.en if each.reason else "",
        )
        for each in enrolled
    )
    return csv_file(RESULT, rows)


def _register(
    desk: Desk, source: Source, newcomer: Newcomer, level: Level, actor: Actor
) -> Reason | None:
    """One call; why it was refused, or None."""
    assert newcomer.entry is not None
    try:
        photo = source.read(newcomer.entry)
    except RowRefused as refusal:
        return refusal.reason
    asked = {
        "identity_id": newcomer.identity_id,
        "register_image": base64.b64encode(photo).decode("ascii"),
        "fiqa_level": level,
        **newcomer.fields,
    }
    answer = perform(BY_NAME["createidentity"], asked, actor, lambda: desk)
    error = answer.get("error")
    return Reason(error["status"], error["message"]) if error else None


def _newcomer(
    desk: Desk,
    number: int,
    identity_id: str,
    entry: Entry | None,
    cells: dict[str, str],
    missing: Reason | None = None,
) -> Newcomer:
    fields, wrong = _fields(desk, cells)
    there = desk.gallery.has_identity(identity_id)
    refusal = (
        (reason("ALREADY_THERE", id=identity_id) if there else None)
        or missing
        or (entry.problem if entry else None)
        or wrong
    )
    named = {"identity_name": identity_id} | fields
    return Newcomer(number, identity_id, entry, named, refusal)


def _fields(desk: Desk, cells: dict[str, str]) -> tuple[dict[str, Any], Reason | None]:
    """The call's fields out of a row's cells, and what is wrong with them."""
    fields: dict[str, Any] = {}
    if name := cells.get("identity_name"):
        fields["identity_name"] = name
    if kind := cells.get("user_type"):
        fields["user_type"] = int(kind) if kind in ("1", "2", "3", "4", "5") else kind
    if text := cells.get("ext_info"):
        try:
            fields["ext_info"] = json.loads(text)
        except ValueError:
            return fields, reason("EXT_INFO", example='{"dept": "lab"}')
    names = [name.strip() for name in cells.get("permission_names", "").split(";") if name.strip()]
    if names:
        ids = {group.name: group.id for group in desk.gallery.groups()}
        if unknown := [name for name in names if name not in ids]:
            return fields, reason("NO_SUCH_GROUP", name=unknown[0])
        fields["permission_ids"] = [ids[name] for name in names]
    return fields, None


def _found_by(photos: list[Entry]) -> tuple[dict[str, list[Entry]], dict[str, list[Entry]]]:
    """Photos by name, with and without folders, and by what stands before the dot."""
    by_name: dict[str, list[Entry]] = defaultdict(list)
    by_stem: dict[str, list[Entry]] = defaultdict(list)
    for entry in photos:
        ways = {way for name in entry.names for way in (name, PurePosixPath(name).name)}
        for way in ways:
            by_name[way].append(entry)
        for stem in {_stem(name) for name in entry.names}:
            by_stem[stem].append(entry)
    return by_name, by_stem


def _stem(name: str) -> str:
    return PurePosixPath(name).stem.strip()
