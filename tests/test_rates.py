"""Bounds of error rates against closed forms and published values."""

import math

import pytest

from core.rates import Rate


@pytest.mark.parametrize("trials", [1, 30, 100, 1707])
def test_without_errors_the_rule_of_three_holds(trials: int) -> None:
    rate = Rate(0, trials)
    assert rate.value == rate.lower == 0
    assert rate.upper == pytest.approx(1 - 0.05 ** (1 / trials), rel=1e-9)
    if trials >= 30:
        assert rate.upper == pytest.approx(3 / trials, rel=0.05)


def test_errors_only_is_the_mirror_image() -> None:
    assert Rate(30, 30).upper == 1
    assert Rate(30, 30).lower == pytest.approx(1 - Rate(0, 30).upper)


def test_a_textbook_value() -> None:
    # 10 of 100: one-sided 95 % bounds are the two-sided 90 % ones, .0553 to .1637.
    rate = Rate(10, 100)
    assert (rate.lower, rate.upper) == (
        pytest.approx(0.05526, abs=2e-5),
        pytest.approx(0.16372, abs=2e-5),
    )


def test_no_trials_say_nothing() -> None:
    assert math.isnan(Rate(0, 0).value)
    assert Rate(0, 0).upper == 1
