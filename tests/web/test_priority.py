"""The event loop goes before the work (what that gives: ``python -m bench serve``)."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient

from core.web import api
from core.web.priority import NICENESS, SWITCH_S, let_loop_in, step_back

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="niceness is the process's here")


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_a_thread_steps_back_once_and_takes_its_own_with_it() -> None:
    before = niceness()

    def work() -> list[int]:
        step_back()
        step_back()
        with ThreadPoolExecutor(1) as own:
            return [niceness(), own.submit(niceness).result()]

    with ThreadPoolExecutor(1) as pool:
        lowest = min(19, os.getpriority(os.PRIO_PROCESS, os.getpid()) + NICENESS)
        assert pool.submit(work).result() == [lowest, lowest]
    assert niceness() == before


def test_a_call_is_worked_on_behind_the_event_loop(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    perform = api.perform
    monkeypatch.setattr(api, "perform", lambda *a: found.append(niceness()) or perform(*a))
    client.post("/sophon/v2/face/getidentities", json={})
    assert found == [min(19, os.getpriority(os.PRIO_PROCESS, os.getpid()) + NICENESS)]


def test_threads_hand_over_the_interpreters_lock_sooner() -> None:
    before = sys.getswitchinterval()
    try:
        let_loop_in()
        assert sys.getswitchinterval() == pytest.approx(SWITCH_S)
    finally:
        sys.setswitchinterval(before)
