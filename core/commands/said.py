"""What the commands on the gallery share: its opening, and errors as one sentence."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import datetime

from core.errors import FaceDeskError
from core.gallery.records import Actor
from core.gallery.store import Gallery
from core.house import open_gallery
from core.settings import get_settings

Command = Callable[[argparse.Namespace], int]


def saying_errors(command: Command) -> Command:
    """The command, with our errors on standard error and 1 as its exit code."""

    def run(args: argparse.Namespace) -> int:
        try:
            return command(args)
        except FaceDeskError as error:
            print(error.message, file=sys.stderr)
            return 1

    run.__doc__ = command.__doc__
    return run


@saying_errors
def do_deed(args: argparse.Namespace) -> int:
    """Of a verb with several deeds the one that was asked for: ``args.deed(gallery, args)``."""
    with the_gallery() as gallery:
        args.deed(gallery, args)
    return 0


def minute(at: datetime | None) -> str:
    """A time in a list, as wide as "never" is made."""
    return f"{at:%Y-%m-%d %H:%M}" if at else f"{'never':16}"


def the_gallery() -> Gallery:
    """The gallery of the settings, without any engine. Raises NotReady."""
    return open_gallery(get_settings())


def at_the_terminal() -> Actor:
    """Who runs the command, by the system's name."""
    try:
        return Actor(operator=getpass.getuser(), source="cli")
    except (OSError, KeyError, ImportError):
        return Actor(source="cli")
