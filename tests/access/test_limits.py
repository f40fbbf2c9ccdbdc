"""Token buckets and lock-outs, on a clock of the test's own."""

from __future__ import annotations

from core.access.limits import MOST_KEYS, Buckets, Lockout


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_holds_the_burst_and_fills_at_the_rate() -> None:
    clock = Clock()
    buckets = Buckets(per_minute=60, burst=3, clock=clock)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0]
    assert buckets.take("a") == 1.0 and buckets.take("b") == 0
    clock.now += 0.5
    assert buckets.take("a") == 0.5
    clock.now += 0.5
    assert buckets.take("a") == 0
    clock.now += 1000
    assert [buckets.take("a") > 0 for _ in range(4)] == [False, False, False, True]


def test_buckets_do_not_fill_the_memory() -> None:
    clock = Clock()
    buckets = Buckets(per_minute=60, burst=1, clock=clock)
    for number in range(3 * MOST_KEYS):
        clock.now += 0.001
        buckets.take(str(number))
    assert len(buckets._levels) <= MOST_KEYS + 1


def test_failures_in_a_row_lock_out_for_a_while() -> None:
    clock = Clock()
    lockout = Lockout(failures=3, minutes=1, clock=clock)
    assert [lockout.fail("a", "x") for _ in range(3)] == [(), (), ("a", "x")]
    assert lockout.wait("a") == 60 and lockout.wait("b") == 0 and lockout.wait("b", "x") == 60
    clock.now += 59
    assert lockout.wait("a") == 1
    clock.now += 1.1
    assert lockout.wait("a") == 0
    assert lockout.fail("a") == ()


def test_old_failures_do_not_count_and_success_clears() -> None:
    clock = Clock()
    lockout = Lockout(failures=2, minutes=1, clock=clock)
    lockout.fail("a")
    clock.now += 61
    assert lockout.fail("a") == ()
    lockout.clear("a")
    assert lockout.fail("a") == () and lockout.wait("a") == 0
