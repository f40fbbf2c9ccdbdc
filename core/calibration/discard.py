"""Error versus discard: what is a quality worth?

Error-versus-discard characteristic (Grother and Tabassi, "Performance of Biometric Quality
Measures", IEEE PAMI 29(4), 2007; ISO/IEC 29794-1:2024): the comparisons with the lowest quality
are discarded, and the false non-match rate (FNMR) of the rest, at a threshold fixed beforehand,
is drawn over the share discarded. The quality of a comparison is the lower one of its two photos'.
A quality that tells nothing gives a level line, a useful one falls, the best possible one falls
to 0 where as many are discarded as were wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.calibration.pairs import Comparisons
from core.calibration.walk import CalibrationError

Numbers = NDArray[np.float64]

FALSE_MATCHES = 1e-3
"""The false match rate for which the threshold is fixed."""

AT = 0.20
"""The share at which curves are compared; up to it they are averaged as well."""

RANDOM, IDEAL = "random", "ideal (the wrong ones first)"
REPEATS = 500
_GRID: Numbers = np.linspace(0, 0.6, 121)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """FNMR over the share discarded, for one quality.

    Attributes:
        name: of the quality.
        discarded: (G,), shares, 0 to 0.6.
        fnmr: (G,).
        mean: mean FNMR while the share goes from 0 to 20 %: the partial area over its width.
        at: FNMR with 20 % discarded.
        at_range: 95 % interval of ``at`` over labelled pairs drawn again with repetition.
    """

    name: str
    discarded: Numbers
    fnmr: Numbers
    mean: float
    at: float
    at_range: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Kind:
    """One defect's comparisons: how many, FNMR of all, and what our verdict does to them.

    ``kept`` is the share that stays when 20 % of all are discarded, ``fnmr_kept`` its FNMR.
    """

    defect: str
    count: int
    fnmr: float
    kept: float
    fnmr_kept: float


@dataclass(frozen=True, slots=True, eq=False)
class Discarding:
    """The whole experiment.

    Attributes:
        threshold: cosine from which on two faces match.
        same, other: how many comparisons.
        fmr: false match rate at the threshold.
        curves: one for each quality, ours first, then random and ideal.
        kinds: by defect.
    """

    threshold: float
    same: int
    other: int
    fmr: float
    curves: tuple[Curve, ...]
    kinds: tuple[Kind, ...]


def discard(comparisons: Comparisons, seed: int = 0) -> Discarding:
    """Measure every quality. Raises CalibrationError without pairs of both kinds."""
    same = comparisons.same
    if same.all() or not same.any():
        what = "different people" if same.all() else "the same person"
        raise CalibrationError(f"The pairs hold no comparison of {what}.")
    others = comparisons.cosine[~same]
    threshold = threshold_for(others, FALSE_MATCHES)
    wrong = (comparisons.cosine[same] < threshold).astype(np.float64)
    qualities = {name: values[same] for name, values in comparisons.qualities.items()}
    qualities |= {RANDOM: np.zeros_like(wrong), IDEAL: 1 - wrong}
    resampled = _resamplings(comparisons.pair[same], seed)
    curves = tuple(_curve(name, q, wrong, resampled) for name, q in qualities.items())
    ours = next(iter(qualities.values()))
    return Discarding(
        threshold,
        int(same.sum()),
        int((~same).sum()),
        float((others >= threshold).mean()),
        curves,
        _kinds(comparisons.defect[same], ours, wrong),
    )


def threshold_for(others: Numbers, rate: float) -> float:
    """The lowest cosine at which at most this share of other people's comparisons match."""
    ordered = np.sort(others)[::-1]
    allowed = int(np.floor(rate * len(ordered)))
    return float(np.nextafter(ordered[allowed], np.inf))


def fnmr_after(quality: Numbers, wrong: Numbers, shares: Numbers) -> Numbers:
    """FNMR of what is kept when these shares with the lowest quality are discarded.

    Equal qualities are discarded in random order: the expectation over it, which is exact.
    """
    order = np.argsort(quality, kind="stable")
    starts = np.unique(quality[order], return_index=True)[1]
    errors = np.add.reduceat(wrong[order], starts)
    counts = np.diff(np.append(starts, len(wrong)))
    gone = np.append(0, np.cumsum(counts)).astype(np.float64)
    left = np.append(wrong.sum(), wrong.sum() - np.cumsum(errors))
    discarded = shares * len(wrong)
    return np.asarray(np.interp(discarded, gone, left) / (len(wrong) - discarded), np.float64)


def _resamplings(pair: NDArray[np.int64], seed: int) -> list[NDArray[np.int64]]:
    """Rows of comparisons for labelled pairs drawn again: comparisons of a pair go together."""
    random = np.random.default_rng(seed)
    rows = [np.flatnonzero(pair == index) for index in np.unique(pair)]
    draws = random.integers(len(rows), size=(REPEATS, len(rows)))
    return [np.concatenate([rows[i] for i in draw]) for draw in draws]


def _curve(
    name: str, quality: Numbers, wrong: Numbers, resampled: list[NDArray[np.int64]]
) -> Curve:
    fnmr = fnmr_after(quality, wrong, _GRID)
    until = _GRID <= AT + 1e-9
    at = np.array([AT])
    again = [float(fnmr_after(quality[rows], wrong[rows], at)[0]) for rows in resampled]
    low, high = np.quantile(again, [0.025, 0.975])
    mean = float(np.trapezoid(fnmr[until], _GRID[until]) / AT)
    return Curve(name, _GRID, fnmr, mean, float(fnmr[until][-1]), (float(low), float(high)))


def _kinds(defects: NDArray[np.str_], quality: Numbers, wrong: Numbers) -> tuple[Kind, ...]:
    limit = np.quantile(quality, AT)
    kinds = []
    for defect in dict.fromkeys(defects.tolist()):
        mine = defects == defect
        kept = mine & (quality >= limit)
        fnmr_kept = float(wrong[kept].mean()) if kept.any() else 0.0
        kinds.append(
            Kind(
                defect,
                int(mine.sum()),
                float(wrong[mine].mean()),
                float(kept.sum() / mine.sum()),
                fnmr_kept,
            )
        )
    return tuple(kinds)
