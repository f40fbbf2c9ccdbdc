"""The window: pywebview where it is installed, else a browser's app mode, else a plain browser."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

TITLE = "FaceDesk"
SIZE = (1440, 900)

COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "microsoft-edge-stable",
    "brave-browser",
    "msedge",
    "chrome",
)
"""Browsers with an app mode, as they are called on the PATH."""

FILES = {
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ),
    "win32": (
        "%ProgramFiles%/Google/Chrome/Application/chrome.exe",
        "%ProgramFiles(x86)%/Microsoft/Edge/Application/msedge.exe",
        "%ProgramFiles%/Microsoft/Edge/Application/msedge.exe",
        "%LocalAppData%/Google/Chrome/Application/chrome.exe",
    ),
}
"""Where they lie when they are not on the PATH, by platform."""


@dataclass(frozen=True, slots=True)
class Window:
    """A way to show an address.

    Attributes:
        kind: pywebview, app (a browser's app mode) or browser (a tab in the usual one).
        show: opens it, returns when it is closed; False when it could not be opened.
        tells_end: whether it stays until it is closed; a tab of the usual browser does not.
    """

    kind: str
    show: Callable[[str], bool]
    tells_end: bool = True


def windows(env: Mapping[str, str] = os.environ) -> Iterator[Window]:
    """The ways that this machine has, best first."""
    if importlib.util.find_spec("webview") is not None:
        yield Window("pywebview", _show_in_webview)
    browser = find_browser(sys.platform, env)
    if browser is not None:
        yield Window("app", partial(_show_as_app, browser))
    yield Window("browser", webbrowser.open, tells_end=False)


def find_browser(platform: str, env: Mapping[str, str]) -> Path | None:
    """A browser with an app mode; None when there is none."""
    for command in COMMANDS:
        if found := shutil.which(command, path=env.get("PATH")):
            return Path(found)
    for file in FILES.get(platform, ()):
        for name in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData"):
            file = file.replace(f"%{name}%", env.get(name, ""))
        if Path(file).is_file():
            return Path(file)
    return None


def app_command(browser: Path, address: str, profile: str) -> list[str]:
    """The command of a window without tabs, in a profile of its own."""
    return [
        str(browser),
        f"--app={address}",
        f"--user-data-dir={profile}",
        f"--window-size={SIZE[0]},{SIZE[1]}",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]


def _show_in_webview(address: str) -> bool:
    webview: Any = importlib.import_module("webview")
    try:
        webview.create_window(TITLE, address, width=SIZE[0], height=SIZE[1])
        webview.start()
    except webview.errors.WebViewException:  # there is no toolkit to draw with
        return False
    return True


def _show_as_app(browser: Path, address: str) -> bool:
    # A profile of its own keeps the browser from handing over to a window that is open already,
    # and goes with the window: no photo stays behind in a browser's cache.
    with tempfile.TemporaryDirectory(prefix="facedesk-", ignore_cleanup_errors=True) as profile:
        return subprocess.run(app_command(browser, address, profile), check=False).returncode == 0
