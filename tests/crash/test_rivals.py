"""Two processes at once: for one person one of them wins; one request id is one change."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.gallery.records import AuditFilter
from tests.crash.children import context, race
from tests.crash.material import Answer, assert_sound, open_desk


def raced(file: Path, fields: dict[str, object], seeds: list[int]) -> list[Answer]:
    """The answers of processes that ask at the same moment."""
    with context().Manager() as manager:
        answers, ready = manager.list(), context().Barrier(len(seeds))
        racers = [
            context().Process(target=race, args=(file, fields, seed, ready, answers))
            for seed in seeds
        ]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join(60)
            assert racer.exitcode == 0
        return list(answers)


@pytest.mark.parametrize("with_version", [True, False])
@pytest.mark.parametrize("rivals", [2, 4])
def test_of_rivals_for_one_person_one_wins(file: Path, rivals: int, with_version: bool) -> None:
    desk = open_desk(file)
    person = desk.gallery.identity("p")
    fields: dict[str, object] = {"register_image_id": person.photos[0].id}
    if with_version:
        fields["expected_version"] = person.version
    answers = raced(file, fields, list(range(rivals)))
    (won,) = [answer for answer in answers if "identity" in answer]
    lost = [answer["error"] for answer in answers if "error" in answer]
    assert {error["code"] for error in lost} == {40901 if with_version else 40401}
    assert len(lost) == rivals - 1
    now = desk.gallery.identity("p")
    assert now.photos[0].id == won["identity"]["image_id"]
    assert now.version == person.version + 1
    noted = desk.gallery.history(AuditFilter(refused=True), 0, 10)
    assert [row.entry.outcome for row in noted.rows] == [error["code"] for error in lost]
    desk.gallery.close()
    assert_sound(file)


def test_one_request_id_is_one_change(file: Path) -> None:
    desk = open_desk(file)
    person = desk.gallery.identity("p")
    fields: dict[str, object] = {
        "request_id": "once", "register_image_id": person.photos[0].id,
        "expected_version": person.version,
    }  # fmt: skip
    answers = [*raced(file, fields, [5, 5, 5]), *raced(file, fields, [5, 5])]
    made = {(a["identity"]["image_id"], a["replacement"]["audit_id"]) for a in answers}
    assert len(made) == 1
    assert desk.gallery.identity("p").version == person.version + 1
    (other,) = raced(file, fields, [6])
    assert other["error"]["code"] == 40905
    desk.gallery.close()
    assert_sound(file)
