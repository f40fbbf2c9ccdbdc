"""How a photo's faces are found, the same way for every engine: few passes, more when needed.

1. One pass at the engine's first scale. One large face it is sure of ends the search: the case of
   a portrait, and the fast path.
2. Else a pass at each further scale; the passes' faces are merged.
3. Nothing found: the photo with a border, for detectors miss faces that fill the picture.
4. Small and not sure: a closer look at the face, as it is and upside down.
5. Nothing upright that the engine is sure of: the photo turned by 90, 180 and 270 degrees, each
   tried with a pass at three quarters of the first scale, or one with a border at half of it; a
   turn is taken when the face is clearly better that way.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from core.engine.base import Engine, Face, Floats, Pixels
from core.engine.closer import BETTER, stands_upright
from core.engine.geometry import resized_to
from core.engine.level import is_upright, roll_deg

SECOND_SCALE, PADDED = "second_scale", "padded"
TURNED = {90: "turned_90", 180: "turned_180", 270: "turned_270"}
MERGE_IOU = 0.4
_BORDER = 0.5  # of the side, on each side of the picture
_LEVEL_DEG = 30.0  # what a turn must lead to: beyond, an upright photo of a tilted head is likelier
_TURN_SIDE = 0.75  # of the first scale: as many turned photos are found for half of the time
_STRIDE = 32  # detectors take sides that this divides
_FAR_BETTER = 0.10  # a turn to an unsure face must beat what was found by this much
_SURER = 0.2  # beyond doubt: this share of the way from the sure score to 1
_TURN_CODES = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What was found and what it took.

    Attributes:
        faces: largest first, in coordinates of ``pixels_bgr``.
        pixels_bgr: uint8 (H, W, 3): the photo that came in, turned when ``turn_deg`` is not 0.
        turn_deg: clockwise turn that made it upright: 0, 90, 180 or 270.
        steps: what was needed beyond the first pass: ``second_scale``, ``padded``, ``turned_90``,
            ``turned_180``, ``turned_270``.
    """

    faces: tuple[Face, ...]
    pixels_bgr: Pixels
    turn_deg: int
    steps: tuple[str, ...]


def find_faces(
    engine: Engine,
    pixels_bgr: Pixels,
    unsure: Callable[[tuple[Face, ...]], None] = lambda faces: None,
) -> Finding:
    """All faces in uint8 (H, W, 3) BGR pixels; none at all is a finding with no faces.

    ``unsure`` hears what the first pass found where more are needed, before they begin.
    """
    first = _first_pass(engine, pixels_bgr)
    if not _is_enough(engine, first, pixels_bgr):
        unsure(first)
    faces, steps = _search_on(engine, pixels_bgr, first)
    if _is_sure(engine, faces, steps) or _is_sure_from_near(engine, pixels_bgr, faces):
        return Finding(faces, pixels_bgr, 0, steps)
    turn = _better_turn(engine, pixels_bgr, first or faces)
    if not turn:
        return Finding(faces, pixels_bgr, 0, steps)
    upright = turned(pixels_bgr, turn)
    found, steps = _search_on(engine, upright, _first_pass(engine, upright))
    return Finding(found, upright, turn, (TURNED[turn], *steps))


def find_upright(engine: Engine, pixels_bgr: Pixels) -> tuple[Face, ...]:
    """Faces in a frame of a film, largest first, with few passes; perhaps none.

    One pass where it finds a face that the engine is sure of; else as ``find_faces`` but for the
    turns, for a camera stands upright.
    """
    first = _first_pass(engine, pixels_bgr)
    if first and _surest(first).score >= engine.info.sure_score:
        return first
    return _search_on(engine, pixels_bgr, first)[0]


def turned(pixels_bgr: Pixels, turn_deg: int) -> Pixels:
    """The pixels turned clockwise by 90, 180 or 270 degrees."""
    out: Pixels = cv2.rotate(pixels_bgr, _TURN_CODES[turn_deg])  # type: ignore[assignment]
    return out


def merge(faces: list[Face]) -> tuple[Face, ...]:
    """Faces of several passes, each person once: the surest of those that overlap, largest first.

    Greedy suppression at an intersection over union of 0.4; faces that are not finite or have no
    area are dropped.
    """
    usable = [f for f in faces if f.area > 0 and _is_finite(f)]
    if not usable:
        return ()
    usable.sort(key=lambda f: -f.score)
    boxes = np.stack([f.box_xyxy for f in usable])
    left = np.ones(len(usable), bool)
    kept: list[Face] = []
    for index, face in enumerate(usable):
        if left[index]:
            kept.append(face)
            left &= _overlaps(face.box_xyxy, boxes) <= MERGE_IOU
    return tuple(sorted(kept, key=lambda f: -f.area))


def _is_finite(face: Face) -> bool:
    return bool(np.isfinite(face.box_xyxy).all() and np.isfinite(face.points_xy).all())


def _overlaps(box: Floats, boxes: Floats) -> Floats:
    """Intersection over union of one box (4,) with many (N, 4), float32 (N,)."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    union = float(np.prod(box[2:] - box[:2])) + areas - common
    out: Floats = (common / union).astype(np.float32)
    return out


def _first_pass(engine: Engine, pixels_bgr: Pixels) -> tuple[Face, ...]:
    return merge(engine.detect(pixels_bgr, engine.info.scales[0]))


def _search_on(
    engine: Engine, pixels_bgr: Pixels, first: tuple[Face, ...]
) -> tuple[tuple[Face, ...], tuple[str, ...]]:
    """Faces of the photo as it stands, after its first pass, and the further steps it took."""
    faces, steps = first, []
    if not _is_enough(engine, faces, pixels_bgr):
        for side in engine.info.scales[1:]:
            faces = merge([*faces, *engine.detect(pixels_bgr, side)])
        steps.append(SECOND_SCALE)
    if not faces:
        faces = _padded(engine, pixels_bgr, engine.info.scales[0])
        steps.append(PADDED)
    return faces, tuple(steps) if faces else ()


def _is_enough(engine: Engine, faces: tuple[Face, ...], pixels_bgr: Pixels) -> bool:
    """Whether one pass will do: a single face, sure and large.

    Smaller people beside a large face would not matter; where there are two faces there may be
    more.
    """
    return (
        len(faces) == 1
        and faces[0].score >= engine.info.sure_score
        and _is_large(engine, faces[0], pixels_bgr)
    )


def _padded(engine: Engine, pixels_bgr: Pixels, side: int) -> tuple[Face, ...]:
    """Faces of the picture with a black border around it, in the picture's coordinates."""
    small, scale = resized_to(pixels_bgr, round(side / (1 + 2 * _BORDER)))
    across, down = round(small.shape[1] * _BORDER), round(small.shape[0] * _BORDER)
    framed: Pixels = cv2.copyMakeBorder(  # type: ignore[assignment]
        small, down, down, across, across, cv2.BORDER_CONSTANT, value=(0, 0, 0)
    )
    found = engine.detect(framed, side)
    return merge([f.mapped(scale, (-across * scale, -down * scale)) for f in found])


def _surest(faces: tuple[Face, ...]) -> Face:
    """The best-scored of the faces that are at least half as large as the largest."""
    large = [f for f in faces if f.area >= faces[0].area / 4]
    return max(large, key=lambda f: f.score)


def _is_sure(engine: Engine, faces: tuple[Face, ...], steps: tuple[str, ...]) -> bool:
    """Whether no turn needs to be tried; after further passes a higher score is asked for.

    Some upside-down faces reach the sure score at the second scale, with points as if upright.
    """
    if not faces:
        return False
    sure = engine.info.sure_score
    face = _surest(faces)
    return face.score >= (_surer(sure) if steps else sure) and is_upright(face)


def _is_sure_from_near(engine: Engine, pixels_bgr: Pixels, faces: tuple[Face, ...]) -> bool:
    """The same of a small face, of which the whole photo tells little, turned or not."""
    if not faces:
        return False
    face = _surest(faces)
    return not _is_large(engine, face, pixels_bgr) and stands_upright(engine, pixels_bgr, face)


def _is_large(engine: Engine, face: Face, pixels_bgr: Pixels) -> bool:
    return bool(max(face.size_wh) >= engine.info.large_face * max(pixels_bgr.shape[:2]))


def _surer(sure_score: float) -> float:
    return sure_score + _SURER * (1.0 - sure_score)


def _turn_order(now: Face | None) -> tuple[int, ...]:
    """Turns to try, first the one that the eye line asks for."""
    if now is None or is_upright(now):
        return 90, 270, 180
    hint = round(-roll_deg(now) / 90) * 90 % 360
    return (hint, *(turn for turn in (90, 270, 180) if turn != hint))


def _better_turn(engine: Engine, pixels_bgr: Pixels, faces: tuple[Face, ...]) -> int:
    """The clockwise turn at which the main face is clearly better than these, or 0.

    Where an upright face was found without a turn, the other must be sure, or far better.
    """
    side = _turn_side(engine)
    small, _ = resized_to(pixels_bgr, side)
    now = _surest(faces) if faces else None
    keep_if_unsure = now is not None and is_upright(now)
    sure = engine.info.sure_score
    best, best_score = 0, 0.0
    if now and keep_if_unsure:
        best_score = min(max(sure, now.score + BETTER), now.score + _FAR_BETTER)
    for turn in _turn_order(now):
        candidate = _try(engine, turned(small, turn), side)
        if not candidate or abs(roll_deg(face := _surest(candidate))) > _LEVEL_DEG:
            continue
        if face.score > best_score:
            best, best_score = turn, face.score
            if best_score >= _surer(sure):
                break
    return best


def _try(engine: Engine, pixels_bgr: Pixels, side: int) -> tuple[Face, ...]:
    """Faces of one cheap pass, or of a still cheaper one with a border when there is none."""
    found = merge(engine.detect(pixels_bgr, side))
    return found or _padded(engine, pixels_bgr, engine.info.scales[0] // 2)


def _turn_side(engine: Engine) -> int:
    """Side at which turns are tried, px."""
    return math.ceil(engine.info.scales[0] * _TURN_SIDE / _STRIDE) * _STRIDE
