"""``python -m core batch``: replace many photos from a ZIP or a folder; the dry run comes first.

Exit code 0: every row is or would be replaced; 1: some rows are not, each with its reason; 2:
nothing could be done; 130: stopped, and ``--resume`` goes on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from core.batch.checking import check_batch
from core.batch.folder import BatchFolder
from core.batch.records import Batch, Order
from core.batch.results import count, result_of, results_csv
from core.batch.running import discard, run_batch
from core.batch.shelf import Shelf, shelf_of
from core.batch.sources import caps_of
from core.batch.undoing import undo_batch
from core.batch.zip_source import open_source
from core.commands.said import at_the_terminal
from core.contract.fields import LEVELS, Level
from core.desk import Desk
from core.errors import FaceDeskError, ParameterError
from core.house import get_desk

ALL_DONE, SOME_NOT, NOTHING_DONE = 0, 1, 2
Done = TypeVar("Done")
Step = Callable[[int, int], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A source, or the id of an earlier batch."""
    parser.add_argument(
        "source",
        nargs="?",
        type=Path,
        metavar="FOLDER_OR_ZIP",
        help="photos named after identities: 001.jpg, or 001_2.jpg for the second photo of 001",
    )
    parser.add_argument(
        "--csv",
        type=Path,
        metavar="MAP",
        help="CSV with identity_id, file, and register_image_id or register_image_index (from 0)",
    )
    parser.add_argument("--level", choices=LEVELS, help="quality level (high)")
    parser.add_argument(  # args.run is the verb's own
        "--run", dest="write", action="store_true", help="replace; without it: dry run only"
    )
    parser.add_argument(
        "--accept",
        type=_numbers,
        default=(),
        metavar="N,N",
        help="rows to replace in spite of an objection; needs --reason",
    )
    parser.add_argument("--reason", default="", help="why; kept in the audit")
    parser.add_argument("--result", type=Path, metavar="CSV", help="write one line a row there")
    earlier = parser.add_mutually_exclusive_group()
    earlier.add_argument("--resume", metavar="ID", help="run a checked or stopped batch to its end")
    earlier.add_argument("--undo", metavar="ID", help="restore what a batch replaced")
    earlier.add_argument("--discard", metavar="ID", help="end a batch and remove its photos")
    earlier.add_argument("--list", action="store_true", help="batches that are known here")


def run(args: argparse.Namespace) -> int:
    """Do it; the exit code says how much of it."""
    try:
        return _chosen(args)
    except FaceDeskError as error:
        print(error.message, file=sys.stderr)
    except OSError as error:
        print(f"{error.filename} cannot be read or written ({error.strerror}).", file=sys.stderr)
    return NOTHING_DONE


def _chosen(args: argparse.Namespace) -> int:
    if args.accept and not args.reason.strip():
        raise ParameterError("--accept needs --reason: the audit has to say why.")
    desk = get_desk()
    shelf = shelf_of(desk)
    shelf.tidy(desk.settings.keep_days)
    if args.list:
        return _list(shelf)
    if args.discard:
        return _discard(shelf.open(args.discard))
    if args.undo:
        return _undo(desk, shelf.open(args.undo), args)
    if args.resume:
        return _run(desk, shelf.open(args.resume), args)
    if args.source is None:
        raise ParameterError("Name a folder or a ZIP, or an earlier batch with --resume or --undo.")
    return _start(desk, shelf, args)


def _start(desk: Desk, shelf: Shelf, args: argparse.Namespace) -> int:
    csv_data = args.csv.read_bytes() if args.csv else None
    source = open_source(args.source, caps_of(desk.settings))
    who = at_the_terminal()
    level: Level = args.level or "high"

    def check(step: Step) -> str:
        return check_batch(desk, shelf, source, level, who.operator, csv_data, step)

    folder = shelf.open(_with_bar("dry run", check))
    batch = folder.load()
    _print_rows(batch, only_problems=args.write)
    if args.write:
        return _run(desk, folder, args)
    counts = count(batch, level)
    print(
        f"Dry run of batch {batch.id} at level {level}: {counts.ready} to replace, "
        f"{counts.objection} with an objection, {counts.refused} refused. Nothing was written."
    )
    _write_result(batch, args)
    if counts.ready or counts.objection:
        print(f"Replace them:  python -m core batch --resume {batch.id}")
        print(f"Discard them:  python -m core batch --discard {batch.id}")
    else:
        folder.remove()
    return ALL_DONE if counts.ready == len(batch.rows) else SOME_NOT


def _run(desk: Desk, folder: BatchFolder, args: argparse.Namespace) -> int:
    before = folder.load()
    level = args.level or before.level
    order = Order(level, args.accept, args.reason.strip())
    who = at_the_terminal()
    try:
        batch = _with_bar("replace", lambda step: run_batch(desk, folder, order, who, step))
    except (FaceDeskError, KeyboardInterrupt):
        if folder.path.exists() and folder.load().state == "running":
            print(f"Go on with:  python -m core batch --resume {folder.id}", file=sys.stderr)
        raise
    counts = count(batch, level)
    for row in batch.chosen:
        word, why = result_of(batch, row, level)
        if why:
            print(f"  {row.number:5}  {row.file}: {word}, {why.en}", file=sys.stderr)
    left = len(batch.rows) - counts.replaced - counts.failed
    print(f"{counts.replaced} replaced, {counts.failed} failed, {left} left out.")
    print(f"Take it back:  python -m core batch --undo {batch.id}")
    _write_result(batch, args)
    return ALL_DONE if counts.replaced == len(batch.rows) else SOME_NOT


def _undo(desk: Desk, folder: BatchFolder, args: argparse.Namespace) -> int:
    who = at_the_terminal()
    batch = _with_bar("restore", lambda step: undo_batch(desk, folder, who, step))
    for undone in batch.undone.values():
        if undone.reason:
            print(f"  {undone.number:5}  not restored: {undone.reason.en}", file=sys.stderr)
    counts = count(batch, batch.level)
    print(f"{counts.restored} restored, {counts.kept} left as they are.")
    _write_result(batch, args)
    return SOME_NOT if counts.kept else ALL_DONE


def _discard(folder: BatchFolder) -> int:
    left = discard(folder)
    kept = "; what it replaced can still be undone" if left else ""
    print(f"Batch {folder.id} is discarded{kept}.")
    return ALL_DONE


def _list(shelf: Shelf) -> int:
    for batch in shelf.listed():
        counts = count(batch, batch.level)
        print(
            f"{batch.id}  {batch.state:8}  {len(batch.rows):5} rows  {counts.replaced:5} replaced"
            f"  {batch.source}"
        )
    return ALL_DONE


def _print_rows(batch: Batch, only_problems: bool) -> None:
    """One line a row: its number, what it is for, and why it is not ready."""
    for row in batch.rows:
        word, why = result_of(batch, row, batch.level)
        if only_problems and word == "ready":
            continue
        said = why.en if why else ""
        if word == "objection" and row.verdict:
            said = f"{', '.join(row.verdict.objections)} (nearest: {row.verdict.nearest_id})"
        place = f"{row.identity_id} #{row.target.place + 1}" if row.target else row.identity_id
        print(f"  {row.number:5}  {word:9}  {place:16}  {row.file}  {said}".rstrip())


def _write_result(batch: Batch, args: argparse.Namespace) -> None:
    if args.result:
        args.result.write_bytes(results_csv(batch, batch.level))
        print(f"Written: {args.result}")


def _with_bar(what: str, work: Callable[[Step], Done]) -> Done:
    with tqdm(desc=what, unit="photo", disable=None) as bar:

        def step(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        return work(step)


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise argparse.ArgumentTypeError("expected row numbers with commas") from None
