"""``python -m core backup FILE``: write the whole gallery, while it is in use, into one file."""

from __future__ import annotations

import argparse
from pathlib import Path

from tqdm import tqdm

from core.commands.said import at_the_terminal, saying_errors, the_gallery
from core.gallery.backup import keys_beside


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The new file; ``--keys-only`` writes people's keys of an encrypted gallery alone."""
    parser.add_argument("file", type=Path, metavar="FILE", help="new file; nothing is overwritten")
    parser.add_argument(
        "--keys-only", action="store_true", help="only people's keys, over an older file of keys"
    )


@saying_errors
def run(args: argparse.Namespace) -> int:
    """Back up, and say what is in it."""
    with the_gallery() as gallery:
        if args.keys_only:
            count = gallery.backup_keys(args.file, at_the_terminal())
            print(f"{args.file}: keys of {count} person(s).")
            return 0
        with tqdm(unit="page") as bar:
            manifest = gallery.backup(
                args.file, at_the_terminal(), lambda done, of: _show(bar, done, of)
            )
    print(
        f"{args.file}: {manifest.people} person(s), {manifest.photos} photo(s), "
        f"{manifest.size_bytes / 1e6:.1f} MB, SHA-256 {manifest.sha256}"
    )
    if manifest.master_id:
        print(
            f"{keys_beside(args.file)}: people's keys, wrapped by the master key. Keep them in "
            "another place than the backup, and only the newest."
        )
    return 0


def _show(bar: tqdm[None], done: int, of: int) -> None:
    bar.total = of
    bar.update(done - bar.n)
