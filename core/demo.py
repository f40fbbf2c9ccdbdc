"""The demo gallery and its sample photos, so that a newcomer replaces a photo within a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from core.assessment import Assessment
from core.contract.fields import UserType
from core.desk import Desk
from core.errors import ParameterError
from core.gallery.records import Actor, IdentityChange
from core.imaging import samples
from core.imaging.photo import Pixels
from core.imaging.read import encode_jpeg

SampleName = Literal["good", "blurred", "cut_off", "dark", "group", "other"]


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A made-up person behind one of the portraits."""

    identity_id: str
    name: str
    user_type: UserType
    groups: tuple[str, ...]


GATE, LAB = "东门 Gate A", "实验室 Lab"

PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson("001", "陈静 Jing Chen", "employee", (GATE, LAB)),
    DemoPerson("002", "李明 Ming Li", "employee", (GATE,)),
    DemoPerson("003", "王芳 Fang Wang", "visitor", (GATE,)),
    DemoPerson("004", "赵琳 Lin Zhao", "vip", (GATE, LAB)),
    DemoPerson("005", "周杰 Jie Zhou", "employee", (LAB,)),
    DemoPerson("006", "吴婷 Ting Wu", "visitor", ()),
    DemoPerson("007", "孙浩 Hao Sun", "employee", (GATE,)),
)
"""Names are made up; the pictures are InsightFace's and scikit-image's test pictures."""

SAMPLES: tuple[SampleName, ...] = ("good", "blurred", "cut_off", "dark", "group", "other")


def is_demo_person(identity_id: str, name: str) -> bool:
    """Whether this is one of the demo's people, not a real person of the same id."""
    return any((person.identity_id, person.name) == (identity_id, name) for person in PEOPLE)


def load_demo(
    desk: Desk, actor: Actor, progress: Callable[[int, int], object] = lambda done, of: None
) -> int:
    """Register the demo's people in an empty gallery, old and poor photos among them.

    Returns how many were registered. Raises ParameterError when the gallery is not empty.
    """
    if desk.gallery.count():
        raise ParameterError("The gallery is not empty; the demo is for a first look only.")
    groups = {name: desk.gallery.create_group(name, actor).id for name in (GATE, LAB)}
    for number, (person, face) in enumerate(zip(PEOPLE, samples.PORTRAITS, strict=True)):
        progress(number, len(PEOPLE))
        change = IdentityChange(
            name=person.name,
            user_type=person.user_type,
            permission_ids=tuple(groups[name] for name in person.groups),
            ext_info={"demo": True},
        )
        _register(desk, actor, person.identity_id, change, _registered(face, number))
    progress(len(PEOPLE), len(PEOPLE))
    return len(PEOPLE)


def _register(
    desk: Desk, actor: Actor, identity_id: str, change: IdentityChange, photos: Iterator[Pixels]
) -> None:
    for pixels in photos:
        look = desk.vision.look(encode_jpeg(pixels))
        if not desk.gallery.has_identity(identity_id):
            checks = desk.check(None, None, look.embedding, "off", "off")
            desk.create(identity_id, change, Assessment(look, checks), "no", actor, reason="demo")
        else:
            identity = desk.gallery.identity(identity_id)
            checks = desk.check(identity, None, look.embedding, "off", "off")
            desk.add(identity, Assessment(look, checks), "no", actor, reason="demo")


def _registered(face: samples.Portrait, number: int) -> Iterator[Pixels]:
    """What stands in the gallery: an acceptable photo, and for some a blurred or a dark one."""
    yield samples.portrait(face, face_px=100, around=2.2)
    if number % 3 == 0:
        yield samples.blurred(samples.portrait(face, face_px=90, around=2.0), sigma_px=3.0)
    if number % 4 == 0:
        yield samples.darkened(samples.portrait(face, face_px=96, around=2.4), gain=0.22)


def sample_photo(identity_id: str, name: SampleName) -> bytes:
    """A sample new photo for a demo person, JPEG. Raises ParameterError for anybody else."""
    ids = [person.identity_id for person in PEOPLE]
    if identity_id not in ids:
        raise ParameterError("There are sample photos for the demo's people only.")
    index = ids.index(identity_id)
    face = samples.PORTRAITS[index]
    makers: dict[SampleName, Callable[[], Pixels]] = {
        "good": lambda: samples.portrait(face, 190, 2.6),
        "blurred": lambda: samples.blurred(samples.portrait(face, 190, 2.6), 6.5),
        "cut_off": lambda: samples.portrait(face, 190, 1.6, shift=0.36),
        "dark": lambda: samples.darkened(samples.portrait(face, 190, 2.6), 0.14),
        "group": lambda: samples.picture(*samples.GROUP),
        "other": lambda: samples.portrait(samples.PORTRAITS[(index + 1) % len(ids)], 190, 2.6),
    }
    return encode_jpeg(makers[name]())
