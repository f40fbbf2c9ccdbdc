"""Error versus discard on numbers with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calibration.discard import discard, fnmr_after, threshold_for
from core.calibration.pairs import Comparisons, Pair, compare
from core.calibration.walk import Sample

SHARES = np.array([0.0, 0.2, 0.5])


def test_a_perfect_quality_discards_the_wrong_ones_first():
    wrong = np.array([0, 1, 0, 0, 1, 0, 0, 0, 0, 0], float)
    assert fnmr_after(1 - wrong, wrong, SHARES).tolist() == [0.2, 0, 0]
    assert fnmr_after(wrong, wrong, SHARES).tolist() == pytest.approx([0.2, 0.25, 0.4])


def test_equal_qualities_are_discarded_by_chance():
    wrong = np.array([0, 1, 0, 0, 1], float)
    assert fnmr_after(np.zeros(5), wrong, SHARES).tolist() == pytest.approx([0.4] * 3)
    half_known = np.array([-np.inf, -np.inf, 1, 1, 1])
    assert fnmr_after(half_known, wrong, SHARES)[1] == pytest.approx((2 - 0.5) / 4)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_rates_stay_rates_and_ideal_is_a_lower_bound(rows: list[tuple[int, bool]]):
    quality, wrong = (np.array(column, float) for column in zip(*rows, strict=True))
    shares = np.linspace(0, 0.9, 10)
    found = fnmr_after(quality, wrong, shares)
    ideal = fnmr_after(1 - wrong, wrong, shares)
    assert (found >= ideal - 1e-9).all() and (found <= 1 + 1e-9).all() and (ideal >= -1e-9).all()
    assert found[0] == pytest.approx(wrong.mean())


def test_the_threshold_keeps_the_false_match_rate():
    others = np.linspace(-1, 0.5, 2000)
    threshold = threshold_for(others, 1e-3)
    assert (others >= threshold).mean() <= 1e-3 < (others >= threshold - 0.001).mean()
    assert threshold_for(np.array([0.1, 0.3]), 1e-3) > 0.3


def comparisons(seed: int = 0, count: int = 600) -> Comparisons:
    """Genuine cosines that fall with a quality, one that knows nothing beside it."""
    random = np.random.default_rng(seed)
    same = np.arange(count) < count // 3
    quality = random.uniform(0, 100, count)
    cosine = np.where(same, quality / 100, 0.0) + random.normal(0, 0.08, count)
    return Comparisons(
        cosine,
        same,
        np.arange(count) // 10,
        np.where(quality < 50, "blur", ""),
        {"ours": quality, "blind": random.uniform(0, 1, count)},
    )


def test_a_good_quality_beats_a_blind_one_and_chance():
    found = discard(comparisons())
    ours, blind, chance, ideal = found.curves
    assert found.fmr <= 1e-3 and (found.same, found.other) == (200, 400)
    assert ideal.at <= ours.at < chance.at - 0.05
    assert ideal.mean <= ours.mean < chance.mean
    assert abs(blind.at - chance.at) < 0.05
    assert ours.at_range[0] <= ours.at <= ours.at_range[1]
    kinds = {kind.defect: kind for kind in found.kinds}
    assert kinds["blur"].fnmr > kinds[""].fnmr and kinds["blur"].kept < kinds[""].kept == 1


def test_a_copy_is_compared_with_the_other_photo_as_it_is():
    def sample(photo: str, defect: str, quality: float) -> Sample:
        return Sample(photo, defect, np.array([1, 0], np.float32), {"ours": quality})

    samples = [sample("a", "", 90), sample("a", "blur", 20), sample("b", "", 80)]
    rows = compare([Pair("a", "b", True), Pair("a", "gone", False)], samples)
    assert rows.defect.tolist() == ["", "blur"]
    assert rows.qualities["ours"].tolist() == [80, 20]
    unknown = [*samples[:2], sample("b", "", float("nan"))]
    assert compare([Pair("a", "b", True)], unknown).qualities["ours"].tolist() == [-np.inf] * 2
