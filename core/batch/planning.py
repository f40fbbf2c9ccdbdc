"""From files to registered photos: which row of a batch replaces what. No photo is read here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from core.batch.csv_map import Wanted
from core.batch.naming import PHOTO_TYPES, meanings, printable, suffix
from core.batch.reasons import Reason, RowRefused, reason, reason_of
from core.batch.records import Row, Target
from core.batch.sources import Entry
from core.desk import Desk
from core.errors import NotFound
from core.gallery.records import Identity

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Planned:
    """A row and the file it comes from; None when there is none."""

    row: Row
    entry: Entry | None


def plan(desk: Desk, entries: Sequence[Entry], wanted: Sequence[Wanted] | None) -> list[Planned]:
    """Rows for every file and every row of the CSV, where there is one.

    A photo that several files are meant for is replaced by none of them.
    """
    people = _People(desk)
    made = list(_by_csv(desk, people, entries, wanted) if wanted is not None else
                (_by_name(people, entry) for entry in entries))  # fmt: skip
    rows = [replace(each.row, number=number) for number, each in enumerate(made, 1)]
    rows = _without_rivals(rows)
    return [Planned(row, each.entry) for row, each in zip(rows, made, strict=True)]


class _People:
    """The gallery's people by id, each asked for once; only what a plan needs is kept."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: dict[str, tuple[int, tuple[tuple[str, str], ...]] | None] = {}

    def photos(self, identity_id: str) -> tuple[int, tuple[tuple[str, str], ...]] | None:
        """A person's version, and the ids of photos and faces in order; None: unknown."""
        if identity_id not in self._known:
            try:
                found: Identity = self._desk.gallery.identity(identity_id)
            except NotFound:
                self._known[identity_id] = None
            else:
                photos = tuple((photo.id, photo.face_id) for photo in found.photos)
                self._known[identity_id] = found.version, photos
        return self._known[identity_id]


def _by_name(people: _People, entry: Entry) -> Planned:
    """A row whose file's name says it all."""
    row = Row(0, entry.shown)
    try:
        if entry.problem:
            raise RowRefused(entry.problem)
        if suffix(entry.names[0]) not in PHOTO_TYPES:
            raise RowRefused(reason("NOT_A_PHOTO"))
        identity_id, number, name = _meant(people, entry)
        row = replace(row, file=printable(name), identity_id=identity_id)
        place = None if number is None else number - 1
        row = replace(row, target=_target(people, identity_id, place))
    except RowRefused as refused:
        row = replace(row, refusal=refused.reason)
    return Planned(row, entry)


def _meant(people: _People, entry: Entry) -> tuple[str, int | None, str]:
    """Whom a file's name means, which photo, and the name as it then reads."""
    for name in entry.names:
        for identity_id, number in meanings(name):
            if people.photos(identity_id) is not None:
                return identity_id, number, name
    stem = meanings(entry.names[0])[0][0]
    raise RowRefused(reason("UNKNOWN_PERSON", id=printable(stem)))


def _target(people: _People, identity_id: str, place: int | None) -> Target:
    known = people.photos(identity_id)
    if known is None:
        raise RowRefused(reason("UNKNOWN_PERSON", id=printable(identity_id)))
    version, photos = known
    if place is None and len(photos) != 1:
        raise RowRefused(reason("WHICH_PHOTO", id=printable(identity_id), count=len(photos)))
    place = place or 0
    if not 0 <= place < len(photos):
        raise RowRefused(
            reason("NO_SUCH_PLACE", id=printable(identity_id), count=len(photos), number=place + 1)
        )
    return Target(photos[place][0], place, version)


def _by_csv(
    desk: Desk, people: _People, entries: Sequence[Entry], wanted: Sequence[Wanted]
) -> Iterator[Planned]:
    find, used = _finder(entries), set()
    for each in wanted:
        row = Row(0, printable(each.file), printable(each.identity_id))
        entry = None
        try:
            if each.problem:
                raise RowRefused(each.problem)
            entry = find(each)
            used.add(id(entry))
            if entry.problem:
                raise RowRefused(entry.problem)
            row = replace(row, identity_id=each.identity_id)
            row = replace(row, target=_named(desk, people, each))
        except RowRefused as refused:
            row = replace(row, refusal=refused.reason)
        yield Planned(row, entry)
    for entry in entries:
        if id(entry) not in used:
            why = entry.problem or reason("NOT_IN_CSV")
            yield Planned(Row(0, entry.shown, refusal=why), entry)


def _named(desk: Desk, people: _People, wanted: Wanted) -> Target:
    """The photo that a row of the CSV names; the photo's id counts before face and index."""
    if not wanted.photo_id and not wanted.face_id:
        return _target(people, wanted.identity_id, wanted.index)
    known = people.photos(wanted.identity_id)
    if known is None:
        raise RowRefused(reason("UNKNOWN_PERSON", id=printable(wanted.identity_id)))
    version, photos = known
    for place, (photo_id, face_id) in enumerate(photos):
        if photo_id == wanted.photo_id or (not wanted.photo_id and face_id == wanted.face_id):
            return Target(photo_id, place, version)
    photo, face = wanted.photo_id or None, wanted.face_id or None
    try:
        desk.gallery.explain_missing(wanted.identity_id, photo, face)
    except NotFound as error:
        raise RowRefused(reason_of(error)) from None
    raise RowRefused(reason_of(NotFound()))


def _finder(entries: Sequence[Entry]) -> Callable[[Wanted], Entry]:
    """Finds the file a row names: by its whole name, its last part, or in other letters."""
    tables: list[dict[str, dict[int, Entry]]] = [defaultdict(dict) for _ in range(4)]
    for entry in entries:
        for name in entry.names:
            last = name.rsplit("/", 1)[-1]
            for table, key in zip(tables, (name, last, name.casefold(), last.casefold()),
                                  strict=True):  # fmt: skip
                table[key][id(entry)] = entry

    def find(wanted: Wanted) -> Entry:
        name = wanted.file
        for table, key in zip(tables, (name, name, name.casefold(), name.casefold()), strict=True):
            found = table.get(key)
            if found and len(found) == 1:
                return next(iter(found.values()))
            if found:
                twice = next((e.problem for e in found.values() if e.problem), None)
                raise RowRefused(twice or reason("FILE_NOT_CLEAR", line=wanted.line))
        raise RowRefused(reason("NO_SUCH_FILE", line=wanted.line))

    return find


def _without_rivals(rows: Sequence[Row]) -> list[Row]:
    """The rows, those refused that are meant for one photo together."""
    rivals: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.target:
            rivals[row.target.photo_id].append(row)
    return [_refused(row, rivals[row.target.photo_id]) if row.target else row for row in rows]


def _refused(row: Row, rivals: Sequence[Row]) -> Row:
    if len(rivals) == 1:
        return row
    files = ", ".join(rival.file for rival in rivals[:_SHOWN])
    why: Reason = reason("SAME_PLACE", files=files + (" …" if len(rivals) > _SHOWN else ""))
    return replace(row, refusal=why)
