import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from core.engine import graph, runtime
from core.engine.accelerator import CPU, PROVIDERS, providers_for, runs_on
from core.errors import NotReady
from core.settings import Accelerator
from tests.engine.weight_free_pack import write_detector, write_head, write_prelu


def test_telemetry_is_off_before_onnxruntime_is_imported() -> None:
    code = (
        "import os, sys; import core.engine.runtime; "
        "assert 'onnxruntime' not in sys.modules; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    env = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "1"


@pytest.mark.parametrize("content", [b"", b"not a model at all", None])
def test_a_bad_file_is_not_ready_and_shows_no_path(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "model.onnx"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(NotReady, match=r"model\.onnx") as caught:
        runtime.open_network(file, 1)
    assert str(tmp_path) not in caught.value.message


def test_a_cut_off_file_is_not_ready(tmp_path: Path) -> None:
    file = tmp_path / "cut.onnx"
    write_head(file, 112, 128)
    file.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(NotReady):
        runtime.open_network(file, 1)


def test_hash_follows_the_file(tmp_path: Path) -> None:
    file = tmp_path / "x.bin"
    for content in (b"one", b"three"):
        file.write_bytes(content)
        assert runtime.file_sha256(file) == hashlib.sha256(content).hexdigest()
    with pytest.raises(NotReady):
        runtime.file_sha256(tmp_path / "none.bin")


def test_prelu_is_rewritten_and_answers_bit_by_bit_the_same(tmp_path: Path) -> None:
    file = tmp_path / "prelu.onnx"
    write_prelu(file)
    assert b"PRelu" in file.read_bytes()
    assert b"PRelu" not in (graph.without_prelu(file) or b"PRelu")
    plain = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    x = np.random.default_rng(1).normal(size=(1, 3, 4, 4)).astype(np.float32)
    x[0, 0, 0] = (0.0, -0.0, 3e38, 1e-45)
    assert np.array_equal(runtime.open_network(file, 1).run(x)[0], plain.run(None, {"x": x})[0])


def test_a_model_without_prelu_is_left_alone(tmp_path: Path) -> None:
    write_head(tmp_path / "h.onnx", 112, 128)
    assert graph.without_prelu(tmp_path / "h.onnx") is None


@pytest.mark.parametrize(
    ("size", "dimension", "recogniser"),
    [(112, 512, True), (112, 64, True), (112, 1, False), (96, 128, False), (192, 212, False)],
)
def test_a_recogniser_is_told_by_its_shapes(
    tmp_path: Path, size: int, dimension: int, recogniser: bool
) -> None:
    write_head(tmp_path / "h.onnx", size, dimension)
    shapes = graph.read_shapes(tmp_path / "h.onnx")
    assert shapes and graph.is_recogniser(shapes) is recogniser
    assert not graph.is_scrfd(shapes)


def test_a_detector_is_told_by_its_shapes(tmp_path: Path) -> None:
    write_detector(tmp_path / "d.onnx")
    shapes = graph.read_shapes(tmp_path / "d.onnx")
    assert shapes and graph.is_scrfd(shapes) and not graph.is_recogniser(shapes)


@pytest.mark.parametrize(("size_mb", "threads"), [(4, 1), (17, 3)])
def test_small_networks_run_in_one_thread(tmp_path: Path, size_mb: int, threads: int) -> None:
    with (tmp_path / "n.onnx").open("wb") as file:
        file.truncate(size_mb * 1_000_000)
    options = runtime.session_options(tmp_path / "n.onnx", 3)
    assert (options.intra_op_num_threads, options.log_severity_level) == (threads, 3)


@pytest.mark.parametrize(
    ("asked", "available", "tried"),
    [
        ("cpu", ["CUDAExecutionProvider", CPU], [CPU]),
        ("cuda", ["CUDAExecutionProvider", CPU], ["CUDAExecutionProvider", CPU]),
        ("openvino", ["OpenVINOExecutionProvider", CPU], ["OpenVINOExecutionProvider", CPU]),
        ("coreml", ["CoreMLExecutionProvider", CPU], ["CoreMLExecutionProvider", CPU]),
        ("cuda", [CPU], [CPU]),
    ],
)
def test_the_processor_is_the_last_resort(
    asked: Accelerator,
    available: list[str],
    tried: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert providers_for(asked, available) == tried
    assert ("run on the processor" in caplog.text) == (asked != "cpu" and tried == [CPU])


@pytest.mark.parametrize("asked", PROVIDERS)
def test_a_session_says_what_it_runs_on(tmp_path: Path, asked: Accelerator) -> None:
    write_head(tmp_path / "r.onnx", 112, 8)
    session = runtime.open_session(tmp_path / "r.onnx", 1, asked)
    available = runtime.load_onnxruntime().get_available_providers()
    assert runs_on(session) == (asked if PROVIDERS[asked] in available else "cpu")
