"""``python -m core key new``: make an encryption key."""

from __future__ import annotations

import argparse

from core.gallery.cipher import new_key, write_key


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do: ``new``."""
    parser.add_argument("what", choices=["new"], help="print a new key, 32 bytes as base64")


def run(_args: argparse.Namespace) -> int:
    """Print a key."""
    print(write_key(new_key()))
    return 0
