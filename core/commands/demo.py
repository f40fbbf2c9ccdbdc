"""``python -m core demo``: load the demo gallery, or write its sample photos to a folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from core.commands.said import at_the_terminal
from core.demo import PEOPLE, SAMPLES, load_demo, sample_photo
from core.errors import FaceDeskError
from core.house import get_desk


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``--samples FOLDER`` writes sample new photos instead of loading the gallery."""
    parser.add_argument("--samples", type=Path, metavar="FOLDER", help="write sample photos there")


def run(args: argparse.Namespace) -> int:
    """Load or write; exit code 1 when that is not possible."""
    try:
        if args.samples:
            return _write_samples(args.samples)
        count = load_demo(get_desk(), at_the_terminal())
    except FaceDeskError as error:
        print(error.message, file=sys.stderr)
        return 1
    print(f"{count} demo people were registered.")
    return 0


def _write_samples(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for name in SAMPLES:
        path = folder / f"{PEOPLE[0].identity_id}-{name}.jpg"
        path.write_bytes(sample_photo(PEOPLE[0].identity_id, name))
        print(path)
    return 0
