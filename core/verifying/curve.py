"""From labelled cosines to the ROC curve, and to what a threshold is worth.

FMR (false match rate) and FNMR (false non-match rate) as in ISO/IEC 19795-1: the shares of pairs
of two people at or above a threshold, and of pairs of one person below it. Bounds: core/rates.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.calibration.discard import threshold_for
from core.pairs import Outcome
from core.rates import Rate

MOST_POINTS = 400
RATES = (1e-2, 1e-3, 1e-4)
"""False match rates for which a threshold is looked for, where there are pairs enough."""


@dataclass(frozen=True, slots=True, eq=False)
class Roc:
    """True match rate over false match rate, one point a threshold, all (K,), FMR rising.

    ``floor`` stands for an FMR of 0 on a logarithmic axis: half of one error.
    """

    threshold: NDArray[np.float64]
    fmr: NDArray[np.float64]
    tmr: NDArray[np.float64]
    floor: float


@dataclass(frozen=True, slots=True)
class Operating:
    """A threshold with its errors; ``wanted`` is the FMR it was looked for, None for a limit."""

    threshold: float
    fmr: Rate
    fnmr: Rate
    wanted: float | None = None


def roc(outcome: Outcome) -> Roc:
    """The curve from the strictest threshold to the laxest, thinned to MOST_POINTS."""
    thresholds = np.unique(np.concatenate([outcome.same, outcome.different]))[::-1]
    fmr = _share_above(outcome.different, thresholds)
    tmr = _share_above(outcome.same, thresholds)
    keep = _corners(fmr, tmr)
    keep = keep[max(0, int(np.count_nonzero(fmr[keep] == 0)) - 1) :]  # of FMR 0 the best one
    if len(keep) > MOST_POINTS:
        places = np.geomspace(1, len(keep), MOST_POINTS).astype(np.int64) - 1
        keep = keep[np.unique(np.append(places, len(keep) - 1))]
    return Roc(thresholds[keep], fmr[keep], tmr[keep], 0.5 / len(outcome.different))


def _share_above(
    ascending: NDArray[np.float64], thresholds: NDArray[np.float64]
) -> NDArray[np.float64]:
    below = np.searchsorted(ascending, thresholds, side="left")
    return np.asarray(1 - below / len(ascending), np.float64)


def _corners(fmr: NDArray[np.float64], tmr: NDArray[np.float64]) -> NDArray[np.int64]:
    """Points at which the curve turns: along a straight run only its ends are kept."""
    steps = np.stack([np.diff(fmr) > 0, np.diff(tmr) > 0])
    turns = (steps[:, 1:] != steps[:, :-1]).any(axis=0)
    return np.flatnonzero(np.concatenate([[True], turns, [True]])[: len(fmr)])


def equal_error(outcome: Outcome) -> tuple[float, float]:
    """Where both errors are equally frequent: (rate, threshold), the nearest that is seen."""
    thresholds = np.unique(np.concatenate([outcome.same, outcome.different]))
    fmr = _share_above(outcome.different, thresholds)
    fnmr = 1 - _share_above(outcome.same, thresholds)
    at = int(np.abs(fmr - fnmr).argmin())
    return float((fmr[at] + fnmr[at]) / 2), float(thresholds[at])


def operating_points(outcome: Outcome) -> tuple[Operating, ...]:
    """The engine's two limits, then a threshold for each of RATES that the pairs can show."""
    info, count = outcome.info, len(outcome.different)
    limits = [(info.same_cosine, None), (info.different_cosine, None)]
    wanted = [(threshold_for(outcome.different, r), r) for r in RATES if count * r >= 1]
    return tuple(
        Operating(
            threshold,
            outcome.false_matches(threshold),
            outcome.false_non_matches(threshold),
            rate,
        )
        for threshold, rate in (*limits, *wanted)
    )
