"""``python -m core copy FROM TO``: a gallery into another database, SQLite or PostgreSQL."""

from __future__ import annotations

import argparse
from contextlib import closing

from tqdm import tqdm

from core.commands.said import at_the_terminal, saying_errors
from core.gallery.copying import copy_gallery, url_of
from core.gallery.database import Database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """From where, and where to."""
    parser.epilog = (
        "Each is a SQLite file, a database's URL, or env:NAME for a URL in an environment variable "
        "(on the command line everybody on this machine can read its password). Stop FaceDesk "
        "before, if what is changed meanwhile must not be missing in the copy."
    )
    parser.add_argument("source", metavar="FROM", help="the gallery to copy; it stays as it is")
    parser.add_argument("target", metavar="TO", help="new database, or an unfinished copy")


@saying_errors
def run(args: argparse.Namespace) -> int:
    """Copy, compare, and say what is there now."""
    source, target = url_of(args.source, exists=True), url_of(args.target, exists=False)
    with (
        closing(Database(source)) as old,
        closing(Database(target, for_copy=True)) as new,
        tqdm(unit="row") as bar,
    ):
        done = copy_gallery(old, new, at_the_terminal(), lambda now, of: _show(bar, now, of))
    print(
        f"Copied and compared: {done.rows['identity']} person(s), "
        f"{done.rows['registered_photo']} photo(s), {done.audit_id} audit row(s); the chain's last "
        f"hash is {done.audit_hash or 'none'}."
    )
    return 0


def _show(bar: tqdm[None], now: int, of: int) -> None:
    bar.total = of
    bar.update(now - bar.n)
