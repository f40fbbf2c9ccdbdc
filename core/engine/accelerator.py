"""What networks run on: ONNX Runtime's execution providers, with the processor as fallback.

Each accelerator needs a build of ONNX Runtime that has its provider (``onnxruntime-gpu``,
``onnxruntime-openvino``; the one for macOS has Core ML). Where the installed build has not, or
where the provider cannot start on this machine, the processor takes over and the log says so.
"""

from __future__ import annotations

import logging
from typing import Any

from core.settings import Accelerator

CPU = "CPUExecutionProvider"
PROVIDERS: dict[Accelerator, str] = {
    "cpu": CPU,
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
_NAMES = {provider: name for name, provider in PROVIDERS.items()}
_log = logging.getLogger(__name__)


def providers_for(accelerator: Accelerator, available: list[str]) -> list[str]:
    """ONNX Runtime's providers in the order in which they are to be tried.

    Args:
        accelerator: what is asked for.
        available: the providers of the installed build.
    """
    wanted = PROVIDERS[accelerator]
    if wanted == CPU:
        return [CPU]
    if wanted in available:
        return [wanted, CPU]
    _log.warning(
        "FACEDESK_ACCELERATOR is %s, but the installed onnxruntime has no %s; "
        "the networks run on the processor",
        accelerator,
        wanted,
    )
    return [CPU]


def runs_on(session: Any) -> Accelerator:
    """What an open onnxruntime session runs on: its first provider is the one that started."""
    return _NAMES.get(session.get_providers()[0], "cpu")
