"""``python -m core thresholds``: what the engines' thresholds do to pairs whose truth is known."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from core.engine.select import installed_packs, load_engine
from core.engine.slot import EngineSlot
from core.errors import FaceDeskError
from core.fiqa.policy import load_policy
from core.pairs import Gauge, Outcome, gauge, judge, read_pairs
from core.rates import Rate
from core.settings import Settings, get_settings
from core.vision import Vision

PHOTO_NAMES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The labels, the photos, and where more model packs are."""
    parser.add_argument("pairs", type=Path, metavar="PAIRS.csv", help="file_x,file_y,Decision")
    parser.add_argument("photos", type=Path, metavar="FOLDER", help="the photos of the pairs")
    parser.add_argument(
        "--models", type=Path, action="append", default=[], metavar="FOLDER",
        help="measure the packs of this folder too (may be repeated)",
    )  # fmt: skip
    parser.add_argument(
        "--labelled", action="store_true", help="only the pairs of the CSV, whoever else agrees"
    )
    parser.epilog = (
        "With three engines or more, pairs that nobody labelled count where all the other engines "
        "clearly agree. Bounds are one-sided, 95 % (Clopper-Pearson)."
    )


def run(args: argparse.Namespace) -> int:
    """Measure every engine that is there; exit code 1 when that is not possible."""
    try:
        labels = read_pairs(args.pairs)
        photos = sorted(p for p in args.photos.iterdir() if p.suffix.lower() in PHOTO_NAMES)
        gauges = list(_gauges(get_settings(), args.models, photos))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except FaceDeskError as error:
        print(error.message, file=sys.stderr)
        return 1
    for each in gauges:
        others = [] if args.labelled else [other for other in gauges if other is not each]
        print("\n".join(describe(judge(each, others, labels), len(each.embeddings))))
    return 0


def _gauges(settings: Settings, more: list[Path], photos: list[Path]) -> Iterator[Gauge]:
    own: dict[str, Any] = {"same_cosine": None, "different_cosine": None}
    choices: list[dict[str, Any]] = [
        {"models": folder, "engine": pack.kind, "pack": pack.name}
        for folder in (settings.models, *more)
        for pack in installed_packs(folder)
    ]
    policy = load_policy(None)
    for choice in [*choices, {"engine": "dlib", "pack": ""}]:
        chosen = settings.model_copy(update=choice | own)
        engine = load_engine(chosen)
        vision = Vision(chosen, EngineSlot(lambda engine=engine: engine), policy)  # type: ignore[misc]
        with tqdm(total=len(photos), desc=engine.info.name, unit="photo", disable=None) as bar:
            yield gauge(vision, photos, bar.update)


def describe(outcome: Outcome, photos: int) -> list[str]:
    """The engine's table, as Markdown."""
    info, same, different = outcome.info, outcome.same, outcome.different
    lines = [
        f"### {info.engine_id}",
        "",
        f"{photos} photos used; {len(same)} pairs of one person, {len(different)} of two.",
    ]
    if len(same) and len(different):
        # Comparable with the docstring of core/engine/thresholds.py.
        lines.append(
            f"Same: least {same[0]:.3f}. Different: 99 % below "
            f"{np.quantile(different, 0.99):.3f}, highest {different[-1]:.3f}."
        )
    lines += [
        "",
        "| limit | cosine | two people reach it (FMR) | one person stays below (FNMR) |",
        "| --- | --- | --- | --- |",
    ]
    for name, limit in (("same", info.same_cosine), ("different", info.different_cosine)):
        fmr, fnmr = outcome.false_matches(limit), outcome.false_non_matches(limit)
        lines.append(f"| {name} | {limit:g} | {_shown(fmr)} | {_shown(fnmr)} |")
    return [*lines, ""]


def _shown(rate: Rate) -> str:
    if not rate.trials:
        return "no pairs"
    bounds = f"{rate.lower:.2%} to {rate.upper:.2%}"
    return f"{rate.errors} of {rate.trials} = {rate.value:.2%} (95 %: {bounds})"
