"""Work that another thread does meanwhile, when one is free."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Beside(Generic[T]):
    """A piece of work, perhaps begun in another thread. What comes out is the same either way.

    Args:
        threads: run it, when they are not busy.
        work: depends on nothing that changes meanwhile.
    """

    def __init__(self, threads: Executor, work: Callable[[], T]) -> None:
        self._threads, self._work = threads, work
        self._future: Future[T] | None = None

    def begin(self) -> None:
        """Have it done as soon as a thread is free."""
        self._future = self._threads.submit(self._work)

    def result(self) -> T:
        """What the work gives; raises what it raises. Call it once."""
        # What waits behind other photos is done here instead.
        if self._future is None or self._future.cancel():
            return self._work()
        return self._future.result()

    def drop(self) -> None:
        """Nobody needs it any more, unless it is being done already."""
        if self._future is not None:
            self._future.cancel()
