"""The desk with optional networks: answers name them, damaged ones are left out, bad photos."""

from __future__ import annotations

import base64
import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core.calls.perform import perform
from core.calls.table import BY_FUNCTION
from core.desk import Desk
from core.engine.backend_dlib import DlibEngine
from core.engine.quality_models import QualitySlot, open_models
from core.engine.slot import EngineSlot
from core.errors import FaceDeskError
from core.fiqa.policy import load_policy
from core.fiqa.report import LIVENESS
from core.gallery.records import Actor
from core.house import build_desk
from core.imaging import samples
from core.settings import Settings
from core.vision import Vision
from tests.engine.weight_free_pack import write_answer


@pytest.fixture
def open_desk(tmp_path: Path) -> Callable[[], Desk]:
    models = tmp_path / "models"
    models.mkdir()

    def make() -> Desk:
        return build_desk(
            Settings(_env_file=None, data=tmp_path, engine="dlib", models=models, threads=1)
        )

    (tmp_path / "models" / "README.md").write_text("none yet")
    return make


def judge(desk: Desk, jpeg: bytes) -> dict[str, Any]:
    request = {"image": base64.b64encode(jpeg).decode("ascii"), "fiqa_level": "high"}
    answer = perform(BY_FUNCTION["fiqa"], request, Actor(), lambda: desk)
    assert "error" not in answer, answer
    return answer


def test_answers_name_the_network(open_desk, tmp_path: Path, pictures: dict[str, bytes]):
    write_answer(tmp_path / "models" / "fsanet-a.onnx", 64, [30, 0, 0])
    write_answer(tmp_path / "models" / "2.7_80x80_MiniFASNetV2.onnx", 80, [0, 9, 0])
    fiqa = judge(open_desk(), pictures["jing"])["fiqa"]
    pose = next(item for item in fiqa["items"] if item["item"] == "headpose")
    assert pose["verdict"] == "fail" and "to the person's right" in pose["message"]
    assert [m["source"] for m in pose["measures"] if m["name"] == "HeadPoseYaw"] == [
        "model",
        "ofiq",
    ]
    assert fiqa["liveness"]["model"] == "MiniFASNet" and fiqa["liveness"]["score"] == 100
    assert "liveness" not in [item["item"] for item in fiqa["items"]]


def test_without_networks_there_is_no_liveness(open_desk, pictures: dict[str, bytes]):
    fiqa = judge(open_desk(), pictures["jing"])["fiqa"]
    assert "liveness" not in fiqa and fiqa["other_measures"] == []
    assert {"eyes", "unified", "occlusion"} == set(fiqa["not_assessed"])


def test_a_damaged_network_is_absent_and_the_desk_works(
    open_desk, tmp_path: Path, pictures: dict[str, bytes], caplog: pytest.LogCaptureFixture
):
    (tmp_path / "models" / "fsanet-a.onnx").write_bytes(b"damaged")
    write_answer(tmp_path / "models" / "lightqnet.onnx", 96, [0.6])
    with caplog.at_level(logging.WARNING, "facedesk"):
        fiqa = judge(open_desk(), pictures["jing"])["fiqa"]
    assert "left out file=fsanet-a.onnx" in caplog.text
    assert fiqa["overall_source"] == "model" and "unified" not in fiqa["not_assessed"]
    pose = next(item for item in fiqa["items"] if item["item"] == "headpose")
    assert {m.get("model") for m in pose["measures"]} == {None}


def test_nonsense_refuses_the_photo_and_writes_nothing(
    open_desk, tmp_path: Path, pictures: dict[str, bytes], caplog: pytest.LogCaptureFixture
):
    write_answer(tmp_path / "models" / "lightqnet.onnx", 96, [math.nan])
    desk = open_desk()
    request = {
        "identity_id": "1",
        "register_image": base64.b64encode(pictures["jing"]).decode("ascii"),
        "fiqa_level": "low",
    }
    answer = perform(BY_FUNCTION["create_identity"], request, Actor(), lambda: desk)
    assert answer["error"]["status"] == "LOW_QUALITY_ERROR"
    assert "unified: this could not be measured" in answer["error"]["message"]
    assert desk.gallery.count() == 0
    assert "no answer file=lightqnet.onnx problem=not finite" in caplog.text


@pytest.fixture(scope="module")
def vision(settings: Settings, shared: Path) -> Vision:
    engine = DlibEngine.load(settings.thread_count)
    folder = shared / "models" / "permissive"
    quality = QualitySlot(lambda: open_models(folder, None, 1))
    return Vision(settings, EngineSlot(lambda: engine), load_policy(None), quality)


def encoded(pixels: np.ndarray) -> bytes:
    done, data = cv2.imencode(".png", pixels)
    assert done
    return data.tobytes()


GOOD = samples.portrait(samples.PORTRAITS[0], 190, 2.6)


def test_16_bit_is_judged_as_8_bit(vision: Vision):
    report = vision.look(encoded(GOOD)).report
    wide = vision.look(encoded(GOOD.astype(np.uint16) * 257)).report
    for measure in report.measures:
        other = wide.measure(measure.name)
        assert other is not None and abs(other.score - measure.score) <= 1, measure.name


def test_a_grey_photo_is_judged_by_all(vision: Vision):
    report = vision.look(encoded(cv2.cvtColor(GOOD, cv2.COLOR_BGR2GRAY))).report
    assert report.item("face_color").verdicts["high"] == "advice"
    assert report.measure(LIVENESS).score >= 0
    assert report.item("unified").verdicts["low"] == "pass"


@pytest.mark.parametrize("level", [0, 255])
def test_black_and_white_show_no_face(vision: Vision, level: int):
    with pytest.raises(FaceDeskError, match="face"):
        vision.look(encoded(np.full((400, 400, 3), level, np.uint8)))
