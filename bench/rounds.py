"""Interleaved rounds: A B A B in one run, ratios of medians with their spread."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

WARM_UP = 3
"""Rounds before the first that counts."""

PAUSE_S = 0.05
"""Between two works."""

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds of one run: by the clock, and of all threads of this process."""

    wall_ms: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times longer one work takes than another.

    Attributes:
        wall: ratio of the medians, by the clock.
        low, high: quartiles of the rounds' own ratios.
        cpu: ratio of the medians of CPU time.
    """

    wall: float
    low: float
    high: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} ({self.low:.2f}–{self.high:.2f})"


def interleave(
    work: Mapping[str, Work], rounds: int, warm_up: int = WARM_UP
) -> dict[str, list[Spent]]:
    """Every work once a round, after a warm-up; each round in an order drawn anew.

    Between two of them lies a pause: the threads of some libraries spin for a while after their
    work, and would take a core from whoever comes next.
    """
    found: dict[str, list[Spent]] = {name: [] for name in work}
    order, chance = list(work), random.Random(0)
    for number in range(warm_up + rounds):
        chance.shuffle(order)
        for name in order:
            time.sleep(PAUSE_S)
            spent = timed(work[name])
            if number >= warm_up:
                found[name].append(spent)
    return found


def timed(work: Work) -> Spent:
    """One run."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)


def wall_ms(times: list[Spent]) -> float:
    """Median by the clock."""
    return statistics.median(spent.wall_ms for spent in times)


def cpu_ms(times: list[Spent]) -> float:
    """Median of CPU time."""
    return statistics.median(spent.cpu_ms for spent in times)


def ratio(longer: list[Spent], shorter: list[Spent]) -> Ratio:
    """``longer`` over ``shorter``, of one interleaved run."""
    each = [a.wall_ms / b.wall_ms for a, b in zip(longer, shorter, strict=True)]
    low, _, high = statistics.quantiles(each, n=4) if len(each) > 1 else each * 3
    by_cpu = cpu_ms(longer) / cpu_ms(shorter) if cpu_ms(shorter) else float("nan")
    return Ratio(wall_ms(longer) / wall_ms(shorter), low, high, by_cpu)
