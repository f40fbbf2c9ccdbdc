from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from gallery_material import create, dump, swap, verified

from core.gallery.search import SearchMatrix
from core.gallery.store import SEAMS, Gallery

HERE = Path(__file__).resolve().parent

CHILD = """
import os, signal, sys
sys.path[:0] = [sys.argv[1], sys.argv[2]]
from gallery_material import swap
from core.gallery.store import Gallery

def die(step):
    if step == sys.argv[4]:
        os.kill(os.getpid(), signal.SIGKILL)

swap(Gallery.open(sys.argv[3], 10, 3, seam=die), sys.argv[5], 2)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_at_any_step_it_is_exactly_old_or_exactly_new(tmp_path: Path, url: str) -> None:
    with Gallery.open(url, 10, 3) as gallery:
        old = create(gallery).new
    files = {step: tmp_path / f"{step}.db" for step in SEAMS}
    for file in files.values():
        shutil.copy(tmp_path / "gallery.db", file)
    before = dump(tmp_path / "gallery.db")
    start = [sys.executable, "-c", CHILD, str(HERE.parents[1]), str(HERE)]
    children = [
        subprocess.Popen([*start, f"sqlite:///{file}", step, old.id])
        for step, file in files.items()
    ]
    assert {child.wait(60) for child in children} == {-signal.SIGKILL}
    for step, file in files.items():
        with Gallery.open(f"sqlite:///{file}", 10, 3) as gallery:
            current = verified(gallery)
            if step == "committed":
                assert gallery.photo(old.id).replaced_by == current[0]
            else:
                assert current == [old.id]
                assert dump(file) == before
            assert len(SearchMatrix(gallery, "toy-1")) == 1
            assert verified(gallery) != [swap(gallery, current[0], 3).new.id]
