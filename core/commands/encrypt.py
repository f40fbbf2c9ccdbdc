"""``python -m core encrypt``: encrypt the photos that are stored in plain."""

from __future__ import annotations

import argparse

from tqdm import tqdm

from core.commands.said import at_the_terminal, saying_errors, the_gallery


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments: what is encrypted already is left alone, so it can be run again."""


@saying_errors
def run(_args: argparse.Namespace) -> int:
    """Encrypt, with progress."""
    with the_gallery() as gallery:
        count = gallery.count_plain()
        with tqdm(total=count, unit="photo", disable=not count) as bar:
            for photos in gallery.encrypt(at_the_terminal()):
                bar.update(photos)
    print(f"{count} photo(s) were encrypted; nothing plain is left or accepted from now on.")
    return 0
