"""``python -m bench [PART ...]``: the side-by-side when none is named, ``all`` for every part."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from datetime import date
from functools import partial
from importlib import metadata
from pathlib import Path

from bench import (
    accuracy,
    batch,
    camera,
    database,
    engines,
    fiqa,
    health,
    keep,
    memory,
    pages,
    search,
    serve,
    side,
    startup,
    trust,
    update,
)
from bench.writing import draw, write_block

PARTS = {
    "side": side.report,
    "accuracy": accuracy.report,
    "serve": serve.report,
    "update": update.report,
    "keep": keep.report,
    "trust": trust.report,
    "memory": memory.report,
    "start": startup.report,
    "engines": engines.report,
    "fiqa": fiqa.report,
    "search": search.report,
    "camera": camera.report,
    "database": database.report,
    "health": health.report,
    "batch": batch.report,
    "pages": pages.report,
}
DEFAULT = ["side", "accuracy"]
PACKAGES = ("streamlit", "onnxruntime", "insightface", "opencv-python", "dlib-bin", "sqlalchemy")


def main() -> int:
    """Run the parts asked for; the report goes to the screen and to bench/out/bench.md."""
    args = _arguments()
    parts = PARTS | {
        "side": partial(side.report, draw=draw if args.write else None),
        "serve": partial(serve.report, requests=args.requests),
    }
    lines = []
    for name in list(PARTS) if "all" in args.parts else args.parts or DEFAULT:
        before = _load()
        block = parts[name](args.rounds)
        said = f"Measured on {date.today()}, {machine()}. Load before {before}, after {_load()}."
        block = [*block, "", said]
        print("\n".join(block) + "\n", flush=True)
        if args.write:
            write_block(name, block)
        lines += [*block, ""]
    out = Path(__file__).parent / "out"
    out.mkdir(exist_ok=True)
    (out / "bench.md").write_text("\n".join(lines), encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, "all", []], metavar="PART")
    parser.add_argument("--rounds", type=int, default=30, help="interleaved rounds of each pair")
    parser.add_argument(
        "--requests",
        type=int,
        default=serve.MEMORY_REQUESTS,
        help="of serve: over so many replacements memory has to stay flat",
    )
    parser.add_argument("--write", action="store_true", help="put the results into docs/ as well")
    return parser.parse_args()


def _load() -> str:
    """Processes that wanted a core in the last minute; beside ours they are the noise."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def machine() -> str:
    """Cores, Python and package versions."""
    versions = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {platform.machine()}, Python {platform.python_version()}, {versions}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"


if __name__ == "__main__":
    sys.exit(main())
