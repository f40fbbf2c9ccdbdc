"""The check of a whole gallery: seconds and memory for 10,000 and 100,000 faces."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

SIZES = (10_000, 100_000)
DIMENSION = 512

JUDGED = 10_000
"""Photos that are judged: that part is linear, and the larger gallery is only compared."""

_CHILD = """
import json, sys, time
from types import SimpleNamespace
from bench.health import JUDGED, fill
from bench.memory import peak_mb, rss_mb
from core.desk import Desk
from core.engine.base import EngineInfo
from core.fiqa.policy import load_policy
from core.gallery.store import Gallery
from core.health.checkup import judge_all
from core.health.faces import current_faces
from core.health.likeness import find_likeness
from core.health.scores import gallery_scores
from core.jobs import Job
from core.settings import Settings

faces, folder = int(sys.argv[1]), sys.argv[2]
info = EngineInfo("bench", "bench", "bench:512", 512, 0.40, 0.30, "")

def clocked(work):
    wall, cores, out = time.perf_counter(), time.process_time(), []
    peak = peak_mb(lambda: out.append(work()))
    spent = time.perf_counter() - wall, time.process_time() - cores
    return {"seconds": spent, "peak": peak}, out[0]

def compare():
    ours = current_faces(desk)
    gallery_scores(ours)
    return find_likeness(ours, info)

with Gallery.open(f"sqlite:///{folder}/gallery.db", 10**6, 10) as gallery:
    fill(gallery, f"{folder}/gallery.db", faces)
    vision = SimpleNamespace(engine=SimpleNamespace(info=info), policy=load_policy(None))
    desk = Desk(Settings(data=folder), gallery, vision)
    loaded, count = clocked(lambda: len(desk.matrix))
    assert count == faces, count
    before, judged = rss_mb(), None
    if faces <= JUDGED:
        judged, quality = clocked(lambda: judge_all(desk, Job("bench"), faces))
        assert quality.photos == faces, quality.photos
    compared, likeness = clocked(compare)
print(json.dumps({"before": before, "loaded": loaded, "judged": judged, "compared": compared,
                  "pairs": likeness.pairs}))
"""


def report(_rounds: int) -> list[str]:
    """One row a size, each in a fresh process; the vectors are random."""
    lines = [
        "Seconds by the clock, and of all cores together; memory resident.",
        "",
        "| faces | matrix loaded, s | photos judged, s | compared, s | pairs of people | "
        "MB with the matrix | MB at the peak | growth, MB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for faces in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-c", _CHILD, str(faces), folder]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
        m = json.loads(run.stdout.splitlines()[-1])
        peak = max(stage["peak"] for stage in (m["judged"], m["compared"]) if stage)
        lines.append(
            f"| {faces:,} | {_seconds(m['loaded'])} | {_seconds(m['judged'])} | "
            f"{_seconds(m['compared'])} | {m['pairs']:,} | {m['before']:.0f} | {peak:.0f} | "
            f"{peak - m['before']:.0f} |"
        )
        print(lines[-1], file=sys.stderr, flush=True)
    return lines


def _seconds(stage: dict[str, list[float]] | None) -> str:
    if stage is None:
        return "–"
    wall, cores = stage["seconds"]
    return f"{wall:.1f} ({cores:.1f})"


def fill(gallery: object, file: str, faces: int) -> None:
    """One real photo's row under so many ids, two people of three with one photo, one with two."""
    import sqlite3

    import numpy as np

    from bench.material import photo
    from core.desk import new_photo
    from core.engine.backend_dlib import DlibEngine
    from core.engine.slot import EngineSlot
    from core.fiqa.policy import load_policy
    from core.gallery.records import AuditEntry, IdentityChange
    from core.settings import Settings
    from core.vision import Vision

    slot = EngineSlot(lambda: DlibEngine.load(2))
    vision = Vision(Settings(data=Path(file).parent), slot, load_policy(None))
    new = new_photo(vision.look(photo(640, 480)), "no")
    entry = AuditEntry("create", identity_id="0")
    gallery.create_identity("0", IdentityChange(name="bench"), new, audit=entry)  # type: ignore[attr-defined]
    random = np.random.default_rng(0)
    base = sqlite3.connect(file)
    columns = {
        table: [row[1] for row in base.execute(f"PRAGMA table_info({table})")]
        for table in ("identity", "registered_photo", "face_embedding")
    }
    rows = {t: dict(zip(c, base.execute(f"SELECT * FROM {t}").fetchone(), strict=True))
            for t, c in columns.items()}  # fmt: skip
    base.execute("UPDATE face_embedding SET engine_id = 'bench:512', dimension = 512, vector = ?",
                 (random.normal(size=DIMENSION).astype("<f4").tobytes(),))  # fmt: skip
    for number in range(1, faces):
        owner, position = (number - 1, 1) if number % 4 == 3 else (number, 0)
        if not position:
            _insert(base, "identity", rows["identity"] | {"identity_id": f"{owner}"})
        changed = {"id": f"p{number}", "face_id": f"f{number}", "identity_id": f"{owner}",
                   "position": position}  # fmt: skip
        _insert(base, "registered_photo", rows["registered_photo"] | changed)
        vector = random.normal(size=DIMENSION).astype("<f4").tobytes()
        _insert(base, "face_embedding", {"photo_id": f"p{number}", "engine_id": "bench:512",
                                         "dimension": DIMENSION, "vector": vector})  # fmt: skip
    base.commit()
    base.close()


def _insert(base: object, table: str, row: dict[str, object]) -> None:
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    base.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))  # type: ignore[attr-defined]
