"""One half of the people for fitting, the other for trying: nobody is in both."""

from __future__ import annotations

import itertools

import pytest

from core.calibration.pairs import Pair, half_of
from core.calibration.walk import CalibrationError

PEOPLE = {"ann": 4, "bob": 3, "cem": 2, "dee": 2, "eve": 1, "fay": 1}
PHOTOS = [(who, f"{who}{index}.jpg") for who, count in PEOPLE.items() for index in range(count)]
PAIRS = tuple(Pair(a, b, one == two) for (one, a), (two, b) in itertools.combinations(PHOTOS, 2))


def people_in(pairs: tuple[Pair, ...]) -> set[str]:
    return {name[:3] for pair in pairs if pair.same for name in (pair.first, pair.second)}


def test_nobody_is_in_both_halves_and_nothing_of_one_person_is_lost() -> None:
    first, second = half_of(PAIRS, "a"), half_of(PAIRS, "b")
    assert not people_in(first) & people_in(second)
    same = [pair for pair in PAIRS if pair.same]
    assert sorted(map(str, same)) == sorted(str(p) for p in (*first, *second) if p.same)
    counts = [sum(pair.same for pair in half) for half in (first, second)]
    assert max(counts) == 6 and min(counts) >= 4
    assert all(any(not pair.same for pair in half) for half in (first, second))


def test_who_is_one_person_is_followed_through_other_photos() -> None:
    chain = [Pair(f"{i}.jpg", f"{i + 1}.jpg", True) for i in (2, 0, 1)]
    others = [Pair("0.jpg", "x.jpg", False), Pair("y.jpg", "z.jpg", True)]
    assert [p.same for p in half_of((*chain, *others), "a")] == [True] * 3 + [False]
    assert [p.first for p in half_of((*chain, *others), "b")] == ["0.jpg", "y.jpg"]


def test_a_half_without_a_pair_is_refused() -> None:
    with pytest.raises(CalibrationError, match="half b"):
        half_of((Pair("0.jpg", "1.jpg", True),), "b")
