"""The photos that everything is measured on: close-ups of three sizes, a small face far away, and
one as telephones write it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from bench.material import SHARED
from core.imaging import samples
from core.imaging.photo import Pixels
from core.imaging.read import encode_jpeg

CLOSE_UP = SHARED / "photos" / "people" / "img49.jpg"
"""A real close-up of 12.6 MP; where it is missing a demo picture is enlarged."""

CLOSE = "12 MP close-up"
"""The photo that targets are set for."""

SMALL_FACE_SIDE = 330
"""Side of the close-up that is set into the large scene, px: its face is about 170 px high."""


ORIENTATION, QUARTER_TURN = 0x0112, 6
"""Exif: to be seen, the picture has to be turned clockwise by 90 degrees."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One photo: its size as it is stored, its JPEG file, whether that says to turn it."""

    name: str
    size_wh: tuple[int, int]
    data: bytes
    turned: bool = False


def make_scenes() -> tuple[Scene, ...]:
    """The five of the side-by-side, ``CLOSE`` first."""
    whole = _close_up()
    sizes = {CLOSE: (4000, 3000), "2 MP": (1600, 1200), "24 MP": (6000, 4000)}
    close = [Scene(name, size, _sized(whole, size)) for name, size in sizes.items()]
    far = Scene("12 MP, small face", (4000, 3000), _far_away(whole, (4000, 3000)))
    upright = Scene("12 MP, turned by Exif", (3000, 4000), _lying(close[0].data), turned=True)
    return (*close, far, upright)


def make_small() -> bytes:
    """A photo of 640x480."""
    return _sized(_close_up(), (640, 480))


def _close_up() -> Pixels:
    if CLOSE_UP.is_file():
        data = np.frombuffer(CLOSE_UP.read_bytes(), np.uint8)
        return cv2.imdecode(data, cv2.IMREAD_COLOR)  # type: ignore[return-value]
    return samples.portrait(samples.PORTRAITS[0], face_px=180, around=2.6)


def _sized(whole: Pixels, size_wh: tuple[int, int]) -> bytes:
    """Its middle, of this size, with a sensor's grain."""
    width, height = size_wh
    shown_w = min(whole.shape[1], whole.shape[0] * width // height)
    shown_h = shown_w * height // width
    left = (whole.shape[1] - shown_w) // 2
    part = whole[:shown_h, left : left + shown_w]
    how = cv2.INTER_CUBIC if width > shown_w else cv2.INTER_AREA
    return _grained(cv2.resize(part, size_wh, interpolation=how))


def _far_away(whole: Pixels, size_wh: tuple[int, int]) -> bytes:
    """A wall in uneven light, and the person before it."""
    width, height = size_wh
    blotches = np.random.default_rng(1).normal(150, 25, (height // 100, width // 100, 3))
    wall = cv2.resize(np.clip(blotches, 0, 255).astype(np.uint8), size_wh)
    side = min(whole.shape[:2])
    left = (whole.shape[1] - side) // 2
    face = cv2.resize(
        whole[:side, left : left + side],
        (SMALL_FACE_SIDE, SMALL_FACE_SIDE),
        interpolation=cv2.INTER_AREA,
    )
    top, left = height // 3, width // 2
    wall[top : top + SMALL_FACE_SIDE, left : left + SMALL_FACE_SIDE] = face
    return _grained(wall)


def _lying(jpeg: bytes) -> bytes:
    """The same picture as a telephone held upright writes it: lying, with a note to turn it."""
    exif, file = Image.Exif(), io.BytesIO()
    exif[ORIENTATION] = QUARTER_TURN
    lying = Image.open(io.BytesIO(jpeg)).transpose(Image.Transpose.ROTATE_90)
    lying.save(file, "JPEG", quality=90, exif=exif)
    return file.getvalue()


def _grained(pixels_bgr: cv2.typing.MatLike) -> bytes:
    height, width = pixels_bgr.shape[:2]
    grain = np.random.default_rng(0).normal(0, 4, (height, width, 1)).astype(np.float32)
    return encode_jpeg(np.clip(pixels_bgr + grain, 0, 255).astype(np.uint8), 90)
