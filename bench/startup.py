"""From the command to a page that is ready, and to a loaded engine."""

from __future__ import annotations

import base64
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from bench.material import ROOT, engine_settings, photo

READY_S = 4.0
STARTS = 5


def report(_rounds: int) -> list[str]:
    """Seconds until the server answers and until its engine has answered a first call."""
    lines = [
        f"### Start, seconds, median of {STARTS} (page ready: target < {READY_S:.0f})",
        "",
        "| engine | page ready | first answer of the engine |",
        "| --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for name, settings in engine_settings(Path(folder)):
            env = {
                **os.environ,
                "FACEDESK_DATA": folder,
                "FACEDESK_ENGINE": settings.engine,
                "FACEDESK_MODELS": str(settings.models),
            }
            times = [_start(env) for _ in range(STARTS)]
            page = statistics.median(t[0] for t in times)
            engine = statistics.median(t[1] for t in times)
            lines.append(f"| {name} | {page:.1f} | {engine:.1f} |")
    return lines


def _start(env: dict[str, str]) -> tuple[float, float]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    start = time.perf_counter()
    server = subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _until(lambda: _get(f"{address}/"), 60)
        page = time.perf_counter() - start
        _until(lambda: _ready(address), 60)
        return page, time.perf_counter() - start
    finally:
        server.terminate()
        server.wait(10)


def _until(works: object, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if works():  # type: ignore[operator]
            return
        time.sleep(0.05)
    raise RuntimeError("the server did not get ready")


def _get(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def _ready(address: str) -> bool:
    """Whether a photo is answered, which waits for the engine to be loaded."""
    body = json.dumps({"image": base64.b64encode(photo(640, 480)).decode()}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/sophon/v2/face/detect", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status == 200
    except OSError:
        return False
