"""Error rates with what they are worth: bounds of a binomial proportion after Clopper and Pearson.

C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of
the binomial", Biometrika 26 (1934). Without any error in n trials the upper bound is
``1 - 0.05 ** (1 / n)``, the rule of three: about 3 / n.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """Errors among trials."""

    errors: int
    trials: int

    @property
    def value(self) -> float:
        """The share seen, 0 to 1; NaN without trials."""
        return self.errors / self.trials if self.trials else math.nan

    @property
    def lower(self) -> float:
        """The true rate lies above this with 95 % confidence (one-sided)."""
        return _lower(self.errors, self.trials)

    @property
    def upper(self) -> float:
        """The true rate lies below this with 95 % confidence (one-sided)."""
        return _upper(self.errors, self.trials)


@lru_cache(maxsize=1024)
def _lower(errors: int, trials: int) -> float:
    if errors == 0:
        return 0.0
    return _root(lambda p: _at_most(errors - 1, trials, p) - CONFIDENCE)


@lru_cache(maxsize=1024)
def _upper(errors: int, trials: int) -> float:
    if errors == trials:
        return 1.0
    return _root(lambda p: _at_most(errors, trials, p) - (1 - CONFIDENCE))


def _root(falling: Callable[[float], float]) -> float:
    """Where a function that falls from 0 to 1 crosses zero."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2


def _at_most(errors: int, trials: int, p: float) -> float:
    """P(X <= errors) for X ~ Binomial(trials, p), 0 < p < 1."""
    log_p, log_q = math.log(p), math.log1p(-p)
    return sum(
        math.exp(_log_choose(trials, k) + k * log_p + (trials - k) * log_q)
        for k in range(errors + 1)
    )


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
