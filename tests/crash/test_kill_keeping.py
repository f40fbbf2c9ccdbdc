"""SIGKILL in erase, purge, encrypt, rekey, re-extraction, backup and restore.

At each step of a transaction, before each file operation, and (long form) at each SQL statement.
What is left is exactly old or exactly new, or, of a command that works in batches, a middle in
which every photo is whole and which the next run finishes. No half file stands under a name that
somebody reads, and what was on its way to one is gone after the next run.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import NotReady
from core.gallery.records import PhotoState
from core.gallery.store import Gallery
from core.imaging.read import is_jpeg
from tests.crash.children import LONG, context, killed
from tests.crash.chores import (
    CHORES,
    KEY,
    NEW_KEY,
    OTHER_ENGINE,
    SAVED,
    database,
    do_and_die,
    fill_more,
    finish,
    gallery_of,
    plain_pieces,
)
from tests.crash.material import ENGINE, open_desk, update
from tests.databases import copy, dump, is_postgresql
from tests.gallery.material import traces

SHORT = 6
"""Deaths of each command in the short form, spread over its seams and file operations."""

UNEVEN = ("reembed",)
"""Commands whose threads open connections as they need them: no two runs take as many steps, and
one that is over before its step has come must have ended well."""


@pytest.fixture(scope="module")
def full(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a gallery of several kept photos."""
    if is_postgresql(template):
        pytest.skip("these commands replace and shrink SQLite's file")
    folder = tmp_path_factory.mktemp("keeping")
    database(folder).parent.mkdir()
    copy(template, database(folder))
    fill_more(folder)
    return folder


def steps_of(name: str, start: Path, tmp_path: Path) -> list[str]:
    """What a run that nobody kills goes through; it must end well."""
    folder = shutil.copytree(start, tmp_path / "counted")
    log = tmp_path / "steps.log"
    child = context().Process(target=do_and_die, args=(name, folder, 0, log))
    child.start()
    assert not killed(child)
    return log.read_text().splitlines()


def deaths(steps: list[str]) -> list[int]:
    """At which steps to die: all of them, or the short form's."""
    numbers = list(range(1, len(steps) + 1))
    if LONG:
        return numbers
    notable = [number for number in numbers if steps[number - 1] != "SQL"]
    last = len(notable) - 1
    return sorted({notable[round(i * last / (SHORT - 1))] for i in range(SHORT)})


@pytest.mark.parametrize("name", CHORES)
def test_killed_at_any_step_the_next_run_finishes(name: str, full: Path, tmp_path: Path) -> None:
    start = shutil.copytree(full, tmp_path / "start")
    pieces = plain_pieces(start)
    CHORES[name].prepare(start)
    steps = steps_of(name, start, tmp_path)
    folders = {nth: shutil.copytree(start, tmp_path / f"{nth}") for nth in deaths(steps)}
    children = [
        context().Process(target=do_and_die, args=(name, folder, nth, tmp_path / "none.log"))
        for nth, folder in folders.items()
    ]
    fell: list[bool] = []
    for batch in range(0, len(children), 8):
        for child in children[batch : batch + 8]:
            child.start()
        fell += [killed(child) for child in children[batch : batch + 8]]
    assert all(fell) or (name in UNEVEN and any(fell))
    for nth, folder in folders.items():
        print(f"killed at step {nth}: {steps[nth - 1]}")
        LEFT[name](folder, start)
        finish(name, folder)
        DONE[name](folder, pieces)
        assert not list(folder.rglob(".facedesk-*"))


def whole(gallery: Gallery, several_engines: bool = False) -> None:
    """``verify`` finds nothing, save that of a half-done re-extraction it says just that."""
    faults = [fault.sentence for fault in gallery.faults(is_jpeg)]
    if several_engines:
        faults = [sentence for sentence in faults if "several engines" not in sentence]
    assert not faults


def photos_of(gallery: Gallery, state: PhotoState) -> int:
    with gallery.database.raw() as raw:
        query = "SELECT count(*) FROM registered_photo WHERE state = ?"
        return int(raw.execute(query, (state,)).fetchone()[0])


def is_old(folder: Path, start: Path) -> bool:
    return dump(database(folder)) == dump(database(start))


# What may be left by a killed run.


def erased_or_not(folder: Path, start: Path) -> None:
    old = is_old(folder, start)
    with gallery_of(folder) as gallery:
        whole(gallery)
        assert gallery.has_identity("p") == old


def purged_in_part(folder: Path, start: Path) -> None:
    with gallery_of(folder) as gallery:
        whole(gallery)
        assert 0 <= photos_of(gallery, "superseded") <= 4
        assert photos_of(gallery, "current") == 4


def encrypted_in_part(folder: Path, start: Path) -> None:
    with gallery_of(folder, key=KEY) as gallery:
        whole(gallery)
        assert 0 <= gallery.count_plain() <= 8


def one_key_opens(folder: Path, start: Path) -> None:
    opened = []
    for key in (KEY, NEW_KEY):
        try:
            with gallery_of(folder, key=key) as gallery:
                whole(gallery)
                opened.append(key)
        except NotReady:
            continue
    assert len(opened) == 1


def extracted_in_part(folder: Path, start: Path) -> None:
    with gallery_of(folder) as gallery:
        whole(gallery, several_engines=True)
        assert set(gallery.engine_counts()) <= {ENGINE, OTHER_ENGINE}
        assert sum(gallery.engine_counts().values()) == 4


def backup_whole_or_absent(folder: Path, start: Path) -> None:
    with gallery_of(folder) as gallery:
        whole(gallery)
    if (folder / SAVED).exists():
        restorable(folder)


def restored_or_absent(folder: Path, start: Path) -> None:
    if database(folder).exists():
        all_back(folder, {})


def restored_or_as_before(folder: Path, start: Path) -> None:
    with gallery_of(folder) as gallery:
        whole(gallery)
        back = gallery.has_identity("q")
    assert back or is_old(folder, start)


LEFT: dict[str, Callable[[Path, Path], None]] = {
    "erase": erased_or_not,
    "purge": purged_in_part,
    "encrypt": encrypted_in_part,
    "rekey": one_key_opens,
    "reembed": extracted_in_part,
    "backup": backup_whole_or_absent,
    "restore": restored_or_absent,
    "restore --force": restored_or_as_before,
}


# What has to be true after the next run.

Pieces = dict[str, set[bytes]]


def all_erased(folder: Path, pieces: Pieces) -> None:
    gone = pieces["p current"] | pieces["p superseded"]
    assert not traces(database(folder), *gone)
    with gallery_of(folder) as gallery:
        whole(gallery)
        assert not gallery.has_identity("p") and gallery.has_identity("q")
        assert [row.entry.action for row in gallery.audit_rows(99)].count("erase") == 1


def all_purged(folder: Path, pieces: Pieces) -> None:
    assert not traces(database(folder), *pieces["p superseded"])
    with gallery_of(folder) as gallery:
        whole(gallery)
        assert photos_of(gallery, "superseded") == 0
    next_good(folder)


def all_encrypted(folder: Path, pieces: Pieces) -> None:
    assert not traces(database(folder), *set().union(*pieces.values()))
    with gallery_of(folder, key=KEY) as gallery:
        whole(gallery)
        assert gallery.count_plain() == 0 and gallery.vault.all_sealed
    next_good(folder, key=KEY)


def rekeyed(folder: Path, pieces: Pieces) -> None:
    with gallery_of(folder, key=NEW_KEY) as gallery:
        whole(gallery)
    next_good(folder, key=NEW_KEY)


def all_extracted(folder: Path, pieces: Pieces) -> None:
    with gallery_of(folder) as gallery:
        whole(gallery)
        assert gallery.engine_counts() == {OTHER_ENGINE: 4}
    next_good(folder, engine_id=OTHER_ENGINE)


def restorable(folder: Path, pieces: Pieces | None = None) -> None:
    place = shutil.copytree(folder, folder.with_name(f"{folder.name}-{id(pieces)}"))
    shutil.rmtree(place / "data")
    finish("restore", place)
    all_back(place, {})
    shutil.rmtree(place)


def all_back(folder: Path, pieces: Pieces) -> None:
    with gallery_of(folder) as gallery:
        whole(gallery)
        assert gallery.count_photos() == 4 and photos_of(gallery, "superseded") == 4
        assert gallery.audit_rows(1)[0].entry.action == "restore_backup"


DONE: dict[str, Callable[[Path, Pieces], None]] = {
    "erase": all_erased,
    "purge": all_purged,
    "encrypt": all_encrypted,
    "rekey": rekeyed,
    "reembed": all_extracted,
    "backup": restorable,
    "restore": all_back,
    "restore --force": all_back,
}


def next_good(folder: Path, **how: object) -> None:
    """A good request succeeds."""
    desk = open_desk(database(folder), **how)  # type: ignore[arg-type]
    assert "identity" in update(desk, "p", 900)
    desk.gallery.close()
