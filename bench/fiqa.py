"""What the quality report costs: each measure, and the whole without and with all networks."""

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
from core.engine.shape_predictors import ShapePredictor, open_predictors
from core.engine.slot import EngineSlot
from core.fiqa.examine import examine
from core.fiqa.measures import MEASURERS, Measurer, measure_all
from core.fiqa.networks import network_measurers
from core.fiqa.policy import Policy, load_policy
from core.fiqa.view import FaceView, look
from core.settings import Settings
from core.vision import Vision

SIZE_WH = (4000, 3000)
ENGINES: dict[str, Path | None] = {"insightface": LITE, "opencv": PERMISSIVE, "dlib": None}
"""Each with the folder of its pack."""
PLAIN_MS, FULL_MS = 8.0, 25.0
"""What the whole report may take, without and with every optional network."""


def report(rounds: int) -> list[str]:
    """Two tables: the whole report with each engine, and what it is made of with the first of
    them; all in one interleaved run.
    """
    policy = load_policy()
    with tempfile.TemporaryDirectory() as folder:
        sights = {name: _sight(Path(folder), policy, name) for name in ENGINES if _is_here(name)}
    models = (*open_models(PERMISSIVE, None, Settings().thread_count), *_predictors())
    networks = network_measurers(models)
    first = next(iter(sights.values()))
    wholes = {
        f"{engine}, {what}": (_whole(sight, policy, (*MEASURERS, *more)), target)
        for engine, sight in sights.items()
        for what, more, target in (("plain", (), PLAIN_MS), ("all networks", networks, FULL_MS))
    }
    work: dict[str, Callable[[], object]] = {
        **{name: do for name, (do, _) in wholes.items()},
        **_parts(first, _view(first), policy, networks),
    }
    times = _measure(work, rounds)
    names = ", ".join(model.file_name for model in models) or "none here"
    height, width = first.photo.pixels_bgr.shape[:2]
    lines = [
        f"### Quality report, 12 MP photo (working copy {width}x{height}), {rounds} rounds",
        "",
        f"Networks: {names}.",
        "",
        "| whole report | median ms | quartiles | least | target ms |",
        "| --- | --- | --- | --- | --- |",
        *(_row(name, times, target) for name, (_, target) in wholes.items()),
    ]
    total = statistics.median(times[list(wholes)[1]])
    lines += ["", "| part | median ms | share |", "| --- | --- | --- |"]
    for name in work:
        if name not in wholes:
            spent = statistics.median(times[name])
            lines.append(f"| {name} | {spent:.2f} | {spent / total:.0%} |")
    return lines


def _predictors() -> tuple[ShapePredictor, ...]:
    return open_predictors(Settings(landmarks="on"), None, ())


def _is_here(engine: str) -> bool:
    folder = ENGINES[engine]
    return folder is None or folder.is_dir()


def _sight(folder: Path, policy: Policy, engine: str) -> Sight:
    pack = ENGINES[engine]
    settings = Settings(data=folder, engine=engine, **({"models": pack} if pack else {}))
    vision = Vision(settings, EngineSlot(lambda: load_engine(settings)), policy)
    return vision.see(photo(*SIZE_WH), None, Stopwatch())


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
