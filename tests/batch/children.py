"""What runs in a process that is killed in the middle of a batch."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from core.batch.records import Order
from core.batch.running import run_batch
from core.batch.shelf import shelf_of
from core.batch.undoing import undo_batch
from tests.batch.material import ADMIN, toy_desk


def run_until(file: Path, batch_id: str, step: str, times: int, undo: bool = False) -> None:
    """Run or undo a batch and die when this step of a transaction is reached so often."""
    left = times

    def die(reached: str) -> None:
        nonlocal left
        left -= reached == step
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    desk = toy_desk(file, seam=die)
    folder = shelf_of(desk).open(batch_id)
    if undo:
        undo_batch(desk, folder, ADMIN)
    else:
        run_batch(desk, folder, Order("no"), ADMIN)
