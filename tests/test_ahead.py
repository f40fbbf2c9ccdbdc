"""Work ahead: in order, never many at once, and nothing more after the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from core.ahead import ahead


def test_results_come_in_the_items_order() -> None:
    def slow(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        return number * number

    found = [(item, future.result()) for item, future in ahead(slow, range(20), 3)]
    assert found == [(number, number * number) for number in range(20)]


def test_few_are_taken_before_they_are_wanted() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    work = ahead(lambda number: number, items(), 2)
    for given, _ in enumerate(work, 1):
        assert len(taken) - given <= 3
        if given == 50:
            break
    work.close()
    assert len(taken) < 60


def test_a_failure_belongs_to_its_item() -> None:
    def odd(number: int) -> int:
        if number % 2:
            raise ValueError(str(number))
        return number

    for number, future in ahead(odd, range(6), 2):
        if number % 2:
            with pytest.raises(ValueError, match=str(number)):
                future.result()
        else:
            assert future.result() == number


def test_closed_early_it_ends_its_threads() -> None:
    done: list[int] = []
    work = ahead(done.append, range(100), 2)
    next(work)
    work.close()
    assert len(done) <= 4
    assert not [t for t in threading.enumerate() if t.name.startswith("ahead")]
