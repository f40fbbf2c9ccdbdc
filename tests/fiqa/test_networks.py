"""Measures from optional networks: which one counts, what is listed, and never a false pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from core.engine.base import PointLayout
from core.engine.mean_shape import mean_shape_68
from core.engine.quality_models import open_models
from core.fiqa.examine import examine
from core.fiqa.landmarks import MAPS
from core.fiqa.measures import MEASURERS, Measurer
from core.fiqa.networks import enlarged_box, network_measurers
from core.fiqa.policy import Policy
from core.fiqa.report import LIVENESS, Report
from tests.engine.weight_free_pack import write_answer
from tests.fiqa.synthetic import face_at, flat, posed, textured

FILES = {
    "pose": ("fsanet-a.onnx", 64),
    "pose2": ("fsanet-b.onnx", 64),
    "lightqnet": ("lightqnet.onnx", 96),
    "ediffiqa": ("ediffiqa_tiny.onnx", 112),
    "live": ("2.7_80x80_MiniFASNetV2.onnx", 80),
    "live4": ("4_0_0_80x80_MiniFASNetV1SE.onnx", 80),
    "points106": ("2d106_fake.onnx", 192),
    "points68": ("1k3d68_fake.onnx", 192),
}


def networks(folder: Path, **answers: Sequence[float]) -> tuple[Measurer, ...]:
    for key, answer in answers.items():
        name, side = FILES[key]
        write_answer(folder / name, side, answer)
    models = open_models(folder, folder, 1)
    assert len(models) == len(answers)
    return (*MEASURERS, *network_measurers(models))


def judged(policy: Policy, measurers: Sequence[Measurer], face=None) -> Report:
    return examine(textured(), 1.0, [face or face_at()], 0, policy, measurers)


def test_the_network_counts_and_both_poses_are_listed(policy: Policy, tmp_path: Path):
    measurers = networks(tmp_path, pose=[-40, 6, 2], pose2=[-20, 4, 0])
    item = judged(policy, measurers).item("headpose")
    assert item.verdicts["high"] == "fail"
    assert "turned 30° to the person's left" in item.text_at("high").en
    yaws = [m for m in item.measures if m.name == "HeadPoseYaw"]
    assert [(m.source, m.model, round(m.native)) for m in yaws] == [
        ("model", "FSANet", 30),
        ("ofiq", "", 0),
    ]
    angles = {m.name: round(m.native, 3) for m in item.measures if m.model}
    # FSANet's 5 degrees, the other way round, from where its level heads look.
    assert angles == {
        "HeadPoseSum": 41.5,
        "HeadPoseYaw": 30,
        "HeadPosePitch": -10.5,
        "HeadRaised": 10.5,
        "HeadPoseRoll": -1,
    }


@pytest.mark.parametrize("roll", [-170, -90, -40, 0, 40, 90, 179])
def test_the_face_is_turned_upright_for_the_network(policy: Policy, tmp_path: Path, roll: int):
    measurers = networks(tmp_path, pose=[0, 0, 0])
    report = judged(policy, measurers, posed(0, 0, roll, PointLayout.FIVE))
    assert report.measure("HeadPoseRoll").native == pytest.approx(roll, abs=0.5)


def test_the_eye_distance_follows_the_networks_yaw(policy: Policy, tmp_path: Path):
    plain = judged(policy, MEASURERS).measure("InterEyeDistance").native
    turned = judged(policy, networks(tmp_path, pose=[60, 0, 0])).measure("InterEyeDistance").native
    assert turned == pytest.approx(2 * plain, rel=0.01)
    beyond = judged(policy, networks(tmp_path, pose=[80, 0, 0])).measure("InterEyeDistance")
    assert (beyond.native, beyond.score) == (None, -1)


def test_learned_quality_is_the_overall(policy: Policy, tmp_path: Path):
    report = judged(policy, networks(tmp_path, lightqnet=[0.6]))
    assert (report.overall, report.overall_source) == (100, "model")
    assert report.item("unified").verdicts["high"] == "pass"
    report = judged(policy, networks(tmp_path, lightqnet=[0.50]))
    assert report.item("unified").blocked == ("high",)
    assert 50 <= report.overall < 75
    assert "learned quality 0.50, high needs 0.52" in report.item("unified").text_at("high").en


def test_ediffiqa_is_preferred_and_both_are_listed(policy: Policy, tmp_path: Path):
    report = judged(policy, networks(tmp_path, lightqnet=[0.1], ediffiqa=[0.75]))
    item = report.item("unified")
    assert item.verdicts["high"] == "pass" and report.overall == 100
    assert [m.name for m in item.measures] == ["EDifFIQAQuality", "LightQNetQuality"]
    report = judged(policy, networks(tmp_path, lightqnet=[0.6], ediffiqa=[0.4]))
    assert report.item("unified").blocked == ("normal", "high")


def test_the_overall_never_contradicts_the_level(policy: Policy, tmp_path: Path):
    measurers = networks(tmp_path, ediffiqa=[0.99])
    bands = ((0.7, "no", 0, 24), (0.9, "low", 25, 49), (1.2, "normal", 50, 74))
    for zoom, best, at_least, at_most in bands:
        report = judged(policy, measurers, face_at(zoom))
        assert report.best_level == best and at_least <= report.overall <= at_most


@pytest.mark.parametrize("answer", [[-2.0, 3.0, 0.0], [5.0, -5.0, 5.0]])
def test_liveness_is_shown_and_decides_nothing(policy: Policy, tmp_path: Path, answer):
    report = judged(policy, networks(tmp_path, live=answer, live4=answer))
    real = math.exp(answer[1]) / sum(math.exp(v) for v in answer)
    measure = report.measure(LIVENESS)
    assert measure.native == pytest.approx(real, abs=1e-5)
    assert measure.score == round(100 * real) and measure.model == "MiniFASNet"
    assert report.best_level == "high"
    assert LIVENESS not in [m.name for item in report.items for m in item.measures]


NONSENSE = [math.nan, math.inf]


@pytest.mark.parametrize("bad", NONSENSE)
@pytest.mark.parametrize(
    ("key", "length", "item"),
    [("pose", 3, "headpose"), ("lightqnet", 1, "unified"), ("ediffiqa", 1, "unified")],
)
def test_nonsense_from_a_gating_network_is_not_assessed(
    policy: Policy, tmp_path: Path, caplog, key: str, length: int, item: str, bad: float
):
    report = judged(policy, networks(tmp_path, **{key: [bad] * length}))
    for level in ("low", "normal", "high"):
        assert report.item(item).verdicts[level] == "not_assessed"
        assert not report.passes(level)
    assert report.passes("no") and report.overall == -1
    assert "could not be measured" in report.item(item).text.en
    assert "quality model gave no answer" in caplog.text


def test_nonsense_from_a_network_that_only_shows_stops_nothing(policy: Policy, tmp_path: Path):
    measurers = networks(tmp_path, live=[math.nan] * 3, points106=[math.nan] * 212)
    report = judged(policy, measurers)
    assert report.best_level == "high"
    assert report.measure(LIVENESS).score == -1
    assert set(report.item("eyes").verdicts.values()) == {"not_assessed"}
    assert "could not be measured" in report.item("eyes").text.en


def points106(lids: float) -> list[float]:
    """-1..1 as the network answers them, for a frontal face in the middle of its crop."""
    where, xy = MAPS[106], np.zeros((106, 2))
    for pairs, x in zip(where.lids, (-0.2, 0.2), strict=True):
        for upper, lower in pairs:
            xy[upper], xy[lower] = (x, -0.2 - lids / 2), (x, -0.2 + lids / 2)
    for (outer, inner), x in zip(where.eyes, (-0.2, 0.2), strict=True):
        xy[outer], xy[inner] = (x - 0.1, -0.2), (x + 0.1, -0.2)
    for upper, lower in where.lips:
        xy[upper], xy[lower] = (0, 0.199), (0, 0.201)
    xy[where.chin] = 0, 0.4
    return xy.ravel().tolist()


def test_106_points_judge_the_eyes_by_advice_only(policy: Policy, tmp_path: Path):
    report = judged(policy, networks(tmp_path, points106=points106(0.05)))
    assert report.item("eyes").verdicts["high"] == "pass"
    assert report.item("eyes").text.en == "both eyes are open"
    report = judged(policy, networks(tmp_path, points106=points106(0.005)))
    item = report.item("eyes")
    assert item.verdicts == {"no": "pass", "low": "advice", "normal": "advice", "high": "advice"}
    assert report.passes("high") and item in report.advice("high")


def test_106_points_are_where_the_crop_was(policy: Policy, tmp_path: Path):
    face = face_at()
    report = judged(policy, networks(tmp_path, points106=points106(0.05)), face)
    # The crop is 1.5 times the longer side; the chin lies .6 of its half below the eyes.
    t = 0.6 * max(face.size_wh) * 1.5 / 2
    middle_y = float(face.box_xyxy[[1, 3]].mean()) - t / 3
    assert report.measure("HeadSize").native == pytest.approx(t / 400, abs=1e-3)
    above = report.measure("MarginAboveOfTheFaceImage")
    assert above.native == pytest.approx(middle_y / t, abs=1e-2)
    assert (above.source, above.model) == ("ofiq", "2d106det")
    assert "HeadSize" in [m.name for m in report.item("face_size").measures]


def test_68_points_give_the_pose_where_no_fsanet_is(policy: Policy, tmp_path: Path):
    shape = mean_shape_68() * 0.5
    answer = np.vstack([np.zeros((1103 - 68, 3), np.float32), shape]).ravel().tolist()
    report = judged(policy, networks(tmp_path, points68=answer))
    yaw = report.measure("HeadPoseYaw")
    assert (yaw.source, yaw.model) == ("model", "1k3d68") and abs(yaw.native) < 0.5
    assert report.measure("EyesOpen").model == "1k3d68"
    report = judged(policy, networks(tmp_path, points68=answer, pose=[33, 0, 0]))
    assert report.measure("HeadPoseYaw").model == "FSANet"


WRECKS = {
    "ten pixels": (textured(), face_at(0.09, 100, 100)),
    "black": (flat((0, 0, 0)), face_at()),
    "white": (flat((255, 255, 255)), face_at()),
    "grey": (flat((128, 128, 128)), face_at()),
    "far outside": (textured(), face_at(2.0, 5000, -900)),
    "corner": (textured(), face_at(2.0, 380, 390)),
    "larger than the photo": (textured(), face_at(40.0, -2000, -2000)),
    "one pixel": (textured()[:1, :1], face_at()),
    "one row": (textured()[:1], face_at()),
    "no box": (textured(), face_at(0.0, 100, 100)),
}


@pytest.mark.parametrize("name", WRECKS)
def test_wrecks_pass_through_the_real_networks(shared: Path, policy: Policy, name: str):
    pixels, face = WRECKS[name]
    models = open_models(shared / "models" / "permissive", None, 1)
    measurers = (*MEASURERS, *network_measurers(models))
    report = examine(pixels, 1.0, [face], 0, policy, measurers)
    assert report.passes("no") and not report.passes("high")
    for measure in report.measures:
        assert measure.native is None or math.isfinite(measure.native)
        assert -1 <= measure.score <= 100


def test_the_enlarged_box_stays_in_the_photo():
    pixels = np.arange(300 * 200 * 3, dtype=np.uint32).astype(np.uint8).reshape(200, 300, 3)
    for left, top in ((0, 0), (250, 150), (-40, -40), (120, 80)):
        crop = enlarged_box(pixels, face_at(0.5, left, top), 2.7, 80)
        assert crop is not None and crop.shape == (80, 80, 3)
    broken = face_at()
    broken.box_xyxy[0] = np.nan
    assert enlarged_box(pixels, broken, 2.7, 80) is None
