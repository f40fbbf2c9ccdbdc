"""The caretaker's commands as the kill tests run them: set up, done in a child that dies on the
way, done again by hand, and what may be left in between.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from core import reembedding
from core.errors import NotFound, NotReady, ParameterError
from core.gallery import converting, purging
from core.gallery.records import Actor
from core.gallery.restoring import restore_backup
from core.gallery.store import Gallery
from tests.crash.material import Hook, nothing, open_desk, update

KEY, NEW_KEY = bytes(range(32)), bytes(range(1, 33))
OTHER_ENGINE = "toy:2"
ACTOR = Actor("ann", "cli")
SAVED = "saved.tar"
NOTED = {
    "open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.chmod", "shutil.rmtree",
    "sqlite3.connect",
}  # fmt: skip
"""File operations (of Python's audit events) before which a child may die."""

for module in (purging, converting):
    module.BATCH = 2  # several transactions, of few photos
reembedding.TOGETHER = 2


def database(folder: Path) -> Path:
    return folder / "data" / "gallery.db"


def gallery_of(folder: Path, seam: Hook = nothing, key: bytes | None = None) -> Gallery:
    return open_desk(database(folder), seam, key=key).gallery


def erase(folder: Path, seam: Hook = nothing) -> None:
    with gallery_of(folder, seam) as gallery:
        gallery.erase("p", ACTOR)


def purge(folder: Path, seam: Hook = nothing) -> None:
    with gallery_of(folder, seam) as gallery:
        list(gallery.purge(datetime.now(timezone.utc) + timedelta(days=1), ACTOR))


def encrypt(folder: Path, seam: Hook = nothing) -> None:
    with gallery_of(folder, seam, KEY) as gallery:
        list(gallery.encrypt(ACTOR))


def rekey(folder: Path, seam: Hook = nothing) -> None:
    with gallery_of(folder, seam, KEY) as gallery:
        gallery.rekey(NEW_KEY, ACTOR)


def extract(folder: Path, seam: Hook = nothing) -> None:
    desk = open_desk(database(folder), seam, engine_id=OTHER_ENGINE)
    assert not reembedding.reembed(desk).failed
    desk.gallery.close()


def back_up(folder: Path, seam: Hook = nothing) -> None:
    with gallery_of(folder, seam) as gallery:
        gallery.backup(folder / SAVED, ACTOR)


def put_back(folder: Path, seam: Hook = nothing) -> None:
    restore_backup(folder / SAVED, database(folder), ACTOR)


def put_back_over(folder: Path, seam: Hook = nothing) -> None:
    restore_backup(folder / SAVED, database(folder), ACTOR, force=True)


def leave_only_the_backup(folder: Path) -> None:
    back_up(folder)
    shutil.rmtree(folder / "data")


def go_on_after_the_backup(folder: Path) -> None:
    back_up(folder)
    with gallery_of(folder) as gallery:
        gallery.erase("q", ACTOR)


@dataclass(frozen=True, slots=True)
class Chore:
    """One command.

    Attributes:
        do: runs it, from its beginning.
        prepare: makes the folder that it is run in, from one that holds the gallery.
        said: what a run on finished work says.
    """

    do: Callable[..., None]
    prepare: Callable[[Path], Any] = lambda _: None
    said: type[Exception] | None = None


CHORES = {
    "erase": Chore(erase, said=NotFound),
    "purge": Chore(purge),
    "encrypt": Chore(encrypt),
    "rekey": Chore(rekey, encrypt, NotReady),
    "reembed": Chore(extract),
    "backup": Chore(back_up, said=ParameterError),
    "restore": Chore(put_back, leave_only_the_backup, ParameterError),
    "restore --force": Chore(put_back_over, go_on_after_the_backup),
}


def finish(name: str, folder: Path) -> bool:
    """Run it again; whether there was something left to do."""
    chore = CHORES[name]
    if chore.said is None:
        chore.do(folder)
        return True
    with suppress(chore.said):
        chore.do(folder)
        return True
    return False


def do_and_die(name: str, folder: Path, nth: int, log: Path) -> None:
    """Run it and die at that step of it; without one, note the steps."""
    count = 0
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def step(what: str) -> None:
        nonlocal count
        count += 1
        if count == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        if not nth:
            os.write(handle, f"{what}\n".encode())

    def on_file(what: str, arguments: tuple[object, ...]) -> None:
        if what in NOTED and str(folder) in str(arguments[0]):
            step(what)

    def on_connect(connection: sqlite3.Connection, _: object) -> None:
        connection.set_trace_callback(lambda _statement: step("SQL"))

    event.listen(Engine, "connect", on_connect)
    sys.addaudithook(on_file)
    CHORES[name].do(folder, step)


def fill_more(folder: Path) -> None:
    """Three kept photos more."""
    desk = open_desk(database(folder))
    for seed in (11, 12, 13):
        assert "identity" in update(desk, "p", seed)
    desk.gallery.close()


def plain_pieces(folder: Path) -> dict[str, set[bytes]]:
    """A piece of each stored file, by whose it is and whether it is kept: to look for later."""
    query = (
        "SELECT identity_id || ' ' || state, substr(jpeg, -400) FROM registered_photo"
        " JOIN photo_file ON photo_id = id"
    )
    found: dict[str, set[bytes]] = {}
    with closing(sqlite3.connect(database(folder))) as connection:
        for whose, piece in connection.execute(query):
            found.setdefault(whose, set()).add(piece)
    return found
