"""The event loop goes before the work, so that pages and health checks answer under full load."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from typing import Final

SWITCH_S: Final = 0.0005
"""How long the event loop waits at most for the interpreter's lock while a thread computes in
Python; ten times as long by default, and one answer takes the lock several times."""

NICENESS: Final = 5
"""Added to that of this process's start."""

_stepped = threading.local()


def let_loop_in() -> None:
    """For the whole process: threads hand over the interpreter's lock sooner."""
    sys.setswitchinterval(SWITCH_S)


def step_back() -> None:
    """Let this thread, and those it starts from now on, yield the processor to the event loop.

    On Linux alone is niceness a thread's own. What is left over they get all the same.
    """
    if sys.platform != "linux" or getattr(_stepped, "done", False):
        return
    _stepped.done = True
    me = threading.get_native_id()
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, me, os.getpriority(os.PRIO_PROCESS, os.getpid()) + NICENESS)
