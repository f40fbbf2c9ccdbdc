"""Something that takes seconds to load, and gets ready in the background while the house opens."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from core.engine.base import Engine
from core.errors import FaceDeskError, NotReady

log = logging.getLogger("facedesk")

LOAD_TIMEOUT_S = 60.0

Thing = TypeVar("Thing")


class Slot(Generic[Thing]):
    """Loads in the background, once, and is waited for where it is needed.

    What stands in it is named by a subclass: ``name`` in the log, ``still`` and ``broken`` in
    sentences for people.

    Args:
        load: makes the thing; may take seconds, may raise FaceDeskError.
    """

    name: ClassVar[str]
    still: ClassVar[str]
    broken: ClassVar[str]

    def __init__(self, load: Callable[[], Thing]) -> None:
        self._load = load
        self._loaded: list[Thing] = []
        self._error: FaceDeskError | None = None
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to load, unless that was done before."""
        with self._lock:
            if self._thread is None:
                # No daemon: one that is cut off inside a native library ends the whole process
                # with SIGABRT. A command that is done sooner waits for it.
                self._thread = threading.Thread(target=self._run, name=self.name)
                self._thread.start()

    def _run(self) -> None:
        start = time.perf_counter()
        try:
            self._loaded.append(self._load())
            spent = time.perf_counter() - start
            log.info("%s ready %s seconds=%.2f", self.name, self.described(self._loaded[0]), spent)
        except FaceDeskError as error:
            self._error = error
            log.error("%s failed message=%s", self.name, error.message)
        finally:
            if not self._loaded and self._error is None:
                self._error = NotReady(self.broken)
            self._done.set()

    def described(self, thing: Thing) -> str:
        """What was loaded, for the log."""
        raise NotImplementedError

    @property
    def loading(self) -> bool:
        """Whether it is still on its way."""
        return not self._done.is_set()

    @property
    def error(self) -> FaceDeskError | None:
        """Why there is nothing, when it failed to load."""
        return self._error

    def get(self, timeout_s: float = LOAD_TIMEOUT_S) -> Thing:
        """What was loaded, waited for at most ``timeout_s`` seconds. Raises NotReady."""
        self.start()
        if not self._done.wait(timeout_s):
            raise NotReady(self.still)
        if self._error is not None:
            raise NotReady(self._error.message)
        return self._loaded[0]


class EngineSlot(Slot[Engine]):
    """The face engine."""

    name = "engine"
    still = "The face engine is still loading; try again in a few seconds."
    broken = "The face engine could not be loaded; see the server's log."

    def described(self, thing: Engine) -> str:
        """Its id."""
        return f"id={thing.info.engine_id}"
