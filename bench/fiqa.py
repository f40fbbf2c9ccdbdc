"""What the quality report costs: each measure, and the whole with and without optional networks."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.material import LITE, PERMISSIVE, photo
from core.assessment import Sight, Stopwatch
from core.engine.quality_models import open_models
from core.engine.select import load_engine
from core.engine.slot import EngineSlot
from core.fiqa.examine import examine
from core.fiqa.measures import MEASURERS, Measurer, measure_all
from core.fiqa.networks import network_measurers
from core.fiqa.policy import Policy, load_policy
from core.fiqa.view import FaceView, look
from core.settings import Settings
from core.vision import Vision

SIZE_WH = (4000, 3000)
PLAIN_MS, FULL_MS = 8.0, 25.0
"""What the whole report may take, without and with every optional network."""


def report(rounds: int) -> list[str]:
    """Two tables: the whole report, and what it is made of; all in one interleaved run."""
    policy = load_policy()
    with tempfile.TemporaryDirectory() as folder:
        sight, settings = _sight(Path(folder), policy)
    models = open_models(PERMISSIVE, None, settings.thread_count)
    networks = network_measurers(models)
    view = _view(sight)
    wholes = {"without networks": MEASURERS, "with networks": (*MEASURERS, *networks)}
    work: dict[str, Callable[[], object]] = {
        **{name: _whole(sight, policy, chosen) for name, chosen in wholes.items()},
        **_parts(sight, view, policy, networks),
    }
    times = _measure(work, rounds)
    names = ", ".join(model.file_name for model in models) or "none here"
    height, width = sight.photo.pixels_bgr.shape[:2]
    lines = [
        f"### Quality report, 12 MP photo (working copy {width}x{height}), {rounds} rounds",
        "",
        f"Networks: {names}.",
        "",
        "| whole report | median ms | quartiles | least | target ms |",
        "| --- | --- | --- | --- | --- |",
        _row("without networks", times, PLAIN_MS),
    ]
    if networks:
        lines.append(_row("with networks", times, FULL_MS))
    total = statistics.median(times["with networks"])
    lines += ["", "| part | median ms | share |", "| --- | --- | --- |"]
    for name in work:
        if name not in wholes:
            spent = statistics.median(times[name])
            lines.append(f"| {name} | {spent:.2f} | {spent / total:.0%} |")
    return lines


def _sight(folder: Path, policy: Policy) -> tuple[Sight, Settings]:
    chosen = {"engine": "insightface", "models": LITE} if LITE.is_dir() else {"engine": "dlib"}
    settings = Settings(data=folder, **chosen)
    vision = Vision(settings, EngineSlot(lambda: load_engine(settings)), policy)
    return vision.see(photo(*SIZE_WH), None, Stopwatch()), settings


def _view(sight: Sight) -> FaceView:
    return look(sight.photo.pixels_bgr, sight.photo.scale, sight.faces, sight.taken)


def _whole(sight: Sight, policy: Policy, measurers: Sequence[Measurer]) -> Callable[[], object]:
    photo = sight.photo
    return lambda: examine(
        photo.pixels_bgr, photo.scale, sight.faces, sight.taken, policy, measurers
    )


def _parts(
    sight: Sight, view: FaceView, policy: Policy, networks: Sequence[Measurer]
) -> dict[str, Callable[[], object]]:
    """The crop, each measure, and the judging of ready measures."""
    ready = tuple(measure_all(view, (*MEASURERS, *networks)).values())
    parts: dict[str, Callable[[], object]] = {"crops and pose by points": lambda: _view(sight)}
    for measurer in (*MEASURERS, *networks):
        parts[_name(measurer)] = _bound(measurer, view)
    # All items judged, on measures that cost nothing; its crop is taken off by eye above.
    parts["crops, and judging at all levels"] = _whole(sight, policy, [lambda _: ready])
    return parts


def _bound(measurer: Measurer, view: FaceView) -> Callable[[], object]:
    return lambda: measurer(view)


def _name(measurer: Measurer) -> str:
    """A function's name, or a network's own."""
    for field in ("model", "models"):
        model = getattr(measurer, field, None)
        if model is not None:
            return str((model[0] if isinstance(model, tuple) else model).name)
    return str(getattr(measurer, "__name__", measurer))


def _measure(work: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each piece of work; interleaved, after three rounds to warm up."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(rounds + 3):
        for name, do in work.items():
            start = time.perf_counter()
            do()
            if turn >= 3:
                times[name].append((time.perf_counter() - start) * 1000)
    return times


def _row(name: str, times: dict[str, list[float]], target: float) -> str:
    low, middle, high = statistics.quantiles(times[name], n=4)
    met = "met" if middle < target else "**missed**"
    least = min(times[name])
    return (
        f"| {name} | {middle:.1f} | {low:.1f}–{high:.1f} | {least:.1f} "
        f"| < {target:g}: {met}, ratio {middle / target:.2f} |"
    )
