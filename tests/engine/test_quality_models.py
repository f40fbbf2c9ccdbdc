"""Optional networks: found by name, opened by shape, left out when damaged, silent when wrong."""

from __future__ import annotations

import logging
import math
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.engine.backend_insightface import InsightFaceEngine
from core.engine.quality_files import RECIPES, find_optional, recipe_of
from core.engine.quality_models import QualitySlot, load_models, open_models
from core.engine.select import installed_packs, load_engine
from core.errors import NotReady
from core.settings import Settings
from tests.engine.weight_free_pack import write_answer, write_head, write_pack

GREY = np.full((64, 64, 3), 127, np.uint8)

NAMES = {
    "fsanet-1x1-iter-688590.onnx": "fsanet",
    "fsanet-var-iter-688590.onnx": "fsanet",
    "lightqnet-dm100.onnx": "lightqnet",
    "ediffiqa_tiny_jun2024.onnx": "ediffiqa",
    "2.7_80x80_MiniFASNetV2.onnx": "minifasnet",
    "4_0_0_80x80_MiniFASNetV1SE.onnx": "minifasnet",
    "2d106det.onnx": "points106",
    "1k3d68.onnx": "points68",
    "det_500m.onnx": None,
    "w600k_r50.onnx": None,
    "genderage.onnx": None,
    "face_detection_yunet_2023mar.onnx": None,
    "fsanet.txt": None,
}


@pytest.mark.parametrize(("name", "kind"), NAMES.items())
def test_files_are_known_by_name(name: str, kind: str | None) -> None:
    recipe = recipe_of(name)
    assert (recipe and recipe.kind) == kind


def test_they_are_found_in_the_folder_its_folders_and_the_pack(tmp_path: Path) -> None:
    for place in (
        "fsanet-a.onnx",
        "extra/fsanet-a.onnx",
        "extra/fsanet-b.onnx",
        ".x/fsanet-c.onnx",
    ):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_bytes(b"x")
    pack = write_pack(tmp_path / "pack")
    other = write_pack(tmp_path / "other")
    found = [(r.kind, str(f.relative_to(tmp_path))) for r, f in find_optional(tmp_path, pack)]
    assert found == [
        ("fsanet", "fsanet-a.onnx"),
        ("fsanet", "extra/fsanet-b.onnx"),
        ("points106", "pack/2d106_fake.onnx"),
        ("points68", "pack/1k3d68_fake.onnx"),
    ]
    # The landmarks of a pack that is not in use have a licence of their own: they stay unused.
    assert {r.kind for r, _ in find_optional(tmp_path, None)} == {"fsanet"}
    assert other.is_dir() and not list(find_optional(tmp_path / "nowhere", None))


def test_a_folder_of_optional_networks_is_no_pack(tmp_path: Path) -> None:
    write_answer(tmp_path / "fsanet-a.onnx", 64, [0, 0, 0])
    write_answer(tmp_path / "lightqnet.onnx", 96, [0.5])
    assert installed_packs(tmp_path) == ()


@pytest.mark.parametrize("kind", [r.kind for r in RECIPES])
def test_each_kind_runs(tmp_path: Path, kind: str) -> None:
    recipe = next(r for r in RECIPES if r.kind == kind)
    name = next(name for name, its in NAMES.items() if its == kind)
    write_head(tmp_path / name, recipe.side, recipe.answers)
    (model,) = open_models(tmp_path, tmp_path, 1)
    crop = np.random.default_rng(0).integers(0, 255, (recipe.side, recipe.side, 3), np.uint8)
    answer = model.answer(crop)
    assert answer.shape == (recipe.answers,) and answer.dtype == np.float32
    assert np.isfinite(answer).all() and np.array_equal(answer, model.answer(crop))


def test_the_largest_is_not_opened_where_it_is_needless(tmp_path: Path) -> None:
    pack = write_pack(tmp_path)
    assert {m.kind for m in open_models(tmp_path, pack, 1)} == {"points106", "points68"}
    write_answer(tmp_path / "fsanet-a.onnx", 64, [0, 0, 0])
    assert {m.kind for m in open_models(tmp_path, pack, 1)} == {"fsanet", "points106"}


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:150])


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _other_side(file: Path) -> None:
    write_answer(file, 32, [0, 0, 0])


def _other_length(file: Path) -> None:
    write_answer(file, 64, [0, 0])


@pytest.mark.parametrize("harm", [_cut, _empty, _other_side, _other_length])
def test_a_damaged_file_is_left_out_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, harm: Callable[[Path], None]
) -> None:
    write_answer(tmp_path / "lightqnet.onnx", 96, [0.5])
    harm(write_answer(tmp_path / "fsanet-a.onnx", 64, [0, 0, 0]))
    with caplog.at_level(logging.WARNING, "facedesk"):
        assert [m.kind for m in open_models(tmp_path, None, 1)] == ["lightqnet"]
    assert "left out file=fsanet-a.onnx" in caplog.text and str(tmp_path) not in caplog.text


@pytest.mark.parametrize("answer", [[math.nan, 1, 2], [0, math.inf, 0]])
def test_an_answer_that_is_no_number_is_nothing_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, answer: list[float]
) -> None:
    write_answer(tmp_path / "fsanet-a.onnx", 64, answer)
    (model,) = open_models(tmp_path, None, 1)
    with caplog.at_level(logging.WARNING, "facedesk"):
        assert np.isnan(model.answer(GREY)).all()
    assert "no answer file=fsanet-a.onnx problem=not finite" in caplog.text


@pytest.mark.parametrize("name", ["2d106_fake.onnx", "1k3d68_fake.onnx", "ediffiqa_tiny.onnx"])
def test_a_damaged_one_in_the_pack_does_not_stop_the_engine(tmp_path: Path, name: str) -> None:
    pack = write_pack(tmp_path / "pack")
    (pack / name).write_bytes(b"damaged")
    assert InsightFaceEngine.load(pack, 1).info.pack == "pack"


def test_the_settings_engine_decides_on_landmarks(
    tmp_path: Path, settings: Callable[..., Settings]
) -> None:
    write_pack(tmp_path / "models" / "mine")
    write_answer(tmp_path / "models" / "lightqnet.onnx", 96, [0.5])
    knobs = {"models": tmp_path / "models", "threads": 1}
    with_pack = {m.kind for m in load_models(settings(**knobs))}
    assert with_pack == {"lightqnet", "points106", "points68", "shape68"}
    assert {m.kind for m in load_models(settings(engine="dlib", **knobs))} == {"lightqnet"}
    assert {m.kind for m in load_models(settings(pack="absent", **knobs))} == {"lightqnet"}
    assert load_engine(settings(**knobs)).info.pack == "mine"


def test_the_slot_loads_once_in_the_background(tmp_path: Path) -> None:
    calls = []
    file = write_answer(tmp_path / "lightqnet.onnx", 96, [0.5])

    def load():
        calls.append(1)
        return open_models(file.parent, None, 1)

    slot = QualitySlot(load)
    slot.start()
    assert slot.get() is slot.get() and len(slot.get()) == 1 and calls == [1]
    assert QualitySlot().get() == ()


def test_the_slot_does_not_wait_for_ever() -> None:
    gate = threading.Event()
    slot = QualitySlot(lambda: (gate.wait(30), ())[1])
    with pytest.raises(NotReady, match="still loading"):
        slot.get(0.01)
    gate.set()
    assert slot.get() == ()


def test_the_real_files_open(shared: Path) -> None:
    models = open_models(shared / "models" / "permissive", None, 1)
    kinds = [m.kind for m in models]
    assert kinds == ["fsanet", "fsanet", "lightqnet", "minifasnet", "minifasnet"]


def test_a_copy_in_a_folder_of_its_own_is_found(tmp_path: Path, shared: Path) -> None:
    (tmp_path / "quality").mkdir()
    shutil.copy(shared / "models" / "permissive" / "lightqnet-dm100.onnx", tmp_path / "quality")
    assert [m.kind for m in open_models(tmp_path, None, 1)] == ["lightqnet"]


def test_whatever_is_wrong_with_them_costs_their_measures_only() -> None:
    slot = QualitySlot(lambda: 1 / 0)  # type: ignore[arg-type,return-value]
    assert slot.get() == () and slot.error is None
