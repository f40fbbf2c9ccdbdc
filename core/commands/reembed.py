"""``python -m core reembed``: every stored photo gets an embedding of the engine in use."""

from __future__ import annotations

import argparse
import sys

from tqdm import tqdm

from core.commands.said import at_the_terminal, saying_errors
from core.house import get_desk
from core.reembedding import reembed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments: what is already of this engine is left alone, so it can be run again."""


@saying_errors
def run(_args: argparse.Namespace) -> int:
    """Re-extract; exit code 1 when a photo could not be done."""
    desk = get_desk()
    print(f"Engine: {desk.vision.engine.info.engine_id}")
    with tqdm(unit="photo") as bar:
        outcome = reembed(desk, lambda done, of: _show(bar, done, of), at_the_terminal())
    print(f"{outcome.done} photo(s) re-extracted, {len(outcome.failed)} failed.")
    for photo_id, why in outcome.failed.items():
        print(f"  {photo_id}: {why}", file=sys.stderr)
    return 1 if outcome.failed else 0


def _show(bar: tqdm[None], done: int, of: int) -> None:
    bar.total = of
    bar.update(done - bar.n)
