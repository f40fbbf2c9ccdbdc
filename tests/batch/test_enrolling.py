"""Many people at once: who can be registered, who cannot and why, and what is there afterwards."""

from __future__ import annotations

import csv
import io

import pytest

from core.batch.sources import caps_of
from core.batch.zip_source import ZipSource
from core.desk import Desk
from core.enrolling import COLUMNS, Newcomer, enrol, plan_newcomers, result_file
from core.errors import ParameterError
from core.gallery.records import IdentityFilter
from core.jobs import JobCancelledError
from core.roster import export_people
from tests.batch.material import ADMIN, OPERATOR, face, zip_of

Files = list[tuple[str, bytes]]


def source(desk: Desk, files: Files) -> ZipSource:
    return ZipSource(io.BytesIO(zip_of(files)), "photos.zip", caps_of(desk.settings))


def table(*lines: str) -> bytes:
    return "\n".join((",".join(COLUMNS), *lines)).encode()


def statuses(plan: list[Newcomer]) -> list[str]:
    return [each.problem.status if each.problem else "" for each in plan]


def test_photos_alone_are_named_after_their_people(desk: Desk) -> None:
    files = [("a/101.jpg", face("101", 1)), ("102.png", face("102", 1)), ("notes.txt", b"x")]
    photos = source(desk, files)
    plan = plan_newcomers(desk, photos, None, 10)
    assert [(each.identity_id, each.name, each.problem) for each in plan] == [
        ("101", "101", None),
        ("102", "102", None),
    ]
    assert [each.reason for each in enrol(desk, photos, plan, "no", ADMIN)] == [None, None]
    assert len(desk.gallery.identity("101").photos) == 1
    # The same once more changes nothing: everybody is there.
    assert statuses(plan_newcomers(desk, photos, None, 10)) == ["ALREADY_THERE"] * 2


def test_a_list_says_who_they_are(desk: Desk) -> None:
    group = desk.gallery.create_group("Gate A", ADMIN)
    photos = source(desk, [("IMG_1.jpg", face("101", 1)), ("陈静.jpg", face("102", 1))])
    listed = table(
        '101,IMG_1.jpg,Ann,visitor,Gate A,"{""dept"": ""lab""}"',
        "102,陈静.jpg,陈静,2,,",
    )
    plan = plan_newcomers(desk, photos, listed, 10)
    assert statuses(plan) == ["", ""]
    assert all(each.reason is None for each in enrol(desk, photos, plan, "no", ADMIN))
    ann = desk.gallery.identity("101")
    assert (ann.name, ann.user_type, ann.groups) == ("Ann", "visitor", (group,))
    assert ann.ext_info == {"dept": "lab"}
    assert desk.gallery.identity("102").name == "陈静"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("001,a.jpg,,,,", "ALREADY_THERE"),
        ("101,b.jpg,,,,", "NO_SUCH_FILE"),
        ("101,twice.jpg,,,,", "FILE_NOT_CLEAR"),
        ("101,a.jpg,,,Nowhere,", "NO_SUCH_GROUP"),
        ("101,a.jpg,,,,{", "EXT_INFO"),
        ("101,,,,,", "NO_SUCH_FILE"),
        ("a,,,,,", ""),
    ],
)
def test_why_somebody_cannot_be_registered(desk: Desk, line: str, status: str) -> None:
    files = [("a.jpg", face("1", 1)), ("x/twice.jpg", face("2", 1)), ("y/twice.jpg", face("3", 1))]
    assert statuses(plan_newcomers(desk, source(desk, files), table(line), 10)) == [status]


@pytest.mark.parametrize(
    ("files", "listed"),
    [
        ([("a.txt", b"x")], None),
        ([("a.jpg", b"x")], b"name\nAnn"),
        ([("a.jpg", b"x")], table(*["1,a.jpg,,,,"] * 11)),
    ],
)
def test_what_cannot_be_a_list(desk: Desk, files: Files, listed: bytes | None) -> None:
    with pytest.raises(ParameterError):
        plan_newcomers(desk, source(desk, files), listed, 10)


def test_each_refusal_is_told_and_the_others_go_on(desk: Desk) -> None:
    files = [("101.jpg", b"no photo"), ("102.jpg", face("102", 1)), ("103.jpg", face("001", 7))]
    photos = source(desk, files)
    plan = plan_newcomers(desk, photos, None, 10)
    done = list(enrol(desk, photos, plan, "no", ADMIN))
    assert [each.reason.status if each.reason else "" for each in done][:2] == ["IMAGE_ERROR", ""]
    rows = list(csv.DictReader(io.StringIO(result_file(done).decode("utf-8-sig"))))
    assert [row["outcome"] for row in rows][:2] == ["refused", "registered"]
    assert rows[0]["status"] == "IMAGE_ERROR" and rows[0]["reason"]


def test_without_the_right_nobody_is_registered(desk: Desk) -> None:
    photos = source(desk, [("101.jpg", face("101", 1))])
    (each,) = enrol(desk, photos, plan_newcomers(desk, photos, None, 10), "no", OPERATOR)
    assert each.reason is not None and each.reason.status == "FORBIDDEN"
    assert not desk.gallery.has_identity("101")


def test_it_can_be_stopped_between_two_people(desk: Desk) -> None:
    photos = source(desk, [(f"{n}.jpg", face(str(n), 1)) for n in (101, 102, 103)])

    def step(done: int) -> None:
        if done == 1:
            raise JobCancelledError

    with pytest.raises(JobCancelledError):
        list(enrol(desk, photos, plan_newcomers(desk, photos, None, 10), "no", ADMIN, step))
    assert [desk.gallery.has_identity(str(n)) for n in (101, 102, 103)] == [True, False, False]


def test_the_exported_list_comes_in_again(desk: Desk) -> None:
    exported = export_people(desk, IdentityFilter(identity_id="001"))
    desk.gallery.delete_identities(("001",), ADMIN)
    photos = source(desk, [("001.jpg", face("001", 5))])
    plan = plan_newcomers(desk, photos, exported, 10)
    assert all(each.reason is None for each in enrol(desk, photos, plan, "no", ADMIN))
    assert desk.gallery.identity("001").name == "Person 001"
