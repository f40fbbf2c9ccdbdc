"""Batches and roles: what each is offered, and that a role counts at the moment of the change."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.batch.checking import check_batch
from core.batch.shelf import shelf_of
from core.batch.sources import caps_of
from core.batch.zip_source import ZipSource
from core.desk import Desk
from core.gallery.records import Actor
from tests.batch.material import zip_of
from tests.desk.conftest import Snapshot
from tests.page_access.conftest import Open
from tests.page_access.test_page_access import buttons, press, shown
from tests.web.material import refusal_rows


@pytest.fixture
def batch_id(closed: Desk, pictures: dict[str, bytes]) -> str:
    """001's own new photo, and somebody else's for 002."""
    files = [("001_1.jpg", pictures["jing"]), ("002.jpg", pictures["fang"])]
    source = ZipSource(io.BytesIO(zip_of(files)), "new.zip", caps_of(closed.settings))
    return check_batch(closed, shelf_of(closed), source, "high", "op")


def opened(open_page: Open, role: str, batch_id: str, **state: object) -> AppTest:
    at = open_page("batch", role, **state)
    at.query_params["batch"] = batch_id
    at.run()
    assert not at.exception, at.exception
    return at


def test_a_viewer_sees_and_may_not(open_page: Open, batch_id: str) -> None:
    at = opened(open_page, "viewer", batch_id)
    found = buttons(at)
    assert not found["batch_run"] and not found["batch_discard"]
    assert "it takes: operator" in shown(at)
    assert not buttons(open_page("batch", "viewer"))["batch_check"]


@pytest.mark.parametrize(("role", "may"), [("operator", False), ("admin", True)])
def test_objections_and_level_no_are_an_admins(
    open_page: Open, batch_id: str, role: str, may: bool
) -> None:
    at = opened(open_page, role, batch_id)
    assert buttons(at)["batch_run"]
    (box,) = at.multiselect
    assert box.disabled is not may
    state = {f"batch_level_{batch_id}": "no"}
    assert buttons(opened(open_page, role, batch_id, **state))["batch_run"] is may


@pytest.mark.parametrize("key", ["batch_run", "batch_discard"])
def test_a_role_counts_at_the_moment_of_the_change(
    closed: Desk, open_page: Open, batch_id: str, key: str, snapshot: Callable[[], Snapshot]
) -> None:
    at = opened(open_page, "operator", batch_id)
    closed.gallery.set_role("operator", "viewer", Actor())
    before = snapshot()
    press(at, key)
    assert snapshot() == before
    assert refusal_rows(closed)[0][:3] == ("replace", 40300, "operator")
    assert shelf_of(closed).open(batch_id).load().state == "checked"


def test_a_stranger_reads_no_batch(open_page: Open, batch_id: str) -> None:
    at = open_page("batch")
    at.query_params["batch"] = batch_id
    at.run()
    assert batch_id not in shown(at) and not at.toggle


@pytest.mark.parametrize(("role", "may"), [("viewer", False), ("operator", True)])
def test_who_may_stop_a_run(
    closed: Desk, open_page: Open, batch_id: str, role: str, may: bool
) -> None:
    go = threading.Event()
    job = closed.jobs.start(f"batch-{batch_id}", lambda _job: go.wait(30))
    try:
        at = opened(open_page, role, batch_id)
        assert (f"cancel_batch-{batch_id}" in buttons(at)) is may
    finally:
        go.set()
        job.wait(30)
