"""What runs in processes that are killed, or that race; started by a server that forks."""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path

from core.gallery.records import Actor
from core.history import restore
from tests.crash.material import Answer, ask, open_desk, photo, update, write_line

ROUNDS = int(os.environ.get("FACEDESK_CRASH_ROUNDS", "5"))
LONG = ROUNDS >= 100
"""Whether every step is tried, and not only the notable ones."""

CHANGES = ("replace", "restore", "add", "create", "delete_photo", "edit", "delete")


def context() -> ForkServerContext:
    """Processes that have all modules from their first moment on, without threads or locks."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload([__name__, "tests.crash.chores"])
    return made


def killed(process: ForkServerProcess) -> bool:
    """Wait for its end; whether it was SIGKILL."""
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def change_until(file: Path, change: str, step: str) -> None:
    """Make one change and die at this step of it."""

    def die(reached: str) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    desk = open_desk(file, seam=die)
    person = desk.gallery.identity("p")
    earlier = desk.gallery.last_replacement("p")
    assert earlier is not None
    photo_id = person.photos[0].id
    if change == "restore":
        restore(desk, earlier[0].id, Actor())
        return
    fields: dict[str, dict[str, object]] = {
        "add": {"function": "add_face", "identity_id": "p", "register_image": photo(7)},
        "create": {"function": "create_identity", "identity_id": "r", "register_image": photo(8)},
        "delete_photo": {
            "function": "delete_face", "identity_id": "p", "register_image_id": photo_id,
        },
        "edit": {"function": "update_identity", "identity_id": "p", "identity_name": "new"},
        "delete": {"function": "delete_identities", "identity_ids": ["q"]},
    }  # fmt: skip
    if change == "replace":
        answer = update(desk, "p", 6, identity_name="new")
    else:
        chosen = dict(fields[change])
        level = {"fiqa_level": "no"} if "register_image" in chosen else {}
        answer = ask(desk, str(chosen.pop("function")), **chosen, **level)
    assert "error" not in answer


def write_for_ever(file: Path, person: str, number: int, log: Path, ready: Barrier) -> None:
    """Replace one person's photo again and again, noting each answer, until killed."""
    desk = open_desk(file)
    update(desk, person, 0, dry_run=True)  # the first call of a process is slow
    ready.wait(60)
    for seed in range(10_000 * number, 10_000 * (number + 1)):
        answer = update(desk, person, seed)
        if "identity" in answer:  # else the other writer was there first
            write_line(log, answer)


def race(
    file: Path, fields: dict[str, object], seed: int, ready: Barrier, answers: list[Answer]
) -> None:
    """Open the desk, wait for the others, ask once."""
    desk = open_desk(file)
    ready.wait(60)
    answers.append(update(desk, "p", seed, **fields))
    desk.gallery.close()
