"""Long work: progress, an end of every kind, one of a name at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from core.errors import ImageError, ServerError, VersionConflict
from core.jobs import Job, Jobs


def count(job: Job) -> str:
    for number in range(4):
        job.step(number, 4)
    job.step(4, 4)
    return "counted"


def refuse(job: Job) -> None:
    raise ImageError


def break_down(job: Job) -> None:
    raise ZeroDivisionError


def stop_yourself(job: Job) -> None:
    job.step(1, 4)
    job.cancel()
    job.step(2, 4)


@pytest.mark.parametrize(
    ("work", "state", "error", "done"),
    [
        (count, "done", None, 4),
        (refuse, "failed", ImageError, 0),
        (break_down, "failed", ServerError, 0),
        (stop_yourself, "cancelled", None, 1),
    ],
)
def test_every_end_is_kept(
    work: Callable[[Job], Any], state: str, error: type | None, done: int
) -> None:
    job = Jobs().start("work", work)
    assert job.wait(10)
    assert (job.state, job.done) == (state, done)
    assert type(job.error) is (error or type(None))
    assert job.result == ("counted" if state == "done" else None)


def test_remaining_time_is_known_after_the_first_step() -> None:
    job = Job("x")
    job.step(0, 10)
    assert job.remaining_s is None and job.share == 0
    job.step(5, 10)
    assert job.share == 0.5 and job.remaining_s is not None and job.remaining_s >= 0
    job.step(10, 10)
    assert job.remaining_s == 0


def test_one_of_a_name_at_a_time() -> None:
    jobs, go = Jobs(), threading.Event()

    def wait(job: Job) -> None:
        go.wait(10)

    first = jobs.start("same", wait)
    with pytest.raises(VersionConflict):
        jobs.start("same", wait)
    other = jobs.start("other", count)
    jobs.forget("same")
    assert jobs.get("same") is first
    go.set()
    assert first.wait(10) and other.wait(10)
    second = jobs.start("same", count)
    assert second.wait(10) and jobs.get("same") is second
    jobs.forget("same")
    assert jobs.get("same") is None
