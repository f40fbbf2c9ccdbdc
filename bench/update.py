"""Where the time of a full update_image goes, for each engine."""

from __future__ import annotations

import base64
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.material import engine_settings, photo
from core.calls.perform import perform
from core.calls.table import BY_FUNCTION
from core.desk import Desk
from core.gallery.records import Actor
from core.house import build_desk

SIZE_WH = (4000, 3000)


def report(rounds: int) -> list[str]:
    """One row an engine: the whole call and its stages, as its answers tell them."""
    data = photo(*SIZE_WH)
    lines = [
        f"### Stages of update_image, 12 MP JPEG of {len(data) / 1e6:.1f} MB, {rounds} rounds",
        "",
        "| engine | the whole call, median ms | stages, median ms |",
        "| --- | --- | --- |",
    ]
    text = base64.b64encode(data).decode("ascii")
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, settings) in enumerate(engine_settings(Path(folder))):
            own = settings.model_copy(update={"data": Path(folder) / str(number)})
            lines.append(_row(name, caller(build_desk(own), text), rounds))
    return lines


def _row(name: str, call: Callable[[], dict[str, object]], rounds: int) -> str:
    stages: list[dict[str, float]] = []
    times = [timed(call, stages) for _ in range(rounds + 3)][3:]
    where = ", ".join(
        f"{stage} {statistics.median(row[stage] for row in stages[3:]):.1f}" for stage in stages[0]
    )
    return f"| {name} | {statistics.median(times):.1f} | {where} |"


def timed(work: Callable[[], object], stages: list[dict[str, float]]) -> float:
    start = time.perf_counter()
    answer = work()
    spent = (time.perf_counter() - start) * 1000
    if isinstance(answer, dict):
        stages.append(answer["replacement"]["timings_ms"])
    return spent


def caller(desk: Desk, text: str, identity_id: str = "b") -> Callable[[], dict[str, object]]:
    """Registers a person, and gives the call that replaces the photo by the same one again."""
    actor = Actor(source="function")
    made = perform(
        BY_FUNCTION["create_identity"],
        {"identity_id": identity_id, "register_image": text, "fiqa_level": "no"},
        actor,
        lambda: desk,
    )
    state = {"photo": made["identity"]["reg_pic_ids"][0]}

    def call() -> dict[str, object]:
        request = {
            "identity_id": identity_id,
            "register_image": text,
            "register_image_id": state["photo"],
            "fiqa_level": "low",
        }
        answer = perform(BY_FUNCTION["update_image"], request, actor, lambda: desk)
        state["photo"] = answer["identity"]["reg_pic_ids"][0]
        return answer

    return call
