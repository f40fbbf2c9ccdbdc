"""What happens when the server starts: the desk opens in the background and the address is said."""

from __future__ import annotations

import logging
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from core.batch.shelf import shelf_of
from core.errors import FaceDeskError
from core.house import get_desk
from core.keeping import Keeper
from core.web.priority import let_loop_in, step_back

log = logging.getLogger("facedesk")


@asynccontextmanager
async def opened(_app: object) -> AsyncIterator[dict[str, Any]]:
    """Lifespan of the application: begin to open the desk and load the engine, wait for neither."""
    let_loop_in()
    threading.Thread(target=_open_desk, name="desk", daemon=True).start()
    yield {}


def _open_desk() -> None:
    step_back()  # the networks' threads, which are started from here, do as this one
    try:
        desk = get_desk()
    except FaceDeskError as error:
        log.error("desk not open message=%s", error.message)
    else:
        days = desk.settings.keep_days
        Keeper(desk.gallery, days, desk.follow, lambda: shelf_of(desk).tidy(days)).start()


def say_address(address: str, say: Callable[[str], None] = print) -> None:
    """Print the address as soon as it answers, from a thread of its own."""

    def wait() -> None:
        for _ in range(150):
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                    say(f"FaceDesk is at {address}")
                    return
            except (urllib.error.URLError, OSError):
                threading.Event().wait(0.1)

    threading.Thread(target=wait, name="address", daemon=True).start()
