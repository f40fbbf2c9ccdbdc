"""``python -m core.desktop.serve PORT``: the server, for whoever started it and no longer.

It ends when its standard input closes, and that the system does however its starter ends.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading


def main() -> None:
    """Run Streamlit on this loopback port."""
    threading.Thread(target=_end_with_starter, daemon=True).start()
    sys.argv = ["streamlit", "run", "app.py", "--server.port", sys.argv[1]]
    runpy.run_module("streamlit", run_name="__main__")


def _end_with_starter() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
