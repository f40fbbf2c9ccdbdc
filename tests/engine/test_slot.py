"""What loads in the background when its process has nothing left to do."""

from __future__ import annotations

import subprocess
import sys

from core.settings import ROOT

ENDS_FIRST = """
import time
from core.engine.quality_models import QualitySlot

def load():
    print("begun", flush=True)
    time.sleep(0.3)
    print("loaded", flush=True)
    return ()

QualitySlot(load).start()
"""


def test_a_process_that_ends_sooner_waits_for_it() -> None:
    """A thread that is cut off inside onnxruntime would end it with SIGABRT."""
    done = subprocess.run(
        [sys.executable, "-c", ENDS_FIRST], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["begun", "loaded"]
