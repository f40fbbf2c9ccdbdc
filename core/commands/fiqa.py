"""``python -m core fiqa calibrate FOLDER``: what the quality limits do to a folder of photos."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from core.calibration.discard import Discarding, discard
from core.calibration.figures import draw_discarding, draw_limits
from core.calibration.markdown import Subject, write_report
from core.calibration.pairs import Pair, compare, half_of, read_pairs
from core.calibration.tables import limited_values, reports_of
from core.calibration.walk import CalibrationError, Study, list_photos, study_photos
from core.errors import FaceDeskError
from core.house import build_vision
from core.settings import get_settings
from core.vision import Vision

COPIES = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the one verb of this group."""
    verbs = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    calibrate = verbs.add_parser(
        "calibrate",
        help="judge a folder of photos with the engine in use",
        description="Judge every photo in a folder with the engine in use, print how many pass "
        "which level and item and how the values are distributed, and write it as Markdown with "
        "figures. With labelled pairs also: how fast errors fall when the worst are discarded.",
    )
    calibrate.add_argument("folder", type=Path, metavar="FOLDER", help="photos, in subfolders too")
    calibrate.add_argument(
        "--pairs",
        type=Path,
        metavar="CSV",
        help="columns file_x, file_y (paths below FOLDER) and Decision (Yes: the same person)",
    )
    calibrate.add_argument(
        "--degrade",
        type=_count,
        nargs="?",
        const=COPIES,
        default=0,
        metavar="COPIES",
        help=f"with --pairs: also compare spoiled copies, this many ({COPIES}) of each photo and "
        "defect, made in memory",
    )
    calibrate.add_argument(
        "--seed", type=_count, default=0, metavar="N", help="of the spoiled copies (0)"
    )
    calibrate.add_argument(
        "--half",
        choices=("a", "b"),
        help="with --pairs: compare one half of the people only, so that what was fitted on the "
        "other half is tried on faces it has not seen",
    )
    calibrate.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where Markdown and figures go (calibration in the data folder)",
    )


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("expected 0 or more")
    return number


def run(args: argparse.Namespace) -> int:
    """Calibrate; exit code 2 when what was asked for cannot be done."""
    try:
        return _calibrate(args, args.out or get_settings().data / "calibration")
    except CalibrationError as error:
        print(error, file=sys.stderr)
    except FaceDeskError as error:
        print(error.message, file=sys.stderr)
    except OSError as error:
        print(f"{args.out} cannot be written ({error.strerror}).", file=sys.stderr)
    return 2


def _calibrate(args: argparse.Namespace, out: Path) -> int:
    photos = list_photos(args.folder)
    if args.degrade and not args.pairs:
        raise CalibrationError("--degrade needs --pairs: spoiled copies are only compared.")
    if args.half and not args.pairs:
        raise CalibrationError("--half needs --pairs: they say who is who.")
    pairs = read_pairs(args.pairs, args.folder) if args.pairs else ()
    if args.half:
        pairs = half_of(pairs, args.half)
    vision = build_vision(get_settings())
    info = vision.engine.info
    out.mkdir(parents=True, exist_ok=True)
    compared = {name for pair in pairs for name in (pair.first, pair.second)}
    found = study_photos(vision, args.folder, photos, args.degrade, args.seed, compared)
    studies = list(tqdm(found, total=len(photos), unit="photo", disable=None))
    if not reports_of(studies):
        raise CalibrationError(_nothing(studies))
    discarding = _discard(pairs, studies)
    halves = {} if args.half else _halves(pairs, studies)
    limits, curves = (f"{kind}-{info.pack}.png" for kind in ("limits", "discard"))
    _draw(vision, studies, discarding, out / limits, out / curves)
    folder = args.folder.resolve().name
    subject = Subject(
        folder,
        info.engine_id,
        vision.policy.name,
        studies,
        discarding,
        args.degrade,
        args.seed,
        args.half or "",
        halves,
    )
    text = write_report(subject, limits, curves)
    file = out / f"calibration-{info.pack}.md"
    file.write_text(text, encoding="utf-8")
    print(text)
    print(f"Written: {file}")
    return 0


def _discard(pairs: Sequence[Pair], studies: Sequence[Study]) -> Discarding | None:
    if not pairs:
        return None
    return discard(compare(pairs, (sample for study in studies for sample in study.samples)))


def _halves(pairs: Sequence[Pair], studies: Sequence[Study]) -> dict[str, Discarding]:
    """Each half of the people alone, where both hold pairs of both kinds."""
    try:
        found = {half: _discard(half_of(pairs, half), studies) for half in "ab"} if pairs else {}
    except CalibrationError:
        return {}
    return {half: each for half, each in found.items() if each}


def _draw(
    vision: Vision,
    studies: Sequence[Study],
    discarding: Discarding | None,
    limits: Path,
    curves: Path,
) -> None:
    rows = limited_values(vision.policy, reports_of(studies))
    info = vision.engine.info
    draw_limits(rows, f"{len(studies)} photos, {info.name}, policy {vision.policy.name}", limits)
    if discarding:
        draw_discarding(discarding, f"Error versus discard, {info.name} ({info.pack})", curves)


def _nothing(studies: Sequence[Study]) -> str:
    lines = [f"None of the {len(studies)} photo(s) could be judged:"]
    return "\n".join([*lines, *(f"  {study.name}: {study.problem}" for study in studies)])
