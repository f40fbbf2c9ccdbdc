"""``python -m core rekey --new-key-file FILE``: change the encryption key."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.said import at_the_terminal, saying_errors, the_gallery
from core.house import read_key_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file of the new key; the present one comes from the settings."""
    parser.add_argument(
        "--new-key-file", type=Path, required=True, metavar="FILE", help="holds the new key"
    )


@saying_errors
def run(args: argparse.Namespace) -> int:
    """Wrap all keys anew, and say what has to follow."""
    new = read_key_file(args.new_key_file)
    with the_gallery() as gallery:
        count = gallery.rekey(new, at_the_terminal())
    print(
        f"The keys of {count} person(s) are wrapped by the new key. Set FACEDESK_KEY_FILE to it, "
        "restart every FaceDesk of this gallery, and write the keys' backup anew."
    )
    return 0
