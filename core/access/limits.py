"""How often somebody may come, and when they have to wait. Counted in this process's memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

MOST_KEYS = 10_000
"""Names and addresses remembered at once; those that have nothing to wait for go first."""

Clock = Callable[[], float]


class Buckets:
    """Token buckets: each key may come ``burst`` times at once, then at the rate.

    Args:
        per_minute: how fast a bucket fills.
        burst: how much it holds.
        clock: seconds.
    """

    def __init__(self, per_minute: float, burst: int, clock: Clock = time.monotonic) -> None:
        self._rate = per_minute / 60
        self._burst = burst
        self._clock = clock
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Take one; returns 0, or the seconds until there is one again."""
        with self._lock:
            now = self._clock()
            if len(self._levels) >= MOST_KEYS and key not in self._levels:
                self._levels = {k: v for k, v in self._levels.items() if self._level(v, now) < 1}
            level = self._level(self._levels.get(key, (self._burst, now)), now)
            if level < 1:
                return (1 - level) / self._rate
            self._levels[key] = (level - 1, now)
            return 0.0

    def _level(self, bucket: tuple[float, float], now: float) -> float:
        level, at = bucket
        return min(self._burst, level + (now - at) * self._rate)


class Lockout:
    """Counts failures in a row; at the limit a key has to wait.

    Args:
        failures: the limit.
        minutes: how long to wait, and how long a failure counts.
        clock: seconds.
    """

    def __init__(self, failures: int, minutes: float, clock: Clock = time.monotonic) -> None:
        self._limit = failures
        self._seconds = minutes * 60
        self._clock = clock
        self._failures: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def wait(self, *keys: str) -> float:
        """Seconds until all of the keys may try again; 0 when they may now."""
        with self._lock:
            return max(self._wait(key) for key in keys)

    def fail(self, *keys: str) -> tuple[str, ...]:
        """Count a failure of each; returns the keys that have to wait from now on."""
        with self._lock:
            if len(self._failures) >= MOST_KEYS:
                self._failures = {k: v for k, v in self._failures.items() if self._recent(k)}
            locked = []
            for key in keys:
                recent = self._failures[key] = [*self._recent(key), self._clock()]
                if len(recent) == self._limit:
                    locked.append(key)
            return tuple(locked)

    def clear(self, key: str) -> None:
        """Forget a key's failures: it got in."""
        with self._lock:
            self._failures.pop(key, None)

    def _wait(self, key: str) -> float:
        recent = self._recent(key)
        if len(recent) < self._limit:
            return 0.0
        return recent[-1] + self._seconds - self._clock()

    def _recent(self, key: str) -> list[float]:
        since = self._clock() - self._seconds
        return [at for at in self._failures.get(key, ()) if at > since][-self._limit :]
