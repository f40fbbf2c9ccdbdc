"""Every row of the table, and six assertions for each of them.

The table began as a list of 116 bad inputs; the number in a row's name is the list's. Left out:
multipart (12, 14: no route takes it, 11 shows its refusal), a photo's path in the gallery (46,
50: registered photos lie in the database), content that needs real people (84, 88 yaw, 89, 92,
94, 96, 97) or a printed face (99), and what other suites do at length: two writers and kills (102,
105, 113: tests/crash), clocks (112), spoiled rows and keys (111: tests/gallery), pages (53, 114).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.errors import code_table
from tests.bad_inputs import (
    rows_codec,
    rows_content,
    rows_fields,
    rows_paths,
    rows_rights,
    rows_state,
    rows_transport,
)
from tests.bad_inputs.bench import NOBODY, Bench, Reply, Row
from tests.desk.conftest import state_of

SECTIONS = (rows_transport, rows_fields, rows_paths, rows_codec, rows_content, rows_state,
            rows_rights)  # fmt: skip
ROWS: list[Row] = [row for section in SECTIONS for row in section.ROWS]
BY_CODE = {error.code: error for error in code_table()}
FLOOR_S, NOISE_S = 2.0, 0.1
"""Beside the time of the processor: waits have an end. A loaded machine is no fault of a row's."""
PAIRS = 4
"""How often a row that took too long is measured again, each time beside a good request."""

MOST_MEMORY_MB = 100
TRACES = {"audit": (1, 0, 0), "line": (0, 1, 0), "nothing": (0, 0, 0), "unaudited": (0, 0, 1)}
"""Audit rows, lines of the security log, and refusals that the log had to take."""

LEAKS = ("Traceback", 'File "', "sqlite", "SELECT", "INSERT", "/etc/", "/tmp", "core/", "pydantic",
         "cv2", "PIL", "numpy", "Errno", "Exception", "<script>", "0x7f")  # fmt: skip


def files(folder: Path) -> set[str]:
    """What lies there, but for the database's own files and the folder that rows put things in."""
    every = {p.relative_to(folder).as_posix() for p in folder.rglob("*")}
    return {name for name in every if not name.startswith(("gallery.db", "allowed"))}


def memory_mb(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


def forget_peak() -> bool:
    """Whether the process's peak of memory begins anew; only Linux can tell."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def good_reply(bench: Bench) -> Reply:
    return bench.ask(bench.good(dry_run=True))


@dataclass(frozen=True, slots=True)
class Spent:
    """What a request took, s: by the clock, and of the processor by all threads."""

    clock: float
    cpu: float

    def is_within(self, row: Row, good: Spent) -> bool:
        return (
            self.cpu <= row.most_times * good.cpu + NOISE_S
            and self.clock <= row.most_times * good.cpu + FLOOR_S
        )


def timed(send: Callable[[], Reply]) -> tuple[Reply, Spent]:
    clock, cpu = time.perf_counter(), time.process_time()
    reply = send()
    return reply, Spent(time.perf_counter() - clock, time.process_time() - cpu)


def timed_good(bench: Bench) -> Spent:
    """What the accepted request takes when nothing of its photo is known yet."""
    bench.engine.forget()
    reply, spent = timed(lambda: good_reply(bench))
    assert reply.http == 200
    return spent


@pytest.fixture(scope="session")
def good(bench: Bench) -> Spent:
    good_reply(bench)
    return sorted((timed_good(bench) for _ in range(3)), key=lambda spent: spent.cpu)[1]


def deliver(row: Row, bench: Bench) -> tuple[Reply, Spent]:
    with pytest.MonkeyPatch.context() as patch:
        fault = row.prepare(bench, patch) if row.prepare else None
        with fault or nullcontext():
            return timed(lambda: row.send(bench))


def require_time(row: Row, bench: Bench, spent: Spent, good: Spent) -> None:
    """At most so many good requests (I5).

    What a processor gets done in a second depends on who shares it: a row that took longer than
    the good request of a quieter minute is measured again right after one.
    """
    pairs = [(spent, good)]
    while not spent.is_within(row, good):
        assert len(pairs) <= PAIRS, pairs
        good = timed_good(bench)
        _, spent = deliver(row, bench)
        pairs.append((spent, good))


def require_shape(row: Row, reply: Reply) -> None:
    """The one shape, with the code and its HTTP number, and nothing of what lies behind."""
    if reply is NOBODY:
        return
    assert list(reply.json) == ["error"] and set(reply.json["error"]) <= {
        "code", "message", "status", "details"}  # fmt: skip
    error = reply.json["error"]
    known = BY_CODE[error["code"]]
    assert error["code"] == row.code, error
    assert error["status"] == known.status and reply.http in (0, known.http)
    assert isinstance(error["message"], str) and error["message"] and "\n" not in error["message"]
    assert not [leak for leak in LEAKS if leak in reply.body.decode()]
    if reply.http in (429, 503):
        assert reply.headers["retry-after"]


def audited(bench: Bench) -> int:
    rows = bench.desk.gallery.audit_rows(1)
    return rows[0].id if rows else 0


def require_trace(row: Row, bench: Bench, before: int, log: pytest.LogCaptureFixture) -> None:
    """One audit row, or one line in the log; never both, never none."""
    lines = [r.getMessage() for r in log.records if r.name == "facedesk.security"]
    unaudited = [r for r in log.records if "refusal not" in r.getMessage()]
    assert not [line for line in lines if "\n" in line or "\r" in line]
    new = audited(bench) - before
    expected = TRACES[row.trace]
    assert (new, len(lines), len(unaudited)) == expected
    if new:
        entry = bench.desk.gallery.audit_rows(1)[0].entry
        assert entry.outcome == row.code
        assert entry.facts["status"] == BY_CODE[row.code].status


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_row(row: Row, bench: Bench, good: Spent, caplog: pytest.LogCaptureFixture) -> None:
    folder = bench.desk.settings.data
    if row.prime:
        row.prime(bench)
    before, lying, rows = state_of(bench.desk), files(folder), audited(bench)
    caplog.clear()
    measured = forget_peak()
    memory = memory_mb("VmRSS") if measured else 0.0
    reply, spent = deliver(row, bench)
    grown = memory_mb("VmHWM") - memory if measured else 0.0
    require_trace(row, bench, rows, caplog)  # I3
    assert state_of(bench.desk) == before  # I1; accepted rows are rehearsals or repeats
    assert files(folder) == lying  # I2
    if row.code:
        require_shape(row, reply)  # I4
    else:
        assert "error" not in reply.json, reply.json
    assert row.says in reply.body.decode()
    assert grown <= MOST_MEMORY_MB
    require_time(row, bench, spent, good)  # I5
    assert good_reply(bench).http == 200  # I6


def test_the_table_is_long_enough_and_names_each_row_once() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS) >= 110
