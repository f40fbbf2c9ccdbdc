"""Sample photos for demos, made from pictures of people that installed packages carry."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.errors import NotReady
from core.imaging.photo import Pixels


@dataclass(frozen=True, slots=True)
class Portrait:
    """Where a person's face is in a package's picture: left, top, right, bottom, px."""

    package: str
    file: str
    box_xyxy: tuple[int, int, int, int]


GROUP = ("insightface", "data/images/t1.jpg")
"""InsightFace's own test picture of six people."""

PORTRAITS: tuple[Portrait, ...] = (
    Portrait("skimage", "data/astronaut.png", (183, 69, 271, 174)),
    Portrait(*GROUP, (464, 266, 573, 415)),
    Portrait(*GROUP, (56, 261, 169, 398)),
    Portrait(*GROUP, (1130, 273, 1227, 401)),
    Portrait(*GROUP, (745, 342, 847, 480)),
    Portrait(*GROUP, (270, 145, 372, 270)),
    Portrait(*GROUP, (906, 59, 1011, 206)),
)
"""The demo's people; the first is the one that a newcomer sees."""


def picture(package: str, file: str) -> Pixels:
    """A picture that an installed package carries. Raises NotReady when it is not there."""
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    path = Path(next(iter(folders))) / file if folders else None
    if path is None or not path.is_file():
        raise NotReady(f"The demo needs a picture of the package {package}, which is missing.")
    pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise NotReady(f"The demo's picture in the package {package} cannot be read.")
    return pixels  # type: ignore[return-value]


def portrait(person: Portrait, face_px: int, around: float, shift: float = 0.0) -> Pixels:
    """A photo of one person.

    Args:
        person: who.
        face_px: width of the face, px.
        around: the photo's side as a multiple of the face's height.
        shift: by how much of the photo's side the face moves to the left, out of the picture.
    """
    whole = picture(person.package, person.file)
    left, top, right, bottom = person.box_xyxy
    side = (bottom - top) * around
    centre_x, centre_y = (left + right) / 2 + side * shift, (top + bottom) / 2 + side * 0.04
    x0, x1 = max(0, round(centre_x - side / 2)), min(whole.shape[1], round(centre_x + side / 2))
    y0, y1 = max(0, round(centre_y - side / 2)), min(whole.shape[0], round(centre_y + side / 2))
    scale = face_px / (right - left)
    size = (round((x1 - x0) * scale), round((y1 - y0) * scale))
    part = whole[y0:y1, x0:x1]
    how = cv2.INTER_LANCZOS4 if scale > 1 else cv2.INTER_AREA
    return cv2.resize(part, size, interpolation=how)  # type: ignore[return-value]


def blurred(pixels_bgr: Pixels, sigma_px: float) -> Pixels:
    """Out of focus: Gaussian blur of this width."""
    return cv2.GaussianBlur(pixels_bgr, (0, 0), sigma_px)  # type: ignore[return-value]


def darkened(pixels_bgr: Pixels, gain: float) -> Pixels:
    """Too little light: every value times ``gain``."""
    return (pixels_bgr * gain).astype(np.uint8)
