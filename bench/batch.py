"""Batch and re-extraction: photos a second against the networks alone; memory over 1,000 photos.

The networks' own limit is what the same networks do with the same pixels, decoded beforehand, in
as many threads: no file, no quality report, no gallery. Re-extraction judges nothing: its limit is
without the quality networks. Interleaved, so that a busy machine slows
both sides; medians of the rounds.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

from bench.material import engine_settings
from bench.memory import rss_mb
from core.ahead import workers_for
from core.assessment import Look
from core.batch.checking import check_batch
from core.batch.records import Order
from core.batch.running import run_batch
from core.batch.shelf import shelf_of
from core.batch.sources import caps_of
from core.batch.zip_source import open_source
from core.desk import Desk, new_photo
from core.engine.finder import find_faces
from core.engine.level import levelled
from core.fiqa.networks import network_measurers
from core.fiqa.view import look as view_of
from core.gallery.records import Actor, AuditEntry, IdentityChange
from core.house import build_desk
from core.imaging import samples
from core.imaging.read import encode_jpeg
from core.reembedding import reembed
from core.settings import Settings

TARGET = 0.85
EACH, MEMORY_PHOTOS, GROWTH_MB = 28, 1000, 60
WHO = Actor(source="cli")
LIMITS = {"judging": "", "dry": "judging", "run": "judging", "seeing": "", "anew": "seeing"}
"""What is measured, and which of the networks' limits it is held against."""
_CHILD = """
import sys
from pathlib import Path
from bench.batch import walk
walk(sys.argv[1], Path(sys.argv[2]))
"""


class Spent(NamedTuple):
    """Seconds of one pass over the photos."""

    wall_s: float
    cpu_s: float


def report(rounds: int) -> list[str]:
    """Throughput of each engine, then memory of a process that runs a large batch."""
    lines = [
        f"### Batch and re-extraction, {EACH} portraits a round, {max(3, rounds // 6)} rounds",
        "",
        "Photos a second, CPU time a photo, and the ratio of the rates to the networks' alone.",
        "",
        "| engine | networks alone | dry run | run | without quality networks | re-extraction "
        f"| target ≥ {TARGET} |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, settings) in enumerate(engine_settings(Path(folder))):
            own = settings.model_copy(
                update={"data": Path(folder) / str(number), "duplicate_check": "off"}
            )
            lines.append(_throughput(name, own, max(3, rounds // 6)))
    return [*lines, "", *_memory()]


def photos() -> list[bytes]:
    """Portraits of some 100 kB, of the people whose pictures packages carry."""
    return [encode_jpeg(samples.portrait(face, 190, 2.6)) for face in samples.PORTRAITS]


def register(desk: Desk, count: int) -> list[Look]:
    """So many people with one photo each; the looks of the portraits, one after the other."""
    looks = [desk.vision.look(data) for data in photos()]
    stored = [new_photo(look, "no") for look in looks]
    for number, new in enumerate(islice(cycle(stored), count)):
        person = f"b{number:04}"
        entry = AuditEntry("create", identity_id=person, actor=WHO)
        desk.gallery.create_identity(person, IdentityChange(name=person), new, audit=entry)
    return looks


def pack(file: Path, count: int) -> None:
    """A ZIP with a new photo for each of them."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for number, data in enumerate(islice(cycle(photos()), count)):
            archive.writestr(f"b{number:04}.jpg", data)


def dry_run(desk: Desk, file: Path) -> str:
    source = open_source(file, caps_of(desk.settings))
    return check_batch(desk, shelf_of(desk), source, "no", "bench")


def run(desk: Desk, batch_id: str) -> None:
    run_batch(desk, shelf_of(desk).open(batch_id), Order("no"), WHO)


def _throughput(name: str, settings: Settings, rounds: int) -> str:
    """One row: rates by wall time with their ratio, and CPU time a photo beside them."""
    desk = build_desk(settings)
    looks, file = register(desk, EACH), settings.data / "new.zip"
    pack(file, EACH)
    judging, seeing = _networks(desk, looks, True), _networks(desk, looks, False)
    parts: dict[str, list[Spent]] = {part: [] for part in LIMITS}
    for _ in range(rounds + 1):
        parts["judging"].append(_spent(judging))
        parts["dry"].append(_spent(lambda: dry_run(desk, file)))
        batch = shelf_of(desk).listed()[0]
        parts["run"].append(_spent(lambda batch_id=batch.id: run(desk, batch_id)))
        parts["seeing"].append(_spent(seeing))
        parts["anew"].append(_spent(lambda: _anew(desk)))
    median = {
        part: Spent(*(statistics.median(column) for column in zip(*spent[1:], strict=True)))
        for part, spent in parts.items()
    }
    cells, ratios = [], []
    for part, limit in LIMITS.items():
        took = median[part]
        cell = f"{EACH / took.wall_s:.1f}, {took.cpu_s / EACH * 1000:.0f} ms"
        if limit:
            ratios.append(median[limit].wall_s / took.wall_s)
            cell += f" ({ratios[-1]:.2f})"
        cells.append(cell)
    met = "met" if min(ratios[1:]) >= TARGET else "**missed**"
    return f"| {name} | {' | '.join(cells)} | {met} |"


def _spent(work: Callable[[], object]) -> Spent:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)


def _networks(desk: Desk, looks: list[Look], judging: bool) -> Callable[[], None]:
    """Every run of a network that a look takes, on pixels that are there already: detection, the
    upright look at a tilted face, embedding and, when ``judging``, the quality networks.
    """
    engine, workers = desk.vision.engine, workers_for(desk.settings.thread_count)
    measurers = network_measurers(desk.vision.quality_slot.get()) if judging else ()

    def once(look: Look) -> None:
        sight = look.sight
        pixels = sight.photo.pixels_bgr
        levelled(engine, pixels, find_faces(engine, pixels).faces[sight.taken])
        engine.embed(pixels, sight.face)
        if measurers:
            view = view_of(pixels, sight.photo.scale, sight.faces, sight.taken)
            for measure in measurers:
                measure(view)

    def all_of_them() -> None:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(once, islice(cycle(looks), EACH)))

    return all_of_them


def _anew(desk: Desk) -> None:
    """Mark every current photo as another engine's, and re-extract."""
    with desk.gallery.database.write() as session:
        session.connection().exec_driver_sql("UPDATE face_embedding SET engine_id = 'other'")
    done = reembed(desk).done
    assert done == EACH, f"{done} of {EACH} re-extracted"


def _memory() -> list[str]:
    """One row an engine, each in a fresh process: resident memory as the batch goes on."""
    lines = [
        f"### Memory of a batch of {MEMORY_PHOTOS:,} photos, MB resident",
        "",
        f"| engine | after 100 | after 500 | after {MEMORY_PHOTOS:,} | growth (< {GROWTH_MB}) | "
        "after the run |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        name, settings = next(iter(engine_settings(Path(folder))))
        own = settings.model_copy(update={"data": Path(folder), "duplicate_check": "off"})
        file = Path(folder) / "new.zip"
        pack(file, MEMORY_PHOTOS)
        command = [sys.executable, "-c", _CHILD, own.model_dump_json(), str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        m = json.loads(done.stdout.splitlines()[-1])
        growth = m["1000"] - m["100"]
        figures = (m["100"], m["500"], m["1000"], growth, m["run"])
        lines.append(f"| {name} | " + " | ".join(f"{value:.0f}" for value in figures) + " |")
    return lines


def walk(settings: str, file: Path) -> None:
    """In a process of its own: dry run and run of a large batch, memory on the way."""
    desk = build_desk(Settings.model_validate_json(settings))
    register(desk, MEMORY_PHOTOS)
    marks: dict[str, float] = {}

    def step(done: int, of: int) -> None:
        if done in (100, 500, 1000):
            marks[str(done)] = rss_mb()

    source = open_source(file, caps_of(desk.settings))
    batch_id = check_batch(desk, shelf_of(desk), source, "no", "bench", None, step)
    run(desk, batch_id)
    print(json.dumps({**marks, "run": rss_mb()}))
