"""The arithmetic of the measurements; what is measured takes too long for a test."""

import pytest

from bench import engines


@pytest.mark.parametrize(
    ("same", "different", "area"),
    [
        ([0.9, 0.8], [0.1, 0.2], 1.0),
        ([0.1], [0.9], 0.0),
        ([0.5], [0.5], 0.5),
        ([0.9, 0.1], [0.5], 0.5),
    ],
)
def test_area_under_curve(same: list[float], different: list[float], area: float) -> None:
    assert engines.area_under_curve(same, different) == area


def test_without_photos_nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "PEOPLE", engines.SHARED / "no such folder")
    assert "Not measured" in engines.report(1)[-1]
