"""``python -m core erase ID``: remove a person and everything that names the person."""

from __future__ import annotations

import argparse
import sys

from core.batch.shelf import Shelf
from core.commands.said import at_the_terminal, saying_errors, the_gallery
from core.settings import get_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The identity, and ``--yes`` for scripts."""
    parser.add_argument("identity_id", metavar="ID", help="identity to erase")
    parser.add_argument("--yes", action="store_true", help="do not ask")


@saying_errors
def run(args: argparse.Namespace) -> int:
    """Ask, erase, and say what is left to do; exit code 1 when it was not confirmed."""
    with the_gallery() as gallery:
        if not args.yes and not _confirmed(args.identity_id):
            print("Nothing was erased.", file=sys.stderr)
            return 1
        done = gallery.erase(args.identity_id, at_the_terminal())
        encrypted = gallery.vault.master is not None
        Shelf(get_settings().data, gallery.vault.master).forget(args.identity_id)
        in_postgresql = gallery.database.kind.name == "postgresql"
    print(
        f"Erased: {done.photos} photo(s), and the person's name in {done.audit_rows} audit row(s). "
        f"What remains is audit row {done.audit_id} under the pseudonym {done.pseudonym}."
    )
    if not done.wiped:
        print(
            "A reader holds the database's log, where bytes are left until it is done; the running "
            "server wipes it within a minute."
        )
    if in_postgresql:
        print(
            "PostgreSQL keeps the bytes in its files until their space is used again: "
            "docs/keeping.md says how to remove them at once."
        )
    if encrypted:
        print("Write the keys anew, so that older backups forget as well: backup --keys-only FILE")
    else:
        print("Backups that were taken before still hold the person: delete them in time.")
    return 0


def _confirmed(identity_id: str) -> bool:
    print("This removes the person's photos, embeddings, data and history. There is no way back.")
    try:
        return input(f"Type the identity's id ({identity_id}) to go on: ").strip() == identity_id
    except EOFError:
        return False
