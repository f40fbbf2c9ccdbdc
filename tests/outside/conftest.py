"""Processes behind a fence: what they ask other machines for is noted and fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.settings import ROOT

FENCE = Path(__file__).parent / "fence"


@dataclass(frozen=True, slots=True)
class Fence:
    """An environment for child processes, and the file of what they attempted."""

    env: dict[str, str]
    log: Path

    def run(self, *words: str, **knobs: str) -> subprocess.CompletedProcess[str]:
        """Python with these arguments, to its end."""
        return subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env={**self.env, **knobs},
            capture_output=True,
            text=True,
            timeout=300,
        )

    def attempts(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines()


def fenced(folder: Path, library: Path | None) -> Fence:
    log = folder / "attempts.txt"
    log.touch()
    env = {
        name: value
        for name, value in os.environ.items()
        # A proxy on this machine would be asked in the place of the far one; telemetry has to be
        # off by the program's own doing.
        if not name.startswith(("FACEDESK_", "STREAMLIT_", "ORT_"))
        and not name.lower().endswith("_proxy")
    }
    env |= {"FENCE_LOG": str(log), "PYTHONPATH": str(FENCE), "FACEDESK_DATA": str(folder / "data")}
    return Fence(env | ({"LD_PRELOAD": str(library)} if library else {}), log)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """The fence for compiled code, where there is a compiler for it."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    made = tmp_path_factory.mktemp("fence") / "fence.so"
    source = str(FENCE / "fence.c")
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", str(made), source, "-ldl"], check=True, timeout=60
    )
    return made


@pytest.fixture
def fence(tmp_path: Path, library: Path | None) -> Fence:
    return fenced(tmp_path, library)
