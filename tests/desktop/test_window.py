"""Which window is chosen, and that closing it ends the server."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from core.desktop.window import app_command, find_browser, windows
from core.settings import ROOT

BROWSER = """#!{python}
import sys, urllib.request
address = next(word for word in sys.argv if word.startswith("--app=")).removeprefix("--app=")
page = urllib.request.urlopen(address, timeout=20).read().decode()
print("shown", address, "streamlit" in page.lower(), flush=True)
sys.exit({code})
"""


def put_browser(folder: Path, code: int = 0, name: str = "chromium") -> Path:
    """A browser that opens its page, says so, and is closed at once."""
    file = folder / name
    file.write_text(BROWSER.format(python=sys.executable, code=code))
    file.chmod(0o755)
    return file


def test_a_browser_with_app_mode_is_found_on_the_path(tmp_path: Path) -> None:
    file = put_browser(tmp_path, name="microsoft-edge")
    assert find_browser("linux", {"PATH": str(tmp_path)}) == file
    assert find_browser("linux", {"PATH": str(tmp_path / "none")}) is None


def test_on_windows_the_usual_places_are_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "Microsoft/Edge/Application/msedge.exe"
    file.parent.mkdir(parents=True)
    file.touch()
    env = {"PATH": "", "ProgramFiles": "", "ProgramFiles(x86)": str(tmp_path)}
    assert find_browser("win32", env) == file


def test_the_plain_browser_is_the_last_way(tmp_path: Path) -> None:
    put_browser(tmp_path)
    kinds = [window.kind for window in windows({"PATH": str(tmp_path)})]
    assert kinds[-2:] == ["app", "browser"]
    assert [window.kind for window in windows({"PATH": ""})][-1:] == ["browser"]


def test_the_window_has_a_profile_of_its_own(tmp_path: Path) -> None:
    words = app_command(tmp_path / "b", "http://127.0.0.1:1", "/p")
    assert {"--app=http://127.0.0.1:1", "--user-data-dir=/p"} <= set(words)


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for a browser is a script")
def test_closing_the_window_ends_the_server(tmp_path: Path) -> None:
    put_browser(tmp_path)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("FACEDESK_", "STREAMLIT_"))}
    env |= {"PATH": str(tmp_path), "FACEDESK_DATA": str(tmp_path / "data")}
    done = subprocess.run(
        [sys.executable, "-m", "core", "desktop"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("shown ")]
    _, address, is_page = line.split()
    assert is_page == "True"
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(address, timeout=2)
