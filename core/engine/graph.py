"""ONNX graphs read without running them: shapes, and a rewrite that makes PReLU cheap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

Dims = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shapes:
    """Inputs' and outputs' shapes of a graph; a size that is not fixed is 0."""

    inputs: tuple[Dims, ...]
    outputs: tuple[Dims, ...]


@lru_cache(maxsize=1)
def read_errors() -> tuple[type[Exception], ...]:
    """What reading a damaged ONNX file raises."""
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    return (DecodeError, OSError, ValueError)


def _dims(value: Any) -> Dims:
    return tuple(int(d.dim_value) for d in value.type.tensor_type.shape.dim)


@lru_cache(maxsize=64)
def _shapes(path: str, size: int, mtime_ns: int) -> Shapes:
    del size, mtime_ns  # part of the key only
    import onnx

    graph = onnx.load_model(path, load_external_data=False).graph
    weights = {tensor.name for tensor in graph.initializer}
    inputs = tuple(_dims(v) for v in graph.input if v.name not in weights)
    return Shapes(inputs, tuple(_dims(v) for v in graph.output))


def read_shapes(file: Path) -> Shapes | None:
    """Shapes of an ONNX file's inputs and outputs, or None when it is not a readable model."""
    try:
        stat = file.stat()
        shapes = _shapes(str(file), stat.st_size, stat.st_mtime_ns)
    except read_errors():
        return None
    return shapes if shapes.inputs and shapes.outputs else None


def is_recogniser(shapes: Shapes) -> bool:
    """Whether it is ArcFace-shaped: one 112x112 colour picture in, one vector of >= 64 out.

    Quality models of the same input (eDifFIQA) answer one number, so the length tells them apart.
    """
    if len(shapes.inputs) != 1 or len(shapes.outputs) != 1:
        return False
    picture, vector = shapes.inputs[0], shapes.outputs[0]
    return (
        len(picture) == 4
        and picture[0] in (0, 1)
        and picture[1:] == (3, 112, 112)
        and len(vector) == 2
        and (vector[1] == 0 or vector[1] >= 64)
    )


def is_scrfd(shapes: Shapes) -> bool:
    """Whether it is SCRFD-shaped with five points: a colour picture in, 9 or 15 arrays out."""
    picture = shapes.inputs[0]
    return len(picture) == 4 and picture[1] == 3 and len(shapes.outputs) in (9, 15)


def without_prelu(file: Path) -> bytes | None:
    """The model with each PRelu as Relu, Sub, Mul, Add, serialised; None when it has none.

    For finite numbers ``x if x >= 0 else slope * x`` equals ``relu(x) + slope * (x - relu(x))``
    bit by bit, for one of the two terms is always zero; ONNX Runtime's CPU kernel of PRelu is the
    slower of both.
    Raises what ``read_errors`` lists.
    """
    import onnx

    model = onnx.load_model(str(file))
    opset = max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=0)
    kinds = [node.op_type for node in model.graph.node]
    if "PRelu" not in kinds or opset < 9:  # before 9 slopes broadcast by another rule
        return None
    nodes: list[Any] = []
    for node in model.graph.node:
        nodes.extend(_prelu_nodes(node) if node.op_type == "PRelu" else (node,))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    serialised: bytes = model.SerializeToString()
    return serialised


def _prelu_nodes(node: Any) -> tuple[Any, ...]:
    from onnx import helper

    (x, slope), (y,) = node.input, node.output
    positive, negative, scaled = (f"{y}/{part}" for part in ("positive", "negative", "scaled"))
    return (
        helper.make_node("Relu", [x], [positive]),
        helper.make_node("Sub", [x, positive], [negative]),
        helper.make_node("Mul", [negative, slope], [scaled]),
        helper.make_node("Add", [positive, scaled], [y]),
    )
