"""A model pack without weights: ONNX files of the shapes that insightface routes on.

The detector sees a face around each bright 32 px cell of its input; the recogniser is a fixed
random projection of the crop. Deterministic, tiny, nobody's licence.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

STRIDES = (8, 16, 32)
CELL = STRIDES[-1]
BOX = 4.0
"""Left, top, right and bottom edge of a face, in cells from the bright cell's corner."""
POINTS = (-1.5, -1, 1.5, -1, 0, 0, -1, 1.2, 1, 1.2)
"""Five points, x and y each, in cells from the bright cell's corner."""


def write_pack(folder: Path, dimension: int = 512, weight: float | None = None) -> Path:
    """A whole pack: detector, recogniser, two landmark models and an attribute model.

    ``weight`` replaces one of the recogniser's weights (nan), or all of them when it is 0.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_detector(folder / "det_fake.onnx")
    write_head(folder / "w_fake.onnx", 112, dimension, weight)
    write_head(folder / "2d106_fake.onnx", 192, 212)
    write_head(folder / "1k3d68_fake.onnx", 192, 3309)
    write_head(folder / "genderage_fake.onnx", 96, 3)
    return folder


def write_detector(file: Path) -> None:
    """SCRFD's contract: score, box and points, two anchors a cell, at three strides."""
    nodes = [helper.make_node("ReduceMean", ["input.1"], ["grey"], axes=[1], keepdims=1)]
    for stride in STRIDES:
        nodes += _level(stride)
    values = {
        "column": np.array([-1, 1], np.int64),
        "anchors": np.array([1, 2], np.int64),
        "zero": np.float32(0),
        "box": np.full((1, 4), BOX, np.float32),
        "points": np.array([POINTS], np.float32),
        # Only the coarsest level can fire: sigmoid(20 * brightness - 16).
        **{f"gain{s}": np.float32(20 if s == CELL else 0) for s in STRIDES},
        **{f"bias{s}": np.float32(-16 if s == CELL else -20) for s in STRIDES},
    }
    outputs = [
        helper.make_tensor_value_info(f"{name}{stride}", TensorProto.FLOAT, [f"n{stride}", size])
        for name, size in (("score", 1), ("box", 4), ("points", 10))
        for stride in STRIDES
    ]
    picture = helper.make_tensor_value_info("input.1", TensorProto.FLOAT, [1, 3, "h", "w"])
    _save(file, nodes, picture, outputs, values)


def _level(s: int) -> list[onnx.NodeProto]:
    node = helper.make_node
    return [
        node("AveragePool", ["grey"], [f"pool{s}"], kernel_shape=[s, s], strides=[s, s]),
        node("Reshape", [f"pool{s}", "column"], [f"flat{s}"]),
        node("Tile", [f"flat{s}", "anchors"], [f"tiled{s}"]),
        node("Reshape", [f"tiled{s}", "column"], [f"cells{s}"]),
        node("Mul", [f"cells{s}", f"gain{s}"], [f"scaled{s}"]),
        node("Add", [f"scaled{s}", f"bias{s}"], [f"logit{s}"]),
        node("Sigmoid", [f"logit{s}"], [f"score{s}"]),
        node("Mul", [f"score{s}", "zero"], [f"none{s}"]),
        node("Add", [f"none{s}", "box"], [f"box{s}"]),
        node("Add", [f"none{s}", "points"], [f"points{s}"]),
    ]


def write_head(file: Path, size: int, dimension: int, weight: float | None = None) -> None:
    """A square colour picture in, one vector out: a random projection of its 8x8 thumbnail."""
    weights = np.random.default_rng(size + dimension).normal(size=(192, dimension))
    if weight == 0:
        weights[:] = 0
    elif weight is not None:
        weights[0, 0] = weight
    node = helper.make_node
    nodes = [
        node("AveragePool", ["data"], ["p"], kernel_shape=[size // 8] * 2, strides=[size // 8] * 2),
        node("Reshape", ["p", "row"], ["f"]),
        node("MatMul", ["f", "w"], ["out"]),
    ]
    values = {"row": np.array([-1, 192], np.int64), "w": weights.astype(np.float32)}
    batch = "N" if size == 112 else 1
    picture = helper.make_tensor_value_info("data", TensorProto.FLOAT, [batch, 3, size, size])
    vector = helper.make_tensor_value_info("out", TensorProto.FLOAT, [batch, dimension])
    _save(file, nodes, picture, [vector], values)


def write_answer(file: Path, size: int, answer: Sequence[float], inner: int | None = None) -> Path:
    """A square colour picture in, always the same vector out; ``inner`` claims another length."""
    node = helper.make_node
    nodes = [
        node("ReduceMean", ["data"], ["mean"], axes=[1, 2, 3], keepdims=0),
        node("Reshape", ["mean", "column"], ["grey"]),
        node("Mul", ["grey", "zero"], ["none"]),
        node("Add", ["none", "answer"], ["out"]),
    ]
    values = {
        "column": np.array([-1, 1], np.int64),
        "zero": np.float32(0),
        "answer": np.array([answer], np.float32),
    }
    picture = helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, size, size])
    vector = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, inner or len(answer)])
    _save(file, nodes, picture, [vector], values)
    return file


def write_prelu(file: Path, slopes: tuple[float, ...] = (0.25, -0.5, 2.0)) -> None:
    """One PRelu with a slope a channel."""
    shape = [1, len(slopes), 4, 4]
    values = {"slope": np.array(slopes, np.float32).reshape(-1, 1, 1)}
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)
    _save(file, [helper.make_node("PRelu", ["x", "slope"], ["y"])], x, [y], values)


def _save(
    file: Path,
    nodes: list[onnx.NodeProto],
    picture: onnx.ValueInfoProto,
    outputs: list[onnx.ValueInfoProto],
    values: dict[str, np.ndarray],
) -> None:
    weights = [numpy_helper.from_array(np.asarray(v), name) for name, v in values.items()]
    graph = helper.make_graph(nodes, "weight-free", [picture], outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, str(file))
