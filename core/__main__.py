"""The caretaker: ``python -m core VERB …``; each verb's module is imported when it is called."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True, slots=True)
class Verb:
    """A module of ``core.commands`` and the line that ``--help`` shows for it."""

    module: str
    help: str


VERBS = {
    "backup": Verb("core.commands.backup", "write the whole gallery into one file"),
    "batch": Verb("core.commands.batch", "replace many photos from a ZIP or a folder"),
    "copy": Verb("core.commands.copy", "copy a gallery from SQLite to PostgreSQL or back"),
    "demo": Verb("core.commands.demo", "load the demo gallery, or write its sample photos"),
    "desktop": Verb("core.commands.desktop", "show FaceDesk in a window of its own"),
    "encrypt": Verb("core.commands.encrypt", "encrypt the photos that are stored in plain"),
    "erase": Verb("core.commands.erase", "remove a person and everything that names the person"),
    "fiqa": Verb("core.commands.fiqa", "calibrate the quality limits on a folder of photos"),
    "key": Verb("core.commands.key", "make an encryption key"),
    "models": Verb("core.commands.models", "list, download and check model packs"),
    "token": Verb("core.commands.token", "make, list and revoke tokens for the API"),
    "user": Verb("core.commands.user", "make, list and change the accounts of people"),
    "purge": Verb("core.commands.purge", "delete replaced photos that were kept long enough"),
    "reembed": Verb("core.commands.reembed", "re-extract all embeddings with the engine in use"),
    "rekey": Verb("core.commands.rekey", "change the encryption key"),
    "restore": Verb("core.commands.restore", "put a backup's gallery in place"),
    "thresholds": Verb("core.commands.thresholds", "measure the engines on labelled pairs"),
    "verify": Verb("core.commands.verify", "prove that nothing in the gallery is lost or changed"),
}


def build_parser(chosen: str | None = None) -> argparse.ArgumentParser:
    """The parser; only the chosen verb's module is imported and gets its arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m core",
        description="FaceDesk: replace a person's registered face photo safely.",
        epilog="python -m core VERB --help explains one verb.",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, verb in VERBS.items():
        sub = verbs.add_parser(name, help=verb.help, description=f"{verb.help.capitalize()}.")
        if name == chosen:
            module = import_module(verb.module)
            module.add_arguments(sub)
            sub.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = build_parser(words[0] if words else None)
    if not words:
        parser.print_help()
        return 2
    args = parser.parse_args(words)
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
