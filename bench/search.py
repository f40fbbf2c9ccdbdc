"""Exact 1:N search in memory at size: load, memory, one query, and an update from elsewhere."""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.crowd import ENGINE, sqlite_gallery, vectors
from core.gallery.search import SearchMatrix
from core.gallery.store import Gallery

SIZES = (10_000, 100_000, 1_000_000)
DIMENSIONS = (128, 256, 512)
QUERY_TARGETS_MS = {100_000: 15.0, 1_000_000: 120.0}
LOAD_TARGETS_S = {100_000: 2.0}


@dataclass(frozen=True, slots=True)
class Measured:
    load_s: tuple[float, float]
    memory_mb: float
    query_ms: tuple[float, float, float]
    query_cpu_ms: float
    seen_ms: float


def report(rounds: int) -> list[str]:
    """A table; a target that is missed says so."""
    lines = [
        "### Exact search in memory",
        "",
        "Generated unit embeddings in a SQLite file, one photo a person; each row in a process of "
        f"its own. One query is `nearest(vector, 1)`: it asks for the change counter, compares "
        f"with every face and reads the name; median of {rounds} (fastest – 95th percentile). "
        "*CPU* is what this process used, on all cores together: on a busy machine it says more. "
        "*Seen* is how long after another process's commit a search here knows it.",
        "",
        "| faces | D | first load | its CPU | memory | one query | its CPU | target | seen |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for count in SIZES:
        for dimension in DIMENSIONS:
            command = [sys.executable, "-m", "bench.search", str(count), str(dimension)]
            done = subprocess.run(
                [*command, str(rounds)], capture_output=True, text=True, check=True
            )
            lines.append(done.stdout.strip())
            print(lines[-1], file=sys.stderr, flush=True)
    return lines


def measure(count: int, dimension: int, rounds: int) -> Measured:
    """Fill a gallery, load it as a server does, ask, change it from another process."""
    with sqlite_gallery(count, dimension) as (gallery, url):
        gc.collect()
        before = _resident_mb()
        matrix = SearchMatrix(gallery, ENGINE)
        start, spent = time.perf_counter(), time.process_time()
        assert len(matrix) == count
        load = time.perf_counter() - start, time.process_time() - spent
        memory = _resident_mb() - before
        times, spent = [], time.process_time()
        for query in vectors(rounds, dimension, seed=1):
            start = time.perf_counter()
            matrix.nearest(query, 1)
            times.append(1e3 * (time.perf_counter() - start))
        times.sort()
        spent = 1e3 * (time.process_time() - spent) / rounds
        spread = (median(times), times[0], times[int(0.95 * (len(times) - 1))])
        return Measured(load, memory, spread, spent, _seen_ms(matrix, url, dimension))


def _seen_ms(matrix: SearchMatrix, url: str, dimension: int) -> float:
    """Another process sets the first photo's embedding; until it is found here."""
    first = matrix.nearest(vectors(1, dimension, seed=0)[0], 1)[0].photo_id
    code = (
        "import sys, time; from bench.search import change_one;"
        "change_one(*sys.argv[1:3], int(sys.argv[3])); print(time.time())"
    )
    command = [sys.executable, "-c", code, url, first, str(dimension)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    query = vectors(1, dimension, seed=2**31)[0]
    while matrix.nearest(query, 1)[0].cosine < 0.999:
        assert child.poll() in (None, 0)
    seen = time.time()
    said, _ = child.communicate(timeout=60)
    return 1e3 * max(0.0, seen - float(said))


def change_one(url: str, photo_id: str, dimension: int) -> None:
    """What the other process does."""
    with Gallery.open(url, 10_000_000, 10) as gallery:
        gallery.reembed(photo_id, vectors(1, dimension, seed=2**31)[0], ENGINE)


def _resident_mb() -> float:
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def _row(count: int, dimension: int, found: Measured) -> str:
    middle, best, slow = found.query_ms
    verdicts = []
    if target := QUERY_TARGETS_MS.get(count):
        verdicts.append(f"{target:g} ms {'met' if middle <= target else '**missed**'}")
    if limit := LOAD_TARGETS_S.get(count):
        verdicts.append(f"load {limit:g} s {'met' if found.load_s[0] <= limit else '**missed**'}")
    return (
        f"| {count:,} | {dimension} | {found.load_s[0]:.2f} s | {found.load_s[1]:.2f} s "
        f"| {found.memory_mb:,.0f} MB | {middle:.1f} ms ({best:.1f}–{slow:.1f}) "
        f"| {found.query_cpu_ms:.1f} ms | {', '.join(verdicts) or '–'} "
        f"| {found.seen_ms:.0f} ms |"
    )


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]

    print(_row(numbers[0], numbers[1], measure(*numbers)))
