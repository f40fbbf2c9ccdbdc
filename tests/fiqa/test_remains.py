"""Below the low limit: what a recogniser still makes of each defect."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fiqa.criteria import CRITERIA
from core.fiqa.finding import find
from core.fiqa.mapping import CURVES, scalar
from core.fiqa.policy import load_policy
from core.fiqa.remains import MINDS, REMAINS, what_remains
from core.fiqa.report import Measure

RULES = {rule.criterion.measure: rule for rule in load_policy().rules}


def measure(name: str, native: float | None, score: int = 0) -> Measure:
    return Measure(name, native, "", score, "ofiq")


def test_each_table_belongs_to_a_gating_measure_and_rises_along():
    assert set(REMAINS) <= {criterion.measure for criterion in CRITERIA}
    for name, points in REMAINS.items():
        natives = [native for native, _ in points]
        assert natives == sorted(set(natives)), name
        assert all(0 <= share <= 1 for _, share in points), name
        assert RULES[name].verdict == "fail", name


@pytest.mark.parametrize("engine", MINDS)
def test_each_engine_minds_each_defect_in_its_own_measure(engine: str):
    assert set(MINDS[engine]) <= set(REMAINS)
    for name, points in REMAINS.items():
        for native, share in points:
            own = what_remains(measure(name, native), engine)
            assert own == pytest.approx(share ** MINDS[engine].get(name, 1.0))
            assert 0 <= own <= 1


def test_the_engine_that_found_the_face_decides_how_bad_a_defect_is():
    """insightface's recogniser loses every second dark face, opencv's nearly none."""

    def stands(engine: str) -> float:
        dark = measure("LuminanceMean", 0.006)
        score = Measure("DetectionScore", 0.9, "", 90, "model", engine)
        found = find(RULES["LuminanceMean"], {"LuminanceMean": dark, "DetectionScore": score})
        assert found is not None and found.standing is not None
        return found.standing

    assert stands("opencv") > stands("insightface") == stands("") == stands("unheard of")


def test_unknown_measures_and_values_have_no_share():
    assert what_remains(measure("HeadPoseYaw", 50)) is None
    assert what_remains(measure("FaceSharpness", None, -1)) is None


@given(st.sampled_from(sorted(set(REMAINS) & set(CURVES))), st.floats(0, 8))
def test_what_misses_low_stands_below_it_and_what_meets_it_does_not(name: str, native: float):
    found = find(RULES[name], {name: measure(name, native, scalar(name, native))})
    assert found is not None and found.standing is not None
    assert (found.standing < 25) == ("low" in found.blocked)
    assert 0 <= found.standing <= 100


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (("UnderExposurePrevention", 1.0), ("OverExposurePrevention", 0.9)),
        (("FaceShortSide", 40.0), ("FaceSharpness", -3.2)),
        (("TemplateOutside", 45.0), ("LuminanceMean", 0.003)),
    ],
)
def test_defects_are_ordered_by_what_a_recogniser_minds(
    better: tuple[str, float], worse: tuple[str, float]
):
    shares = [what_remains(measure(*one)) for one in (better, worse)]
    assert shares[0] > shares[1]
