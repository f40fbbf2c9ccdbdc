"""Long work beside the pages: with progress, remaining time and a way to stop it.

A page that starts a job may be closed; the job goes on and the next visitor sees it. Jobs live in
this process only: whatever must survive a restart keeps its own state where it belongs.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

from core.errors import FaceDeskError, ServerError, VersionConflict

log = logging.getLogger("facedesk")

State = Literal["running", "done", "failed", "cancelled"]


class JobCancelledError(Exception):
    """Raised inside a job's work by ``Job.step`` once it was asked to stop."""


class Job:
    """One piece of long work; may be read from any thread.

    Attributes:
        name: what it is, unique among what runs at the same time.
        state: running, done, failed (see ``error``) or cancelled.
        done, of: steps taken and steps in all; ``of`` is 0 until it is known.
        result: what the work gave back, once it is done.
        error: why it failed.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.state: State = "running"
        self.done = 0
        self.of = 0
        self.result: Any = None
        self.error: FaceDeskError | None = None
        self._began = time.monotonic()
        self._stepped = self._began
        self._cancel = threading.Event()
        self._ended = threading.Event()

    def step(self, done: int, of: int) -> None:
        """Say how far the work is, between two steps of it. Raises JobCancelledError."""
        if self._cancel.is_set():
            raise JobCancelledError
        self.done, self.of, self._stepped = done, of, time.monotonic()

    def cancel(self) -> None:
        """Ask the work to stop before its next step."""
        self._cancel.set()

    @property
    def running(self) -> bool:
        """Whether it is still at work."""
        return self.state == "running"

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return self.done / self.of if self.of else 0.0

    @property
    def remaining_s(self) -> float | None:
        """Seconds to go at the pace so far; None until a first step is done."""
        if not self.done or not self.of:
            return None
        return (self._stepped - self._began) / self.done * (self.of - self.done)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until it has ended; whether it has."""
        return self._ended.wait(timeout_s)

    def run(self, work: Callable[[Job], Any]) -> None:
        """Do the work here and now and keep its end; never raises."""
        try:
            self.result = work(self)
            self.state = "done"
        except JobCancelledError:
            self.state = "cancelled"
        except FaceDeskError as error:
            self.error, self.state = error, "failed"
        except Exception:
            log.exception("job failed name=%s", self.name)
            self.error, self.state = ServerError(), "failed"
        finally:
            self._ended.set()
            log.info("job ended name=%s state=%s done=%d of=%d", *self._said())

    def _said(self) -> tuple[str, str, int, int]:
        return self.name, self.state, self.done, self.of


class Jobs:
    """The process's jobs by name: one of a name at a time, the last of each is remembered."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._done: dict[str, Job] = {}
        self._lock = threading.Lock()

    def start(self, name: str, work: Callable[[Job], Any]) -> Job:
        """Begin work in a thread of its own. Raises VersionConflict: one of the name is running."""
        with self._lock:
            before = self._jobs.get(name)
            if before is not None and before.running:
                raise VersionConflict("This is already running; wait for it or cancel it.")
            if before is not None and before.state == "done":
                self._done[name] = before
            job = self._jobs[name] = Job(name)
        threading.Thread(target=job.run, args=(work,), name=f"job-{name}", daemon=True).start()
        return job

    def get(self, name: str) -> Job | None:
        """The last job of this name, running or ended; None when there was none."""
        with self._lock:
            return self._jobs.get(name)

    def last_done(self, name: str) -> Job | None:
        """The last job of this name that came to its end; another may be running since."""
        with self._lock:
            job = self._jobs.get(name)
            return job if job is not None and job.state == "done" else self._done.get(name)

    def forget(self, name: str) -> None:
        """Drop an ended job's result, and the ones before it; a running one stays."""
        with self._lock:
            job = self._jobs.get(name)
            if job is not None and not job.running:
                del self._jobs[name]
                self._done.pop(name, None)
