"""Work done ahead in a few threads, its results taken in the order of the items.

So that one photo is decoded while the networks look at another and a third is being written; what
is written stays one after the other, in the hands of whoever takes the results.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(
    work: Callable[[Item], Result], items: Iterable[Item], workers: int
) -> Generator[tuple[Item, Future[Result]], None, None]:
    """Each item with the future of its work, in order.

    Items are taken one by one in the caller's thread, and never more than ``2 * workers`` of them
    are under way or done and waiting: memory does not grow with their number. Whoever stops early
    closes the iterator; what has not begun by then never does.
    """
    pool = ThreadPoolExecutor(workers, "ahead")
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    try:
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) >= 2 * workers:
                yield waiting.popleft()
        while waiting:
            yield waiting.popleft()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def workers_for(threads: int) -> int:
    """How many looks at once keep so many cores busy: one more than there are cores.

    The networks' own threads leave gaps, and hashing, reading and committing wait for the disk.
    """
    return threads + 1
