"""A FaceDesk of its own for the browser's tests; it ends when they end, however they end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import core.desktop.server
from core.errors import NotReady
from core.settings import ROOT


@contextmanager
def serving(settings: dict[str, str], logs: Path, port: int | None = None) -> Iterator[str]:
    """A FaceDesk of its own while the block runs; gives its address."""
    log = logs / "server.log"
    try:
        with (
            log.open("wb") as lines,
            core.desktop.server.serving(environment(settings), lines, port) as server,
        ):
            yield server.address
    except NotReady:
        tail = log.read_text(errors="replace").splitlines()[-30:]
        pytest.fail("the server did not start:\n" + "\n".join(tail))


def command(settings: dict[str, str], line: str, typed: str = "") -> None:
    """One of FaceDesk's commands, to its end."""
    words = [sys.executable, "-m", "core", *line.split()]
    env = environment(settings)
    subprocess.run(words, cwd=ROOT, env=env, input=typed, text=True, check=True, timeout=120)


def environment(settings: dict[str, str]) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FACEDESK_", "STREAMLIT_"))}
    return {**kept, **settings}
