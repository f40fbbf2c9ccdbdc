"""Photos that were turned without saying so: which turn shows the main face upright."""

from __future__ import annotations

import math

import cv2

from core.engine.base import Engine, Face, Pixels
from core.engine.closer import BETTER
from core.engine.geometry import resized_to
from core.engine.level import is_upright, roll_deg
from core.engine.passes import merge, padded, surer, surest

_LEVEL_DEG = 30.0  # what a turn must lead to: beyond, an upright photo of a tilted head is likelier
_TURN_SIDE = 0.75  # of the first scale: as many turned photos are found for half of the time
_STRIDE = 32  # detectors take sides that this divides
_FAR_BETTER = 0.10  # a turn to an unsure face must beat what was found by this much
_TURN_CODES = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


def turned(pixels_bgr: Pixels, turn_deg: int) -> Pixels:
    """The pixels turned clockwise by 90, 180 or 270 degrees."""
    out: Pixels = cv2.rotate(pixels_bgr, _TURN_CODES[turn_deg])  # type: ignore[assignment]
    return out


def better_turn(engine: Engine, pixels_bgr: Pixels, faces: tuple[Face, ...]) -> int:
    """The clockwise turn at which the main face is clearly better than these, or 0.

    Where an upright face was found without a turn, the other must be sure, or far better.
    """
    side = _turn_side(engine)
    small, _ = resized_to(pixels_bgr, side)
    now = surest(faces) if faces else None
    keep_if_unsure = now is not None and is_upright(now)
    sure = engine.info.sure_score
    best, best_score = 0, 0.0
    if now and keep_if_unsure:
        best_score = min(max(sure, now.score + BETTER), now.score + _FAR_BETTER)
    for turn in _turn_order(now):
        candidate = _try(engine, turned(small, turn), side)
        if not candidate or abs(roll_deg(face := surest(candidate))) > _LEVEL_DEG:
            continue
        if face.score > best_score:
            best, best_score = turn, face.score
            if best_score >= surer(sure):
                break
    return best


def _turn_order(now: Face | None) -> tuple[int, ...]:
    """Turns to try, first the one that the eye line asks for."""
    if now is None or is_upright(now):
        return 90, 270, 180
    hint = round(-roll_deg(now) / 90) * 90 % 360
    return (hint, *(turn for turn in (90, 270, 180) if turn != hint))


def _try(engine: Engine, pixels_bgr: Pixels, side: int) -> tuple[Face, ...]:
    """Faces of one cheap pass, or of a still cheaper one with a border when there is none."""
    found = merge(engine.detect(pixels_bgr, side))
    return found or padded(engine, pixels_bgr, engine.info.scales[0] // 2)


def _turn_side(engine: Engine) -> int:
    """Side at which turns are tried, px."""
    return math.ceil(engine.info.scales[0] * _TURN_SIDE / _STRIDE) * _STRIDE
