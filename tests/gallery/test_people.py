from __future__ import annotations

from datetime import timedelta

import pytest

from core.errors import (
    FaceDeskError,
    GalleryFull,
    IdentityExists,
    NotFound,
    ParameterError,
    PermissionNotFound,
    VersionConflict,
)
from core.gallery.records import IdentityChange, IdentityFilter
from core.gallery.store import Gallery
from tests.gallery.material import ACTOR, NOTHING, add, create, entry, new_photo, verified


def test_a_person_comes_back_as_registered(gallery: Gallery) -> None:
    doors = [gallery.create_group(name, ACTOR) for name in ("north", "south")]
    ids = (doors[1].id, doors[0].id, doors[1].id)
    receipt = create(
        gallery, name="小明", user_type="vip", permission_ids=ids, ext_info={"a": 1, "b": None}
    )
    identity = gallery.identity("p")
    assert identity == receipt.identity
    assert (identity.name, identity.user_type, identity.version) == ("小明", "vip", 1)
    assert identity.groups == (doors[1], doors[0])
    assert identity.ext_info == {"a": 1}
    assert identity.created_at.utcoffset() == timedelta(0)
    photo, new = identity.photos[0], new_photo(1)
    assert photo == receipt.new == gallery.photo(photo.id)
    assert (photo.position, photo.state, photo.size_wh) == (0, "current", (640, 480))
    assert (photo.box_xyxy, photo.fiqa, photo.sha256) == (new.box_xyxy, new.fiqa, new.sha256)
    assert gallery.photo_jpeg(photo.id) == new.jpeg
    assert gallery.crop_jpeg(photo.id) == new.crop_jpeg
    assert gallery.thumb_jpeg(photo.id) == new.thumb_jpeg
    assert gallery.groups() == tuple(doors)


def test_what_nobody_said_takes_the_documented_defaults(gallery: Gallery) -> None:
    identity = create(gallery).identity
    assert (identity.name, identity.user_type, identity.groups) == ("佚名", "employee", ())
    assert gallery.has_identity("p")
    assert not gallery.has_identity("P")


def test_an_update_merges_and_leaves_the_rest(gallery: Gallery) -> None:
    group = gallery.create_group("north", ACTOR)
    create(gallery, name="old", ext_info={"keep": 1, "drop": 2}, permission_ids=(group.id,))
    change = IdentityChange(description="x", ext_info={"drop": None, "add": [3]})
    identity = gallery.update_identity("p", change, 1, entry("update")).identity
    assert (identity.name, identity.description, identity.version) == ("old", "x", 2)
    assert identity.ext_info == {"keep": 1, "add": [3]}
    assert identity.groups == (group,)
    emptied = IdentityChange(permission_ids=())
    assert gallery.update_identity("p", emptied, None, entry("update")).identity.groups == ()


WRONG = {
    "exists": (IdentityExists, lambda g: create(g, "p", 5)),
    "unknown person": (NotFound, lambda g: add(g, 5, "nobody")),
    "unknown photo": (NotFound, lambda g: g.photo_jpeg("none")),
    "unknown face": (NotFound, lambda g: g.photo_of_face("none")),
    "unknown group": (PermissionNotFound, lambda g: create(g, "q", 5, permission_ids=("none",))),
    "group twice": (ParameterError, lambda g: g.create_group("north", ACTOR)),
    "stale": (VersionConflict, lambda g: g.update_identity("p", NOTHING, 7, entry("update"))),
    "too many photos": (GalleryFull, lambda g: [add(g, seed) for seed in range(5, 8)]),
    "too many people": (GalleryFull, lambda g: [create(g, f"n{i}", i) for i in range(30)]),
    "last photo": (
        ParameterError,
        lambda g: g.delete_photo("p", g.identity("p").photos[0].id, entry("delete_photo")),
    ),
}


@pytest.mark.parametrize(("error", "call"), WRONG.values(), ids=WRONG)
def test_refusals(gallery: Gallery, error: type[FaceDeskError], call: object) -> None:
    gallery.create_group("north", ACTOR)
    create(gallery)
    with pytest.raises(error):
        call(gallery)  # type: ignore[operator]
    assert gallery.verify_chain() is None


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (IdentityFilter(), ["a", "b", "c", "d"]),
        (IdentityFilter(identity_id="b"), ["b"]),
        (IdentityFilter(name_contains="%"), ["b"]),
        (IdentityFilter(name_contains="_"), ["c"]),
        (IdentityFilter(name_contains="/"), []),
        (IdentityFilter(name_contains="mei"), ["a", "d"]),
        (IdentityFilter(user_type="vip"), ["d"]),
        (IdentityFilter(permission_ids=("north",)), ["a", "c"]),
        (IdentityFilter(permission_ids=("north", "south")), ["a", "c", "d"]),
        (IdentityFilter(name_contains="mei", permission_ids=("south",)), ["d"]),
    ],
)
def test_lists_by_what_is_asked(gallery: Gallery, wanted: IdentityFilter, ids: list[str]) -> None:
    doors = {name: gallery.create_group(name, ACTOR).id for name in ("north", "south")}
    create(gallery, "d", 4, name="Mei", user_type="vip", permission_ids=(doors["south"],))
    create(gallery, "c", 3, name="a_b", permission_ids=(doors["north"],))
    create(gallery, "b", 2, name="100%")
    create(gallery, "a", 1, name="mei li", permission_ids=(doors["north"],))
    chosen = tuple(doors[name] for name in wanted.permission_ids)
    wanted = IdentityFilter(wanted.identity_id, wanted.name_contains, chosen, wanted.user_type)
    page = gallery.list_identities(wanted, 0, 10)
    assert [identity.id for identity in page.identities] == ids
    assert page.total == len(ids)
    second = gallery.list_identities(wanted, 1, 1)
    assert [identity.id for identity in second.identities] == ids[1:2]
    assert second.total == len(ids)


def test_photos_follow_each_other_and_close_up(gallery: Gallery) -> None:
    first = create(gallery).new
    second, third = add(gallery, 2).new, add(gallery, 3).new
    assert first and second and third
    assert verified(gallery) == [first.id, second.id, third.id]
    receipt = gallery.delete_photo("p", first.id, entry("delete_photo"))
    assert receipt.old == first
    assert receipt.identity.version == 4
    assert verified(gallery) == [second.id, third.id]
    with pytest.raises(NotFound):
        gallery.photo(first.id)
    with pytest.raises(NotFound):
        gallery.delete_photo("p", first.id, entry("delete_photo"))


def test_thumbs_come_in_one_query(gallery: Gallery) -> None:
    from sqlalchemy import event

    ids = [create(gallery, f"n{i}", i).identity.photos[0].id for i in range(5)]
    said: list[str] = []
    event.listen(gallery.database.engine, "before_cursor_execute", lambda *a: said.append(a[2]))
    thumbs = gallery.thumbs([*ids, "unknown"])
    assert thumbs == {photo_id: new_photo(i).thumb_jpeg for i, photo_id in enumerate(ids)}
    assert sum(sql.startswith("SELECT") for sql in said) == 1
    said.clear()
    gallery.list_identities(IdentityFilter(), 0, 10)
    assert not any("jpeg" in sql or "vector" in sql for sql in said)
