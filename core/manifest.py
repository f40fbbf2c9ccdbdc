"""The web app manifest (W3C), by which a browser can install FaceDesk like a program."""

from __future__ import annotations

from typing import Any, Final

FOLDER: Final = "facedesk"
"""The path, below the pages', of what the browser needs to install them."""

ADDRESS: Final = f"{FOLDER}/manifest.webmanifest"
ICON_SIDES: Final = (192, 512)
"""Sides of the square icons, px."""


def manifest() -> dict[str, Any]:
    """The document; its addresses are relative to its own."""
    return {
        "id": "/",
        "name": "FaceDesk",
        "short_name": "FaceDesk",
        "description": "Replace a person's registered face photo safely.",
        "start_url": "..",
        "scope": "..",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0b6477",
        "icons": [
            {"src": f"icon-{side}.png", "sizes": f"{side}x{side}", "type": "image/png"}
            for side in ICON_SIDES
        ],
    }
