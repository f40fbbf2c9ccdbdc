"""``python -m core verify``: prove that nothing in the gallery is lost, mixed up or changed."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from core import house
from core.errors import FaceDeskError, NotReady
from core.gallery.records import Fault
from core.gallery.store import Gallery
from core.imaging.read import is_jpeg
from core.settings import Settings, get_settings

MOST_SHOWN = 100
"""Sentences printed; with ``--json`` there are all."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``--json`` prints one object instead of sentences."""
    parser.epilog = "Exit code 0: all is well; 1: something is wrong, each in a sentence."
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Look, say what is wrong; exit code 1 when something is."""
    try:
        with open_gallery(get_settings()) as gallery:
            faults = tuple(gallery.faults(is_jpeg))
            counts = {"identities": gallery.count(), "photos": gallery.count_photos()}
    except FaceDeskError as error:
        faults, counts = (Fault("database", "", error.message),), {}
    if args.json:
        found = {"ok": not faults, **counts, "faults": [asdict(fault) for fault in faults]}
        print(json.dumps(found, ensure_ascii=False))
    else:
        _say(faults, counts)
    return 1 if faults else 0


def open_gallery(settings: Settings) -> Gallery:
    """The gallery without an engine: nothing here needs one. Raises NotReady.

    To open creates, and a fresh empty gallery is always well: where there is none, say so.
    """
    if not settings.database and not (settings.data / "gallery.db").exists():
        raise NotReady("There is no gallery in the data folder (FACEDESK_DATA).")
    return house.open_gallery(settings)


def _say(faults: tuple[Fault, ...], counts: dict[str, int]) -> None:
    for fault in faults[:MOST_SHOWN]:
        print(fault.sentence, file=sys.stderr)
    if len(faults) > MOST_SHOWN:
        print(f"... and {len(faults) - MOST_SHOWN} more; --json lists all.", file=sys.stderr)
    if faults:
        print(f"{len(faults)} thing(s) are wrong.", file=sys.stderr)
    else:
        print(f"All is well: {counts['identities']} identities, {counts['photos']} photos.")
