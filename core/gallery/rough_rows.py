"""The same unit rows in eight bits: most of them are passed over quickly, and none is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial

import numkong
import numpy as np
from numpy.typing import NDArray

from core.settings import own_cores

SLACK = 1e-6
"""More than everything else can be off, 7e-7: rows are of length 1 to 2^-22, each of the two errors
by the rounding of s c (2^-24), and what is added and multiplied below is rounded to float32 (2^-24
each) five times, while no value of it exceeds 1.1."""

_STEPS = 127
_SLAB = 1 << 14
"""Rows at a time: what is worked out for them stays in the processor's cache."""


class RoughRows:
    """Unit rows as whole numbers with a factor, and how far from the row that is. Not thread-safe.

    A row x is kept as s c, where s = max|x_j| / 127 and c, int8, is x / s rounded, together with
    e = |x - s c|, which is measured. A query q becomes t d in the same way, with f = |q - t d|.
    Then

        q.x = (t d).(s c) + q.(x - s c) + (q - t d).(s c)

    and as |q| = |x| = 1 and |s c| <= |x| + e, by Cauchy and Schwarz

        |q.x - t s (d.c)| <= e + f (1 + e).

    d.c is a whole number below 2^31 and computed exactly. So t s (d.c) with this bound, ``SLACK``
    added, says between which two values the cosine lies, and a row whose upper value is below
    the lower values of as many rows as are wanted is not among the nearest. For embeddings of
    faces the bound is about 0.015, which leaves some dozens of rows of a million; the worst rows
    only make it leave more.

    Memory: D + 8 bytes a row, and 8 for a search.
    """

    def __init__(self, room: int = 0, dimension: int = 0) -> None:
        self._codes = np.zeros((room, dimension), dtype=np.int8)
        self._factors = np.zeros(room, dtype=np.float32)
        self._errors = np.zeros(room, dtype=np.float32)

    def grown(self, room: int) -> RoughRows:
        """The same rows with room for more."""
        new, old = RoughRows(room, self._codes.shape[1]), len(self._codes)
        new._codes[:old], new._factors[:old] = self._codes, self._factors
        new._errors[:old] = self._errors
        return new

    def put(self, start: int, units: NDArray[np.float32]) -> None:
        """Set rows from ``start`` on, from unit vectors (n, D)."""
        end = start + len(units)
        self._codes[start:end], self._factors[start:end], self._errors[start:end] = _coded(units)

    def move(self, source: int, target: int) -> None:
        """A row takes another one's place, and nothing stays in its own."""
        for values in (self._codes, self._factors, self._errors):
            values[target] = values[source]
            values[source] = 0

    def near(self, query: NDArray[np.float64], count: int, wanted: int) -> NDArray[np.intp]:
        """Row numbers that can be among the ``wanted`` nearest of the first ``count``.

        Args:
            query: unit vector, float64 (D,).
            count: rows in use.
            wanted: how many, 1 to ``count``.
        """
        lowest, highest = self.bounds(query, count)
        return np.flatnonzero(highest >= _at_most_nth(lowest, wanted))

    def bounds(
        self, query: NDArray[np.float64], count: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Between which values the cosines of the first ``count`` rows lie, (n,) each."""
        code, factor, error = _coded(query[None])
        lowest, highest = (np.empty(count, dtype=np.float32) for _ in range(2))
        work = partial(self._bound, code, factor[0], error[0], lowest, highest)
        starts = range(0, count, _SLAB)
        # The kernel lets go of the interpreter's lock.
        list(_pool().map(work, starts) if len(starts) > 1 else map(work, starts))
        return lowest, highest

    def _bound(
        self,
        code: NDArray[np.int8],
        factor: np.float32,
        error: np.float32,
        lowest: NDArray[np.float32],
        highest: NDArray[np.float32],
        start: int,
    ) -> None:
        end = min(start + _SLAB, len(lowest))
        products = np.asarray(numkong.cdist(code, self._codes[start:end], "dot"))[0]
        scores = products.astype(np.float32) * (self._factors[start:end] * factor)
        bounds = self._errors[start:end] * (1 + error) + (error + np.float32(SLACK))
        np.subtract(scores, bounds, out=lowest[start:end])
        np.add(scores, bounds, out=highest[start:end])


def _coded(
    units: NDArray[np.float32] | NDArray[np.float64],
) -> tuple[NDArray[np.int8], NDArray[np.float32], NDArray[np.float32]]:
    """Rows (n, D) as whole numbers (n, D), their factors (n,) and errors (n,), measured."""
    factors = np.abs(units).max(axis=1).astype(np.float32) / np.float32(_STEPS)
    codes = np.rint(units * (1 / factors)[:, None]).astype(np.int8)
    off = units - codes * factors[:, None]
    errors = np.sqrt(np.einsum("ij,ij->i", off, off)).astype(np.float32)
    # A sum of D squares is off by D 2^-24 of itself at most, in any order; its root by half of it.
    return codes, factors, errors * np.float32(1 + units.shape[1] * 2.0**-24)


def _at_most_nth(values: NDArray[np.float32], nth: int) -> np.float32:
    """A value that at least ``nth`` of the values reach; as a rule the greatest such."""
    # The greatest of groups instead of all: so many groups reach it, and one value in each.
    size = max(1, len(values) // (16 * nth))
    groups = len(values) // size
    best = values[: groups * size].reshape(groups, size).max(axis=1)
    found: np.float32 = np.partition(best, groups - nth)[groups - nth]
    return found


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(own_cores(), thread_name_prefix="facedesk-search")
