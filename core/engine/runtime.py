"""The one room for ONNX Runtime: options, sessions, file hashes, and its errors in plain words.

``ORT_DISABLE_TELEMETRY`` has to be set before onnxruntime is imported for the first time, so
every other file that needs a session, or insightface, which imports onnxruntime itself, comes
through here.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.engine import graph
from core.engine.accelerator import providers_for
from core.errors import NotReady
from core.settings import Accelerator

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

_ERRORS_ONLY = 3  # onnxruntime's severity: 0 verbose, 1 info, 2 warning, 3 error, 4 fatal
_FATAL_ONLY = 4
_REWRITE_BELOW_BYTES = 64_000_000  # a rewrite is held in memory beside the session for a moment
_ONE_THREAD_BELOW_BYTES = 16_000_000
"""A network this small gains nothing from a second thread: that one is woken for every node, which
takes as long as half of the node's work. One thread leaves the other cores to other work
(docs/decisions/0036-one-thread-for-small-networks.md)."""


def load_onnxruntime() -> ModuleType:
    """The onnxruntime module, quiet. Raises NotReady when it is not installed."""
    try:
        import onnxruntime
    except ImportError as error:
        raise NotReady(
            "onnxruntime is not installed; install the requirements, or use the built-in engine "
            "(FACEDESK_ENGINE=dlib)."
        ) from error
    onnxruntime.set_default_logger_severity(_FATAL_ONLY)
    module: ModuleType = onnxruntime
    return module


def session_options(file: Path, threads: int) -> Any:
    """onnxruntime SessionOptions: up to ``threads`` for one run of the file's network, one run at a
    time, errors only. Raises OSError: no such file.
    """
    options = load_onnxruntime().SessionOptions()
    small = file.stat().st_size < _ONE_THREAD_BELOW_BYTES
    options.intra_op_num_threads = 1 if small else threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # Threads that spin between runs would take the cores from decoding and from other requests.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def providers(accelerator: Accelerator) -> list[str]:
    """The installed onnxruntime's providers to try for this accelerator, the processor last."""
    return providers_for(accelerator, load_onnxruntime().get_available_providers())


@lru_cache(maxsize=1)
def load_errors() -> tuple[type[Exception], ...]:
    """What loading a damaged or foreign model file raises, in onnxruntime and in libraries on top.

    onnxruntime's own errors share no base class; they are taken from its module.
    """
    load_onnxruntime()
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = tuple(
        kind
        for kind in vars(state).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    )
    return (*own, RuntimeError, ValueError, TypeError, OSError, AssertionError, IndexError)


def unreadable(file: Path, why: BaseException | None = None) -> NotReady:
    """The error for a model file that cannot be used; names the file and its pack, no path."""
    error = NotReady(
        f"The model file {file.name} of pack {file.parent.name} cannot be used; "
        "it is damaged or not the model its place asks for. Install the pack again."
    )
    error.__cause__ = why
    return error


@lru_cache(maxsize=64)
def _hash(path: str, size: int, mtime_ns: int) -> str:
    del size, mtime_ns  # part of the key only: a changed file is hashed again
    digest = hashlib.sha256()
    with Path(path).open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def file_sha256(file: Path) -> str:
    """Hexadecimal SHA-256 of a file, remembered until it changes. Raises NotReady if unreadable."""
    try:
        stat = file.stat()
        return _hash(str(file), stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise unreadable(file, error) from error


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """One ONNX model with one input, ready to run; safe to run from several threads.

    Attributes:
        session: onnxruntime's InferenceSession.
        input_name: name of its input.
        output_names: names of its outputs, in the model's order.
    """

    session: Any
    input_name: str
    output_names: tuple[str, ...]

    def run(self, blob: NDArray[Any]) -> Sequence[NDArray[Any]]:
        """Outputs for one input array, in the model's order."""
        outputs: Sequence[NDArray[Any]] = self.session.run(
            list(self.output_names), {self.input_name: np.ascontiguousarray(blob)}
        )
        return outputs


def open_session(file: Path, threads: int, accelerator: Accelerator = "cpu") -> Any:
    """An onnxruntime session of a model file, its PReLUs rewritten when that is worth it.

    Raises NotReady when the file is missing, damaged or not a model.
    """
    onnxruntime = load_onnxruntime()
    try:
        small = file.stat().st_size <= _REWRITE_BELOW_BYTES
        model = (graph.without_prelu(file) if small else None) or str(file)
        return onnxruntime.InferenceSession(
            model, sess_options=session_options(file, threads), providers=providers(accelerator)
        )
    except (*load_errors(), *graph.read_errors()) as error:
        raise unreadable(file, error) from error


def open_network(file: Path, threads: int, accelerator: Accelerator = "cpu") -> Network:
    """A model file as a Network. Raises NotReady when it cannot be used."""
    session = open_session(file, threads, accelerator)
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or not outputs:
        raise unreadable(file)
    return Network(session, inputs[0].name, tuple(o.name for o in outputs))
