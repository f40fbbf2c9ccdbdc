"""Housekeeping: kept photos past their time go, at the start and once a day, off everyone's way."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from core.errors import FaceDeskError
from core.gallery.records import Actor
from core.gallery.store import Gallery

DAY_SECONDS = 24 * 3600.0
MINUTE_SECONDS = 60.0
PAUSE_SECONDS = 0.2
"""Between two batches, so that people's changes get their turn."""

log = logging.getLogger("facedesk")


def purge_old(
    gallery: Gallery,
    keep_days: int,
    actor: Actor,
    progress: Callable[[int], object] = lambda photos: None,
) -> int:
    """Delete photos that were superseded more than ``keep_days`` ago; returns how many.

    Raises NotReady.
    """
    before = datetime.now(timezone.utc) - timedelta(days=keep_days)
    total = 0
    for photos in gallery.purge(before, actor):
        total += photos
        progress(photos)
    return total


class Keeper:
    """A thread that purges once a day, and each minute forgets what was erased meanwhile.

    Args:
        gallery: whose.
        keep_days: how long superseded photos stay.
        forget: called once a minute, to drop from memory whom another process erased.
        also: called with each purge, for what else is kept for a time only.
    """

    def __init__(
        self,
        gallery: Gallery,
        keep_days: int,
        forget: Callable[[], object] = lambda: None,
        also: Callable[[], object] = lambda: None,
    ) -> None:
        self._gallery = gallery
        self._keep_days = keep_days
        self._forget = forget
        self._also = also
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin; the first purge is at once."""
        self._thread.start()

    def stop(self) -> None:
        """End after the batch at hand, and wait for that."""
        self._stopped.set()
        self._thread.join()

    def tidy(self) -> None:
        """One round: purge, wipe. Trouble is logged; the next round tries again."""
        try:
            actor = Actor(source="keeper")
            count = purge_old(self._gallery, self._keep_days, actor, self._pause)
            self._gallery.finish_erasing()
            self._also()
        except FaceDeskError as error:
            log.warning("purge not done message=%s", error.message)
        else:
            if count:
                log.info("purged photos=%d keep_days=%d", count, self._keep_days)

    def _run(self) -> None:
        minutes = 0.0
        while not self._stopped.is_set():
            if minutes <= 0:
                self.tidy()
                minutes = DAY_SECONDS / MINUTE_SECONDS
            self._forget_erased()
            self._stopped.wait(MINUTE_SECONDS)
            minutes -= 1

    def _forget_erased(self) -> None:
        try:
            self._forget()
        except FaceDeskError as error:
            log.warning("memory not in step message=%s", error.message)
        if self._gallery.database.traces_left:
            self._gallery.finish_erasing()

    def _pause(self, _photos: int) -> None:
        if self._stopped.wait(PAUSE_SECONDS):
            raise FaceDeskError("The server stops.")
