"""The list of people as a file."""

from __future__ import annotations

import csv
import io

from core.desk import Desk
from core.gallery.records import AuditEntry, IdentityChange, IdentityFilter
from core.roster import COLUMNS, export_people


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_everybody_stands_in_it_with_photos_in_their_order(desk: Desk) -> None:
    found = rows(export_people(desk, IdentityFilter()))
    assert tuple(found[0]) == COLUMNS
    first = next(row for row in found if row["identity_id"] == "001")
    person = desk.gallery.identity("001")
    assert first["identity_name"] == "小明" and first["permission_names"] == "Gate A"
    assert first["ext_info"] == '{"dept": "lab"}'
    assert first["register_image_ids"].split("; ") == [photo.id for photo in person.photos]
    assert first["photos"] == str(len(person.photos)) == str(len(first["best_levels"].split("; ")))
    assert {row["identity_id"] for row in found} == {"001", "002"}


def test_only_those_who_match(desk: Desk) -> None:
    found = rows(export_people(desk, IdentityFilter(name_contains="Ming")))
    assert [row["identity_id"] for row in found] == ["002"]
    assert rows(export_people(desk, IdentityFilter(name_contains="nobody"))) == []


def test_a_name_is_never_a_formula(desk: Desk) -> None:
    change = IdentityChange(name='=HYPERLINK("http://192.0.2.1")')
    desk.gallery.update_identity("002", change, None, AuditEntry("update"))
    found = rows(export_people(desk, IdentityFilter(identity_id="002")))
    assert found[0]["identity_name"].startswith("'=")
