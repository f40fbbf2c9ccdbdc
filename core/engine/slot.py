"""A face engine that gets ready in the background while the house opens."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from core.engine.base import Engine
from core.errors import FaceDeskError, NotReady

log = logging.getLogger("facedesk")

LOAD_TIMEOUT_S = 60.0


class EngineSlot:
    """A face engine that loads in the background, once, and is waited for where it is needed.

    Args:
        load: makes the engine; may take seconds, may raise FaceDeskError.
    """

    def __init__(self, load: Callable[[], Engine]) -> None:
        self._load = load
        self._engine: Engine | None = None
        self._error: FaceDeskError | None = None
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to load, unless that was done before."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        start = time.perf_counter()
        try:
            self._engine = self._load()
            spent = time.perf_counter() - start
            log.info("engine ready id=%s seconds=%.2f", self._engine.info.engine_id, spent)
        except FaceDeskError as error:
            self._error = error
            log.error("engine failed message=%s", error.message)
        finally:
            if self._engine is None and self._error is None:
                self._error = NotReady("The face engine could not be loaded; see the server's log.")
            self._done.set()

    @property
    def loading(self) -> bool:
        """Whether the engine is still on its way."""
        return not self._done.is_set()

    @property
    def error(self) -> FaceDeskError | None:
        """Why there is no engine, when it failed to load."""
        return self._error

    def get(self, timeout_s: float = LOAD_TIMEOUT_S) -> Engine:
        """The engine, waited for at most ``timeout_s`` seconds. Raises NotReady."""
        self.start()
        if not self._done.wait(timeout_s):
            raise NotReady("The face engine is still loading; try again in a few seconds.")
        if self._engine is None:
            message = self._error.message if self._error else None
            raise NotReady(message)
        return self._engine
