"""``python -m core restore FILE``: put a backup's gallery in place, after every check."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.said import at_the_terminal, saying_errors
from core.gallery.restoring import database_file, restore_backup
from core.house import master_key
from core.settings import get_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The backup, where to, its keys, and whether a gallery that is there may be put aside."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a file that backup wrote")
    parser.add_argument(
        "--into", type=Path, metavar="FOLDER", help="data folder (else the one of the settings)"
    )
    parser.add_argument(
        "--keys", type=Path, metavar="FILE", help="people's keys (else FILE.keys, if encrypted)"
    )
    parser.add_argument(
        "--revoke-tokens",
        action="store_true",
        help="end all tokens of the backup: those that were revoked since are valid in it",
    )
    parser.add_argument(
        "--force", action="store_true", help="keep a gallery that is there aside, in its folder"
    )


@saying_errors
def run(args: argparse.Namespace) -> int:
    """Restore, and say what came back."""
    settings = get_settings()
    if args.into is not None:
        target = args.into.resolve() / "gallery.db"
    else:
        target = database_file(settings.database_url)
    done = restore_backup(
        args.file,
        target,
        at_the_terminal(),
        key=master_key(settings),
        keys=args.keys,
        force=args.force,
        revoke_tokens=args.revoke_tokens,
    )
    manifest = done.manifest
    print(
        f"Restored as of {manifest.taken_at}: {manifest.people - done.dropped} person(s); "
        "hash, database, audit and version are right."
    )
    if done.dropped:
        print(f"{done.dropped} person(s) were erased since, and were left out.")
    if done.tokens or done.accounts:
        print(
            f"{done.tokens} valid token(s) and {done.accounts} open account(s) came back as they "
            "were then, also those that were ended since: look at 'token list' and 'user list'."
        )
    if done.aside:
        print(f"The gallery that was there is kept as {done.aside.name}.")
    return 0
