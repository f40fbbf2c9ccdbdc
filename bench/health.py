"""The check of a whole gallery: seconds and memory for 10,000 and 100,000 faces."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

SIZES = (10_000, 100_000)
DIMENSION = 512

_CHILD = """
import json, sys, time
from dataclasses import replace
from bench.health import fill
from bench.memory import peak_mb, rss_mb
from core.fiqa.policy import load_policy
from core.gallery.store import Gallery
from core.health.checkup import check_up
from core.jobs import Job
from types import SimpleNamespace
from core.engine.base import EngineInfo
from core.desk import Desk
from core.settings import Settings

faces, folder = int(sys.argv[1]), sys.argv[2]
info = EngineInfo("bench", "bench", "bench:512", 512, 0.40, 0.30, "")
with Gallery.open(f"sqlite:///{folder}/gallery.db", 10**6, 10) as gallery:
    fill(gallery, f"{folder}/gallery.db", faces)
    vision = SimpleNamespace(engine=SimpleNamespace(info=info), policy=load_policy(None))
    desk = Desk(Settings(data=folder), gallery, vision)
    start = time.perf_counter(); len(desk.matrix); load = time.perf_counter() - start
    stages = {}
    job = Job("bench")
    clocks = lambda: (time.perf_counter(), time.process_time())
    job.step = lambda done, of: stages.setdefault("judged", clocks()) if done >= faces else None
    before, begun, out = rss_mb(), clocks(), []
    peak = peak_mb(lambda: out.append(check_up(desk, job)))
    ended = clocks()
found = out[0]
print(json.dumps({
    "load": load, "before": before, "peak": peak,
    "judge": [b - a for a, b in zip(begun, stages["judged"])],
    "compare": [b - a for a, b in zip(stages["judged"], ended)], "pairs": found.likeness.pairs,
    "photos": found.quality.photos, "alike": sum(found.likeness.alike.values()),
}))
"""


def report(_rounds: int) -> list[str]:
    """One row a size, each in a fresh process; the vectors are random."""
    lines = [
        "Seconds by the clock, and of all cores together.",
        "",
        "| faces | search matrix loaded, s | photos judged, s | compared, s | pairs of people | "
        "MB before | MB at the peak | growth, MB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for faces in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-c", _CHILD, str(faces), folder]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
        m = json.loads(run.stdout.splitlines()[-1])
        assert m["photos"] == faces, m
        lines.append(
            f"| {faces:,} | {m['load']:.1f} | {_seconds(m['judge'])} | "
            f"{_seconds(m['compare'])} | "
            f"{m['pairs']:,} | {m['before']:.0f} | {m['peak']:.0f} | "
            f"{m['peak'] - m['before']:.0f} |"
        )
    return lines


def _seconds(pair: list[float]) -> str:
    return f"{pair[0]:.1f} ({pair[1]:.1f})"


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
