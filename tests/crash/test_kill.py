"""SIGKILL at every step and at random moments: exactly old or exactly new, and nothing lost."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from core.gallery.store import SEAMS
from tests.crash.children import (
    CHANGES,
    LONG,
    ROUNDS,
    change_until,
    context,
    killed,
    write_for_ever,
)
from tests.crash.material import PEOPLE, assert_kept, assert_sound
from tests.databases import FORCED, copy, dump, is_postgresql

WRITERS = 4
ALL = FORCED or LONG
"""Whether to kill as often on PostgreSQL as on SQLite."""


@pytest.mark.parametrize("change", CHANGES)
def test_killed_at_any_step_it_is_exactly_old_or_exactly_new(
    template: Path, tmp_path: Path, change: str
) -> None:
    if is_postgresql(template) and change not in (CHANGES if ALL else ("replace", "delete")):
        pytest.skip("on PostgreSQL only with FACEDESK_CRASH_ROUNDS, or in make test-postgresql")
    before = dump(template)
    files = {
        step: copy(template, tmp_path / f"{step}{template.suffix}") for step in (*SEAMS, "never")
    }
    children = {
        step: context().Process(target=change_until, args=(file, change, step))
        for step, file in files.items()
    }
    for child in children.values():
        child.start()
    fell = {step for step, child in children.items() if killed(child)}
    assert {"begin", "audited", "before_commit", "committed"} <= fell
    assert "never" not in fell
    if change in ("replace", "restore"):
        assert fell == set(SEAMS)
    for step, file in files.items():
        is_old = dump(file) == before
        assert is_old == (step in fell and step != "committed")
        if change != "delete":
            assert_sound(file)


def test_killed_at_random_moments_under_four_writers(template: Path, tmp_path: Path) -> None:
    chance = random.Random(20261124)
    answered, rounds = 0, ROUNDS if ALL or not is_postgresql(template) else min(ROUNDS, 2)
    for number in range(rounds):
        folder = tmp_path / str(number)
        folder.mkdir()
        file = copy(template, folder / f"gallery{template.suffix}")
        logs = [folder / f"{writer}.log" for writer in range(WRITERS)]
        ready = context().Barrier(WRITERS + 1)
        writers = [
            context().Process(target=write_for_ever, args=(file, PEOPLE[i % 2], i + 1, log, ready))
            for i, log in enumerate(logs)
        ]
        for writer in writers:
            writer.start()
        ready.wait(60)
        wait_for_answer(logs)
        for writer in chance.sample(writers, WRITERS):
            time.sleep(chance.uniform(0, 0.06))
            writer.kill()
        assert all(killed(writer) for writer in writers)
        answered += assert_kept(file, logs)
        assert_sound(file)
    print(f"{rounds} rounds, {answered} answered changes, none lost")
    assert answered >= rounds


def wait_for_answer(logs: list[Path]) -> None:
    """Until the writers are at work, so that the kills fall among their writes."""
    end = time.monotonic() + 60
    while not any(log.exists() and log.stat().st_size for log in logs):
        assert time.monotonic() < end, "no writer answered"
        time.sleep(0.001)
