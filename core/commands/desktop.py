"""``python -m core desktop``: FaceDesk in a window of its own; closing it ends the server."""

from __future__ import annotations

import argparse
import os

from core.commands.said import saying_errors
from core.desktop.server import serving
from core.desktop.window import windows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


@saying_errors
def run(args: argparse.Namespace) -> int:
    """Serve on a free port of this machine, and show it until the window is closed."""
    with serving(os.environ) as server:
        window = next(window for window in windows() if window.show(server.address))
        if not window.tells_end:
            print(f"FaceDesk is open in your browser: {server.address}. Ctrl+C ends it.")
            server.process.wait()
    return 0
