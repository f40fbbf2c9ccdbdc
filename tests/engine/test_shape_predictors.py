"""dlib's predictors: which is used beside which engine, and what a damaged one costs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.engine import shape_predictors
from core.engine.select import InstalledPack
from core.engine.shape_predictors import open_predictors, wants_68
from core.settings import Settings

RESEARCH = InstalledPack("buffalo_l", Path("buffalo_l"), "insightface")
FREE = InstalledPack("opencv_zoo", Path("opencv_zoo"), "opencv")


@pytest.mark.parametrize(
    ("knob", "pack", "wanted"),
    [
        *(("auto", RESEARCH, True), ("auto", FREE, False), ("auto", None, False)),
        *(("on", RESEARCH, True), ("on", FREE, True), ("on", None, True)),
        *(("off", RESEARCH, False), ("off", FREE, False), ("off", None, False)),
    ],
)
def test_68_points_only_where_nothing_may_be_used_commercially_or_it_is_asked_for(
    settings: Callable[..., Settings], knob: str, pack: InstalledPack | None, wanted: bool
) -> None:
    assert wants_68(settings(landmarks=knob), pack) is wanted


@pytest.mark.parametrize(
    ("pack", "kinds", "opened"),
    [(FREE, (), ["shape5"]), (FREE, ("fsanet",), []), (RESEARCH, (), []), (None, (), [])],
)
def test_5_points_only_where_the_detectors_do_not_nod(
    settings: Callable[..., Settings],
    pack: InstalledPack | None,
    kinds: tuple[str, ...],
    opened: list[str],
) -> None:
    found = open_predictors(settings(landmarks="off"), pack, kinds)
    assert [model.kind for model in found] == opened
    for model in found:
        points = model.points(np.full((160, 160, 3), 127, np.uint8), (30, 30, 130, 130))
        assert points.shape == (5, 2) and points.dtype == np.float32


@pytest.mark.parametrize("knob", ["on", "off"])
def test_the_order_of_the_channels_is_all_one(settings: Callable[..., Settings], knob: str) -> None:
    """They are shown as BGR where dlib says RGB: it looks at their mean."""
    (model,) = open_predictors(settings(landmarks=knob), FREE, ())
    patch = np.random.default_rng(0).integers(0, 256, (160, 160, 3), np.uint8)
    other = np.ascontiguousarray(patch[:, :, ::-1])
    box = (30, 30, 130, 130)
    assert (model.points(patch, box) == model.points(other, box)).all()


def test_a_damaged_file_is_left_out_and_logged(
    tmp_path: Path,
    settings: Callable[..., Settings],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / shape_predictors.POINTS68_FILE).write_bytes(b"damaged")
    monkeypatch.setattr(shape_predictors, "models_folder", lambda: tmp_path)
    with caplog.at_level(logging.WARNING, "facedesk"):
        assert open_predictors(settings(landmarks="on"), FREE, ()) == ()
    for name in (shape_predictors.POINTS68_FILE, shape_predictors.POINTS_FILE):
        assert f"left out file={name}" in caplog.text
    assert str(tmp_path) not in caplog.text
