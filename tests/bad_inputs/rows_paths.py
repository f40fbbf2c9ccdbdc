"""C. Paths and names."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

from tests.bad_inputs.bench import Bench, Reply, Row

Make = Callable[[Bench], str]


def path(name: str, make: Make | str, code: int = 40003) -> Row:
    """The good request with this path for a photo."""

    def send(bench: Bench) -> Reply:
        text = make if isinstance(make, str) else make(bench)
        rehearsal = {} if code else {"dry_run": True}
        request = bench.good(register_image=None, register_image_path=text, **rehearsal)
        return bench.ask(request)

    return Row(name, code, send, "audit" if code else "nothing")


def below(text: str) -> Make:
    return lambda bench: f"{bench.roots}/{text}"


def at(name: str, make: Callable[[Bench, Path], object]) -> Make:
    """A path in the allowed folder where something stands."""

    def ready(bench: Bench) -> str:
        place = bench.roots / name
        if not os.path.lexists(place):
            make(bench, place)
        return str(place)

    return ready


def listening(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(place))


def beyond_a_link(bench: Bench) -> str:
    folder = bench.roots / "away"
    if not folder.is_symlink():
        folder.symlink_to(bench.roots.parent)
    return str(folder / "gallery.db")


ROWS = [
    path("C40 climbing", "../../etc/passwd"),
    path("C40 climbing with backslashes", "..\\..\\x"),
    path("C41 absolute", "/etc/passwd"),
    path("C41 the database itself", lambda bench: str(bench.roots.parent / "gallery.db")),
    path("C41 a neighbour whose name begins alike", lambda bench: f"{bench.roots}-other/x.jpg"),
    path("C42 out through the root", below("../gallery.db")),
    path("C42 out and in again", below("../../../../../../etc/passwd")),
    path("C42 in by a detour", lambda bench: f"{bench.roots}/./a/../jing.jpg", 0),
    path("C42 the root itself", lambda bench: str(bench.roots)),
    path("C43 percent signs", below("%2e%2e%2fgallery.db")),
    path("C43 percent signs twice", below("%252e%252e%252fgallery.db")),
    Row("C44 NUL", 40003, lambda b: b.ask(b.good(register_image=None,
        register_image_path=f"{b.roots}/jing.jpg\0.png")), "audit"),
    path("C44 line break", below("a\nb.jpg")),
    Row("C44 half a surrogate pair", 40091, lambda b: b.ask(b.good(register_image=None,
        register_image_path=f"{b.roots}/\ud800.jpg")), "line"),
    path("C45 a link to outside", at("link.jpg", lambda b, p: p.symlink_to("/etc/passwd"))),
    path("C45 a link to inside", at("inner.jpg", lambda b, p: p.symlink_to("jing.jpg"))),
    path("C45 beyond a linked folder", beyond_a_link),
    path("C47 a folder", at("folder.jpg", lambda b, p: p.mkdir())),
    path("C47 a pipe", at("pipe.jpg", lambda b, p: os.mkfifo(p))),
    path("C47 a device", "/dev/zero"),
    path("C47 a socket", at("socket.jpg", lambda b, p: listening(p))),
    path("C48 a drive", "C:\\photos\\a.jpg"),
    path("C48 a share", "\\\\host\\share\\a.jpg"),
    path("C48 a stream", below("jing.jpg:$stream")),
    path("C48 a device of DOS", below("CON")),
    path("C49 a name of 300 characters", below("a" * 300 + ".jpg")),
    Row("C49 a path of 5,000 characters", 40091, lambda b: b.ask(
        b.good(register_image=None, register_image_path="/" + "a" * 5_000)), "line"),
    path("C51 a file that has vanished", below("gone.jpg")),
    path("C52 a file of text", at("note.jpg", lambda b, p: p.write_text("no photo"))),
    path("C52 an empty file", at("empty.jpg", lambda b, p: p.touch())),
    path("C52 a photo whose name lies", at("photo.php",
         lambda b, p: p.write_bytes(b.pictures["jing"])), 0),
    path("C53 script for a name", below("<script>alert(1)</script>.jpg")),
    path("C53 a file of 11 MB", at("big.jpg",
         lambda b, p: p.write_bytes(bytes(11_000_000))), 40007),
]  # fmt: skip
