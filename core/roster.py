"""The list of people as a file for spreadsheets."""

from __future__ import annotations

import json
from collections.abc import Iterator

from core.desk import Desk
from core.gallery.records import Identity, IdentityFilter
from core.spreadsheet import Cell, csv_file

COLUMNS = (
    "identity_id",
    "identity_name",
    "user_type",
    "permission_names",
    "ext_info",
    "photos",
    "register_image_ids",
    "best_levels",
    "overall_scores",
    "version",
    "created_utc",
    "updated_utc",
)
BETWEEN = "; "
"""Between the values of a cell that holds several."""

PAGE = 200
"""People read at a time."""


def export_people(desk: Desk, wanted: IdentityFilter) -> bytes:
    """Everybody who matches as a CSV file; times are UTC, photos in the order of their places."""
    return csv_file(COLUMNS, (_cells(person) for person in _everybody(desk, wanted)))


def _everybody(desk: Desk, wanted: IdentityFilter) -> Iterator[Identity]:
    number = 0
    while page := desk.gallery.list_identities(wanted, number, PAGE).identities:
        yield from page
        number += 1


def _cells(person: Identity) -> tuple[Cell, ...]:
    photos = person.photos
    return (
        person.id,
        person.name,
        person.user_type,
        BETWEEN.join(group.name for group in person.groups),
        json.dumps(person.ext_info, ensure_ascii=False) if person.ext_info else "",
        len(photos),
        BETWEEN.join(photo.id for photo in photos),
        BETWEEN.join(photo.best_level for photo in photos),
        BETWEEN.join(str(photo.overall) for photo in photos),
        person.version,
        f"{person.created_at:%Y-%m-%d %H:%M:%S}",
        f"{person.updated_at:%Y-%m-%d %H:%M:%S}",
    )
