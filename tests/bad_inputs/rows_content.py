"""E. Picture content: whole files that show the wrong thing."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from core.imaging import samples
from core.imaging.photo import Pixels
from core.imaging.read import encode_jpeg
from tests.bad_inputs.bench import Bench, Row, photo_row

JING = samples.PORTRAITS[0]  # fmt: skip


def portrait(face_px: int = 190, around: float = 2.6, shift: float = 0.0) -> Pixels:
    return samples.portrait(JING, face_px, around, shift)


def shows(
    name: str, code: int, make: Callable[[], Pixels], quality: int = 95, **fields: str
) -> Row:
    return photo_row(name, code, lambda bench: encode_jpeg(make(), quality), **fields)


def known(name: str, code: int, which: str, **fields: str) -> Row:
    """A photo of the desk's own table."""
    return photo_row(name, code, lambda bench: bench.pictures[which], **fields)


def flat(value: int) -> Callable[[], Pixels]:
    return lambda: np.full((480, 360, 3), value, np.uint8)


def snow() -> Pixels:
    return np.random.default_rng(3).integers(0, 256, (480, 360, 3), dtype=np.uint8)


def drawn() -> Pixels:
    """Two eyes and a mouth: a face to people, not to the engine."""
    canvas = np.full((480, 480, 3), 230, np.uint8)
    cv2.circle(canvas, (240, 240), 180, (60, 200, 250), -1)
    for x in (180, 300):
        cv2.circle(canvas, (x, 190), 24, (20, 20, 20), -1)
    cv2.ellipse(canvas, (240, 300), (90, 50), 0, 0, 180, (20, 20, 20), 10)
    return canvas


def cut_at(edge: str, left: float) -> Callable[[], Pixels]:
    """This much of the portrait is left, the rest lies beyond one border; 0.5 is half a face."""

    def make() -> Pixels:
        whole = portrait()
        height, width = (round(side * left) for side in whole.shape[:2])
        parts = {
            "left": whole[:, -width:],
            "right": whole[:, :width],
            "top": whole[-height:],
            "bottom": whole[:height],
        }
        return np.ascontiguousarray(parts[edge])

    return make


def half_shadow(light: float) -> Callable[[], Pixels]:
    def make() -> Pixels:
        whole = portrait().astype(np.float32)
        whole[:, : whole.shape[1] // 2] *= light
        return whole.astype(np.uint8)

    return make


def smeared() -> Pixels:
    kernel = np.zeros((31, 31), np.float32)
    kernel[15] = 1 / 31
    return cv2.filter2D(portrait(), -1, kernel)  # type: ignore[return-value]  # fmt: skip


def enlarged() -> Pixels:
    small = cv2.resize(portrait(), None, fx=0.06, fy=0.06, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, None, fx=16, fy=16, interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]  # fmt: skip


def bleached(gain: float, more: float) -> Callable[[], Pixels]:
    def make() -> Pixels:
        return np.clip(portrait().astype(np.float32) * gain + more, 0, 255).astype(np.uint8)

    return make


def covered() -> Pixels:
    """A black bar over the eyes and another over the mouth."""
    whole = portrait().copy()
    height = whole.shape[0]  # fmt: skip
    whole[int(height * 0.38) : int(height * 0.5)] = 0
    whole[int(height * 0.56) : int(height * 0.72)] = 0
    return whole


def upside_down(bench: Bench) -> bytes:
    return encode_jpeg(np.ascontiguousarray(portrait()[::-1, ::-1]))


STRICT = {"identity_check": "strict"}
NO_DOUBLE = {"identity_check": "off", "duplicate_check": "strict"}

ROWS = [
    shows("E82 flat grey", 40004, flat(128)),
    shows("E82 black", 40004, flat(0)),
    shows("E82 white", 40004, flat(255)),
    shows("E82 noise", 40004, snow),
    known("E82 a cup of coffee", 40004, "nobody"),
    known("E83 a group: the largest, with a note", 0, "group", fiqa_level="high",
          says="the largest was taken"),
    shows("E85 a drawn face", 40004, drawn),
    # A face that is found is refused by the item it fails; half a face is no face to the engine.
    shows("E86 cut at the left", 40006, cut_at("left", 0.62), says="partial"),
    shows("E86 cut at the right", 40006, cut_at("right", 0.62), says="partial"),
    shows("E86 cut at the top", 40006, cut_at("top", 0.66), says="partial"),
    shows("E86 cut at the bottom", 40006, cut_at("bottom", 0.58), says="partial"),
    shows("E86 half a face at the left", 40004, cut_at("left", 0.52)),
    shows("E86 half a face at the top", 40004, cut_at("top", 0.52)),
    shows("E86 half a face at the bottom", 40004, cut_at("bottom", 0.48)),
    shows("E87 a tiny face", 40006, lambda: portrait(36, 9.0), says="face_size"),
    photo_row("E88 upside down", 0, upside_down, most_times=3.0),
    shows("E89 eyes and mouth covered", 40004, covered),
    known("E90 out of focus", 40006, "jing_blurred", says="clarity"),
    shows("E90 moved", 40006, smeared, says="clarity"),
    shows("E90 enlarged from a stamp", 40006, enlarged, fiqa_level="high"),
    shows("E90 JPEG of quality 1", 40006, portrait, 1, fiqa_level="high"),
    shows("E91 too dark", 40006, lambda: samples.darkened(portrait(), 0.12), says="brightness"),
    shows("E91 too bright", 40006, bleached(1.3, 90), says="brightness"),
    shows("E91 burnt out: no face to be found", 40004, bleached(3, 90)),
    shows("E91 half in the shadow", 40006, half_shadow(0.2), says="detection"),
    shows("E91 half in black: no face to be found", 40004, half_shadow(0.08)),
    known("E93 another person, strict", 40902, "fang", **STRICT),
    known("E95 somebody else's face, strict", 40903, "ming", **NO_DOUBLE),
    known("E93 another person, only warned of", 0, "fang"),
]  # fmt: skip
