"""A real server under load: requests a second, waiting times, a full queue, health, memory."""

from __future__ import annotations

import base64
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.http import Answer, Client, served
from bench.material import engine_settings
from bench.scenes import make_scenes, make_small
from core.desktop.server import Server

CALLERS = (1, 2, 4, 8)
HEALTH_MS = 50.0
FLAT_MB = 30.0
MEMORY_REQUESTS = 2000
PER_ROUND = 4
BURST = 48
UPDATE = "/sophon/v2/face/updateimage"
HEALTH = "/_stcore/health"

_PROBE = """
import http.client, json, select, sys, time
connection = http.client.HTTPConnection(sys.argv[1], timeout=30)
times = []
while not select.select([sys.stdin], [], [], 0.05)[0]:
    start = time.perf_counter()
    connection.request("GET", sys.argv[2])
    connection.getresponse().read()
    times.append((time.perf_counter() - start) * 1000)
print(json.dumps(times))
"""
"""Asks for health, until its input closes, from a process of its own: threads of this one would
wait for one another."""


@dataclass(frozen=True, slots=True)
class Load:
    """One number of callers: seconds it took, milliseconds of each request, of each probe."""

    callers: int
    seconds: float
    waits: list[float]
    probes: list[float]


class Person:
    """One caller: a connection, a person whose photo it replaces again and again."""

    def __init__(self, client: Client, name: str, photo: bytes) -> None:
        self.client = client
        self._fields = {
            "identity_id": name,
            "register_image": base64.b64encode(photo).decode("ascii"),
            "fiqa_level": "no",
            "duplicate_check": "off",
        }
        made = self.client.call("createidentity", self._fields)
        self._photo = made["identity"]["reg_pic_ids"][0]

    def replace(self) -> Answer:
        """One update_image. Refusals for want of room come back as they are."""
        body = json.dumps(self._fields | {"register_image_id": self._photo}).encode()
        answer = self.client.send(body, UPDATE)
        if answer.status == 200:
            self._photo = json.loads(answer.body)["identity"]["reg_pic_ids"][0]
        elif answer.status != 429:
            raise RuntimeError(f"{answer.status} {answer.body[:300]!r}")
        return answer


def report(rounds: int, requests: int = MEMORY_REQUESTS) -> list[str]:
    """Tables for the first engine there is: callers, the full queue, memory."""
    with tempfile.TemporaryDirectory() as folder:
        name, settings = next(engine_settings(Path(folder)))
        with served(settings) as server, ExitStack() as stack:
            clients = [stack.enter_context(Client(server.address)) for _ in range(max(CALLERS))]
            small = make_small()
            people = [Person(client, f"p{i}", small) for i, client in enumerate(clients)]
            _in_turn(people, 20)
            loads = [_load(server, people[:count], rounds * PER_ROUND) for count in CALLERS]
            lines = [f"### A server under load, {name}", "", *_callers(loads), ""]
            lines += [*_full_queue(server), ""]
            return [*lines, *_memory(server, people, requests)]


def _in_turn(people: list[Person], requests: int) -> list[float]:
    """So many replacements by all of them at once; milliseconds each."""
    turns = itertools.count()

    def work(person: Person) -> list[float]:
        waits = []
        while next(turns) < requests:
            start = time.perf_counter()
            if person.replace().status == 200:
                waits.append((time.perf_counter() - start) * 1000)
        return waits

    with ThreadPoolExecutor(len(people)) as pool:
        return [wait for waits in pool.map(work, people) for wait in waits]


def _load(server: Server, people: list[Person], requests: int) -> Load:
    """Do the work, and ask for health meanwhile."""
    place = server.address.removeprefix("http://")
    command = [sys.executable, "-c", _PROBE, place, HEALTH]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as probe:
        time.sleep(0.5)  # until it runs
        start = time.perf_counter()
        waits = _in_turn(people, requests)
        seconds = time.perf_counter() - start
        out, _ = probe.communicate()
    return Load(len(people), seconds, waits, json.loads(out))


def _callers(loads: list[Load]) -> list[str]:
    lines = [
        "Full `update_image` calls on photos of 640x480, each caller with a person of its own. "
        f"Health is asked for meanwhile, every 50 ms (target: 95 % below {HEALTH_MS:.0f} ms).",
        "",
        "| callers | requests a second | p50 ms | p95 ms | health p50 ms | p95 ms | target |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for load in loads:
        health = percentile(load.probes, 95)
        met = "met" if health < HEALTH_MS else "**missed**"
        lines.append(
            f"| {load.callers} | {len(load.waits) / load.seconds:.1f} "
            f"| {statistics.median(load.waits):.0f} | {percentile(load.waits, 95):.0f} "
            f"| {statistics.median(load.probes):.1f} | {health:.1f} | {met} |"
        )
    return lines


def percentile(values: list[float], share: int) -> float:
    """The value that ``share`` % of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]


def _full_queue(server: Server) -> list[str]:
    """A burst of large photos, far more than workers and queue hold."""
    photo = make_scenes()[0].data
    body = json.dumps({"image": base64.b64encode(photo).decode("ascii")}).encode()
    gate = threading.Barrier(BURST)

    def one(_: int) -> Answer:
        with Client(server.address) as client:
            gate.wait()
            return client.send(body, "/sophon/v2/face/search")

    with ThreadPoolExecutor(BURST) as pool:
        answers = list(pool.map(one, range(BURST)))
    full = [answer for answer in answers if answer.status == 429]
    done = sum(answer.status == 200 for answer in answers)
    waits = sorted({answer.headers.get("retry-after", "none") for answer in full})
    met = bool(full) and "none" not in waits and done + len(full) == BURST
    return [
        f"A burst of {BURST} searches with a 12 MP photo: {done} answered, {len(full)} refused "
        f"with 429, Retry-After {', '.join(waits) or 'never'}: {'met' if met else '**missed**'}.",
    ]


def _memory(server: Server, people: list[Person], requests: int) -> list[str]:
    """Resident memory before and after so many requests, after a warm-up of a tenth."""
    _in_turn(people, max(requests // 10, 1))
    before = resident_mb(server.process.pid)
    _in_turn(people, requests)
    after = resident_mb(server.process.pid)
    met = "met" if after - before <= FLAT_MB else "**missed**"
    return [
        f"Memory over {requests:,} replacements by {len(people)} callers: {before:.0f} MB before, "
        f"{after:.0f} MB after (target: at most {FLAT_MB:.0f} MB more): {met}.",
    ]


def resident_mb(pid: int) -> float:
    """Resident memory of a process (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("VmRSS is not known here")
