"""A full update_image against the sum of what it cannot avoid, interleaved in one run."""

from __future__ import annotations

import base64
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from bench.material import engine_settings, photo
from core.calls.perform import perform
from core.calls.table import BY_FUNCTION
from core.desk import Desk
from core.gallery.records import Actor
from core.house import build_desk
from core.imaging.read import reduction_for

SIZE_WH = (4000, 3000)
TARGET = 1.25
_REDUCED = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}


def report(rounds: int) -> list[str]:
    """One table: the function, the floor, their ratio, and where the time goes."""
    data = photo(*SIZE_WH)
    lines = [
        f"### update_image, 12 MP JPEG of {len(data) / 1e6:.1f} MB, {rounds} interleaved rounds",
        "",
        "Floor: scaled decode + the same networks called directly + one durable commit.",
        "Optional quality networks in a pack's folder run in update_image, not in the floor.",
        "",
        f"| engine | update_image ms | floor ms | ratio | target ≤ {TARGET} | stages ms |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, settings) in enumerate(engine_settings(Path(folder))):
            own = settings.model_copy(update={"data": Path(folder) / str(number)})
            lines.append(_row(name, build_desk(own), data, rounds, Path(folder) / f"{number}.db"))
    return lines


def _row(name: str, desk: Desk, data: bytes, rounds: int, raw: Path) -> str:
    text = base64.b64encode(data).decode("ascii")
    call = caller(desk, text)
    floor = _floor(desk, data, raw)
    for _ in range(3):
        call(), floor()
    ours, least, stages = [], [], []
    for _ in range(rounds):
        ours.append(timed(call, stages))
        least.append(timed(floor, []))
    ratios = sorted(a / b for a, b in zip(ours, least, strict=True))
    ratio = statistics.median(ours) / statistics.median(least)
    spread = f"{ratios[len(ratios) // 4]:.2f}–{ratios[-len(ratios) // 4]:.2f}"
    where = ", ".join(
        f"{stage} {statistics.median(row[stage] for row in stages):.1f}" for stage in stages[0]
    )
    met = "met" if ratio <= TARGET else "**missed**"
    return (
        f"| {name} | {statistics.median(ours):.1f} | {statistics.median(least):.1f} | "
        f"{ratio:.2f} ({spread}) | {met} | {where} |"
    )


def timed(work: Callable[[], object], stages: list[dict[str, float]]) -> float:
    start = time.perf_counter()
    answer = work()
    spent = (time.perf_counter() - start) * 1000
    if isinstance(answer, dict):
        stages.append(answer["replacement"]["timings_ms"])
    return spent


def caller(desk: Desk, text: str) -> Callable[[], dict[str, object]]:
    actor = Actor(source="function")
    made = perform(
        BY_FUNCTION["create_identity"],
        {"identity_id": "b", "register_image": text, "fiqa_level": "no"},
        actor,
        lambda: desk,
    )
    state = {"photo": made["identity"]["reg_pic_ids"][0]}

    def call() -> dict[str, object]:
        request = {
            "identity_id": "b",
            "register_image": text,
            "register_image_id": state["photo"],
            "fiqa_level": "low",
        }
        answer = perform(BY_FUNCTION["update_image"], request, actor, lambda: desk)
        state["photo"] = answer["identity"]["reg_pic_ids"][0]
        return answer

    return call


def _floor(desk: Desk, data: bytes, raw: Path) -> Callable[[], None]:
    """Decode, networks and commit, by the shortest calls there are."""
    engine = desk.vision.engine
    flag = _REDUCED[reduction_for(SIZE_WH)]
    face = desk.vision.look(data).sight.face
    database = sqlite3.connect(raw, isolation_level=None)
    database.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (jpeg BLOB)"
    )

    def floor() -> None:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
        engine.detect(pixels, engine.info.scales[0])
        engine.embed(pixels, face)
        database.execute("INSERT INTO t VALUES (?)", (data,))

    return floor
