"""Films for a camera that Chromium makes up: ``--use-file-for-fake-video-capture=FILE.mjpeg``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from core.imaging import samples
from core.imaging.photo import Pixels
from core.imaging.read import encode_jpeg

WIDE, TALL = 1280, 720
GREY_BGR = (112, 104, 98)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
"""Of a browser with a made-up camera that asks nobody and sends nothing anywhere.

The features: nobody sees the address bar's lists, and each page would load two pages for them.
"""


def write_film(file: Path, pictures: Iterable[Pixels], each: int = 1) -> Path:
    """Write a film: the JPEGs one after the other, every picture ``each`` times."""
    jpegs = (encode_jpeg(picture, 90) for picture in pictures)
    file.write_bytes(b"".join(jpeg * each for jpeg in jpegs))
    return file


def on_stage(picture: Pixels, share: float = 1.0) -> Pixels:
    """A picture in a camera's frame, ``share`` of its height; uint8 (720, 1280, 3)."""
    height, width = picture.shape[:2]
    zoom = min(TALL * share / height, WIDE * share / width)
    size = max(1, int(width * zoom)), max(1, int(height * zoom))
    how = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    small = cv2.resize(picture, size, interpolation=how)
    stage = np.full((TALL, WIDE, 3), GREY_BGR, np.uint8)
    top, left = TALL - size[1], (WIDE - size[0]) // 2
    stage[top:, left : left + size[0]] = small
    return stage


def approach(number: int) -> list[Pixels]:
    """One of the demo's people comes nearer: small and blurred at first, then good, swaying."""
    face = samples.portrait(samples.PORTRAITS[number], 190, 2.6)
    far = [on_stage(samples.blurred(face, 8.0), 0.4 + 0.02 * step) for step in range(15)]
    near = [on_stage(face, 0.9 + 0.004 * (step % 10)) for step in range(40)]
    return [*far, *near]
