"""Memory of a server process: idle with its engine, and what a 24 MP photo adds and gives back."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.material import engine_settings

SIZE_WH = (6000, 4000)
IDLE_MB, GROWTH_MB = 450, 150

_CHILD = """
import base64, json, sys, time
import streamlit, starlette, uvicorn, streamlit.web.server  # what the server has loaded beside us
from pathlib import Path
from bench.material import photo
from bench.memory import SIZE_WH, peak_mb, rss_mb
from core.calls.perform import perform
from core.calls.table import BY_FUNCTION
from core.gallery.records import Actor
from core.house import build_desk
from core.settings import Settings

small = base64.b64encode(photo(640, 480)).decode()
desk = build_desk(Settings.model_validate_json(sys.argv[1]))
desk.vision.engine
idle = rss_mb()
def call(text):
    answer = perform(BY_FUNCTION["search"], {"image": text}, Actor(), lambda: desk)
    assert "matches" in answer, answer
call(small); warm = rss_mb()
peaks = []
for _ in range(3):
    peaks.append(peak_mb(lambda: call(Path(sys.argv[2]).read_text())))
print(json.dumps({"idle": idle, "warm": warm, "peak": max(peaks), "after": rss_mb()}))
"""


def report(_rounds: int) -> list[str]:
    """One row an engine, each in a fresh process."""
    lines = [
        f"### Memory, MB resident; photo of {SIZE_WH[0] * SIZE_WH[1] / 1e6:.0f} MP",
        "",
        f"| engine | idle (< {IDLE_MB}) | after a small photo | peak with the large one | "
        f"growth (< {GROWTH_MB}) | afterwards |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "photo.txt"
        _write_photo(text)
        for name, settings in engine_settings(Path(folder)):
            command = [sys.executable, "-c", _CHILD, settings.model_dump_json(), str(text)]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            m = json.loads(run.stdout.splitlines()[-1])
            growth = m["peak"] - m["warm"]
            figures = (m["idle"], m["warm"], m["peak"], growth, m["after"])
            lines.append(f"| {name} | " + " | ".join(f"{value:.0f}" for value in figures) + " |")
    return lines


def _write_photo(text: Path) -> None:
    code = (
        "import base64, sys; from bench.material import photo; from bench.memory import SIZE_WH;"
        "open(sys.argv[1], 'w').write(base64.b64encode(photo(*SIZE_WH)).decode())"
    )
    subprocess.run([sys.executable, "-c", code, str(text)], check=True)


def rss_mb() -> float:
    """Resident memory of this process now."""
    return _status("VmRSS")


def peak_mb(work: object) -> float:
    """Highest resident memory while ``work`` runs (Linux: the peak is reset before)."""
    Path("/proc/self/clear_refs").write_text("5")
    work()  # type: ignore[operator]
    return _status("VmHWM")


def _status(field: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"{field} is not known here")
