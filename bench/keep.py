"""update_image on a plain gallery against the same on an encrypted one, interleaved in one run."""

from __future__ import annotations

import base64
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from bench.material import engine_settings, photo
from bench.update import caller, timed
from core.gallery.cipher import new_key, write_key
from core.house import build_desk

SIZE_WH = (4000, 3000)
TARGET = 1.10


def report(rounds: int) -> list[str]:
    """One table: plain, encrypted, their ratio."""
    data = photo(*SIZE_WH)
    text = base64.b64encode(data).decode("ascii")
    lines = [
        f"### Encryption at rest, 12 MP JPEG of {len(data) / 1e6:.1f} MB, "
        f"{rounds} interleaved rounds",
        "",
        f"| engine | plain ms | encrypted ms | ratio (quartiles) | target ≤ {TARGET} | commit ms |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for name, settings in engine_settings(Path(folder)):
            calls = []
            for number, key in enumerate((None, SecretStr(write_key(new_key())))):
                own = {"data": Path(folder) / name.split()[0] / str(number), "key": key}
                calls.append(caller(build_desk(settings.model_copy(update=own)), text))
            lines.append(_row(name, *_measure(calls, rounds)))
    return lines


def _measure(
    calls: list[Callable[[], object]], rounds: int
) -> tuple[list[list[float]], list[float]]:
    for call in calls * 3:
        call()
    spent: list[list[float]] = [[], []]
    stages: list[list[dict[str, float]]] = [[], []]
    for round_number in range(rounds):
        for which in (0, 1) if round_number % 2 else (1, 0):
            spent[which].append(timed(calls[which], stages[which]))
    return spent, [statistics.median(row["commit"] for row in rows) for rows in stages]


def _row(name: str, spent: list[list[float]], commits: list[float]) -> str:
    plain, sealed = (statistics.median(times) for times in spent)
    ratios = sorted(b / a for a, b in zip(*spent, strict=True))
    spread = f"{ratios[len(ratios) // 4]:.2f}–{ratios[-len(ratios) // 4]:.2f}"
    met = "met" if sealed / plain <= TARGET else "**missed**"
    return (
        f"| {name} | {plain:.1f} | {sealed:.1f} | {sealed / plain:.3f} ({spread}) | {met} | "
        f"{commits[0]:.1f} / {commits[1]:.1f} |"
    )
