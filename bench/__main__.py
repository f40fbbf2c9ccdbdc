"""``python -m bench [PART ...]``: all parts when none is named."""

from __future__ import annotations

import argparse
import platform
import sys
from datetime import date
from importlib import metadata
from pathlib import Path

from bench import (
    batch,
    camera,
    database,
    engines,
    fiqa,
    health,
    keep,
    memory,
    search,
    startup,
    trust,
    update,
)

PARTS = {
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
}
PACKAGES = ("streamlit", "onnxruntime", "insightface", "opencv-python", "dlib-bin", "sqlalchemy")


def main() -> int:
    """Run the parts asked for; the report goes to the screen and to bench/out/bench.md."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART")
    parser.add_argument("--rounds", type=int, default=30, help="interleaved rounds of each pair")
    args = parser.parse_args()
    lines = [f"Measured on {date.today()}, {machine()}.", ""]
    print("\n".join(lines), flush=True)
    for name in args.parts or list(PARTS):
        block = PARTS[name](args.rounds)
        print("\n".join(block) + "\n", flush=True)
        lines += [*block, ""]
    out = Path(__file__).parent / "out"
    out.mkdir(exist_ok=True)
    (out / "bench.md").write_text("\n".join(lines), encoding="utf-8")
    return 0


def machine() -> str:
    """Cores, Python and package versions."""
    versions = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    cores = len(__import__("os").sched_getaffinity(0))
    return f"{cores} cores, {platform.machine()}, Python {platform.python_version()}, {versions}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"


if __name__ == "__main__":
    sys.exit(main())
