"""The search in memory is exact: held against brute force in float64, whatever the rows are."""

from __future__ import annotations

from collections.abc import Callable

import numkong
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.gallery.rough_rows import RoughRows
from core.gallery.rows import Hit, UnitRows, units_of

Chance = np.random.Generator
Rows = np.ndarray


def spread(chance: Chance, count: int, dimension: int) -> Rows:
    return chance.standard_normal((count, dimension))


def clustered(chance: Chance, count: int, dimension: int) -> Rows:
    centres = spread(chance, 3, dimension)
    return centres[chance.integers(3, size=count)] + 0.05 * spread(chance, count, dimension)


def nearly_equal(chance: Chance, count: int, dimension: int) -> Rows:
    """Closer to one another than eight bits, and half precision, can tell."""
    return spread(chance, 1, dimension) + 1e-6 * spread(chance, count, dimension)


def duplicates(chance: Chance, count: int, dimension: int) -> Rows:
    return spread(chance, 4, dimension)[chance.integers(4, size=count)]


def one_bit_apart(chance: Chance, count: int, dimension: int) -> Rows:
    rows = np.repeat(spread(chance, 1, dimension).astype(np.float32), count, axis=0)
    cells = chance.integers(dimension, size=count)
    rows[np.arange(count), cells] = np.nextafter(rows[np.arange(count), cells], np.float32(9))
    return rows


def lopsided(chance: Chance, count: int, dimension: int) -> Rows:
    """One number of a row outweighs the others: eight bits keep next to nothing of those."""
    rows = spread(chance, count, dimension)
    rows[:, 0] *= 1e4
    return rows


def faint(chance: Chance, count: int, dimension: int) -> Rows:
    """Of a length that float32 can barely hold the square of; and some huge ones."""
    scales = np.where(chance.random(count) < 0.5, 1e-20, 1e17)
    return spread(chance, count, dimension) * scales[:, None]


def on_axes(chance: Chance, count: int, dimension: int) -> Rows:
    """At right angles or opposite: cosines of exactly 0 and -1."""
    return np.eye(dimension)[chance.integers(dimension, size=count)] * chance.choice([-1, 1])


KINDS: tuple[Callable[[Chance, int, int], Rows], ...] = (
    spread, clustered, nearly_equal, duplicates, one_bit_apart, lopsided, faint, on_axes,
)  # fmt: skip


def filled(rows: Rows, people: int) -> UnitRows:
    found = UnitRows()
    photos = [f"f{number:05}" for number in range(len(rows))]
    persons = [f"p{number % people}" for number in range(len(rows))]
    found.extend(photos, persons, rows.astype(np.float32))
    return found


def brute_force(held: UnitRows, query: Rows, top: int, excluded: str | None) -> list[Hit]:
    photos, persons, units = held.copied()
    cosines = (units.astype(np.float64) * query).sum(axis=1).clip(-1, 1)
    best: dict[str, Hit] = {}
    for cosine, photo, person in sorted(zip(-cosines, photos, persons, strict=True)):
        best.setdefault(person, (person, photo, -cosine))
    return [hit for hit in best.values() if hit[0] != excluded][:top]


def queries(chance: Chance, rows: Rows) -> Rows:
    """One from among the rows, one beside it, one anywhere."""
    one = rows[chance.integers(len(rows))].astype(np.float32).astype(np.float64)
    one /= np.linalg.norm(one)
    near = one + 0.3 * spread(chance, 1, len(one))[0] / len(one) ** 0.5
    asked = np.stack([one, near, spread(chance, 1, len(one))[0]])
    return asked / np.linalg.norm(asked, axis=1, keepdims=True)


@settings(max_examples=60, deadline=None)
@given(
    made=st.sampled_from(KINDS),
    seed=st.integers(0, 2**32 - 1),
    count=st.sampled_from([1, 2, 31, 33, 300, 1500]),
    dimension=st.sampled_from([1, 3, 16, 63, 128, 512]),
    people=st.sampled_from([1, 5, 40, 2000]),
    top=st.sampled_from([1, 3, 40]),
    leave_out=st.booleans(),
)
def test_the_answer_is_the_exact_one(
    made: Callable[[Chance, int, int], Rows],
    seed: int,
    count: int,
    dimension: int,
    people: int,
    top: int,
    leave_out: bool,
) -> None:
    chance = np.random.default_rng(seed)
    rows = made(chance, count, dimension)
    held = filled(rows, people)
    excluded = "p0" if leave_out else None
    for query in queries(chance, rows):
        assert held.best(query, top, excluded) == brute_force(held, query, top, excluded)


@pytest.mark.parametrize("made", KINDS)
def test_the_bound_holds_for_every_row(made: Callable[[Chance, int, int], Rows]) -> None:
    """Looked at from inside, as a bound that is too narrow would lose a face once in years."""
    chance = np.random.default_rng(4)
    for dimension in (2, 128, 512):
        units = units_of(made(chance, 400, dimension).astype(np.float32))
        rough = RoughRows(*units.shape)
        rough.put(0, units)
        for query in queries(chance, units):
            low, high = rough.bounds(query, len(units))
            cosines = units.astype(np.float64) @ query
            assert (low <= cosines).all() and (cosines <= high).all()
            assert np.median(high - low) < 0.3


def test_of_many_rows_a_few_are_left() -> None:
    chance = np.random.default_rng(5)
    units = units_of(spread(chance, 40_000, 128).astype(np.float32))
    rough = RoughRows(*units.shape)
    rough.put(0, units)
    query = units[17].astype(np.float64)
    near = rough.near(query / np.linalg.norm(query), len(units), 1)
    assert near.tolist() == [17]
    assert len(rough.near(units[17].astype(np.float64), len(units), 32)) < 400


@pytest.mark.parametrize("length", [1, 63, 64, 65, 512, 4096])
def test_the_kernel_counts_whole_numbers_exactly(length: int) -> None:
    chance = np.random.default_rng(length)
    ends = np.full((2, length), 127, np.int8)
    ends[1] = -127
    rows = np.concatenate([ends, chance.integers(-127, 128, (200, length)).astype(np.int8)])
    for row in (0, 1, 2):
        found = np.asarray(numkong.cdist(rows[row : row + 1], rows[3:], "dot"))[0]
        right = rows[3:].astype(np.int64) @ rows[row].astype(np.int64)
        assert np.array_equal(found, right)
        assert numkong.dot(rows[0], rows[row]) == 127 * rows[row].astype(np.int64).sum()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["put", "drop"]), st.integers(0, 90)), max_size=200))
def test_what_is_put_set_anew_and_dropped_is_seen(steps: list[tuple[str, int]]) -> None:
    chance = np.random.default_rng(len(steps))
    held, truth = UnitRows(), {}
    for what, number in steps:
        if what == "put":
            truth[f"f{number}"] = chance.standard_normal(24).astype(np.float32)
            held.put(f"f{number}", f"p{number % 7}", truth[f"f{number}"])
        else:
            held.drop(f"f{number}")
            truth.pop(f"f{number}", None)
    photos, _, units = held.copied()
    assert {photo: unit.tobytes() for photo, unit in zip(photos, units, strict=True)} == {
        photo: units_of(vector[None])[0].tobytes() for photo, vector in truth.items()
    }
    if truth:
        for query in queries(chance, units):
            assert held.best(query, 3, None) == brute_force(held, query, 3, None)
