"""A FaceDesk of its own for the browser's tests; it ends when they end, however they end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import core.desktop.server
from core.errors import NotReady


@contextmanager
def serving(settings: dict[str, str], logs: Path) -> Iterator[str]:
    """A FaceDesk of its own while the block runs; gives its address."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FACEDESK_", "STREAMLIT_"))}
    log = logs / "server.log"
    try:
        with (
            log.open("wb") as lines,
            core.desktop.server.serving({**kept, **settings}, lines) as server,
        ):
            yield server.address
    except NotReady:
        tail = log.read_text(errors="replace").splitlines()[-30:]
        pytest.fail("the server did not start:\n" + "\n".join(tail))
