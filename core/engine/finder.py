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

from collections.abc import Callable
from dataclasses import dataclass

from core.engine.base import Engine, Face, Pixels
from core.engine.closer import stands_upright
from core.engine.level import is_upright
from core.engine.passes import first_pass, is_enough, is_large, search_on, surer, surest
from core.engine.turning import better_turn, turned

TURNED = {90: "turned_90", 180: "turned_180", 270: "turned_270"}


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
    first = first_pass(engine, pixels_bgr)
    if not is_enough(engine, first, pixels_bgr):
        unsure(first)
    faces, steps = search_on(engine, pixels_bgr, first)
    if _is_sure(engine, faces, steps) or _is_sure_from_near(engine, pixels_bgr, faces):
        return Finding(faces, pixels_bgr, 0, steps)
    turn = better_turn(engine, pixels_bgr, first or faces)
    if not turn:
        return Finding(faces, pixels_bgr, 0, steps)
    upright = turned(pixels_bgr, turn)
    found, steps = search_on(engine, upright, first_pass(engine, upright))
    return Finding(found, upright, turn, (TURNED[turn], *steps))


def find_upright(engine: Engine, pixels_bgr: Pixels) -> tuple[Face, ...]:
    """Faces in a frame of a film, largest first, with few passes; perhaps none.

    One pass where it finds a face that the engine is sure of; else as ``find_faces`` but for the
    turns, for a camera stands upright.
    """
    first = first_pass(engine, pixels_bgr)
    if first and surest(first).score >= engine.info.sure_score:
        return first
    return search_on(engine, pixels_bgr, first)[0]


def _is_sure(engine: Engine, faces: tuple[Face, ...], steps: tuple[str, ...]) -> bool:
    """Whether no turn needs to be tried; after further passes a higher score is asked for.

    Some upside-down faces reach the sure score at the second scale, with points as if upright.
    """
    if not faces:
        return False
    sure = engine.info.sure_score
    face = surest(faces)
    return face.score >= (surer(sure) if steps else sure) and is_upright(face)


def _is_sure_from_near(engine: Engine, pixels_bgr: Pixels, faces: tuple[Face, ...]) -> bool:
    """The same of a small face, of which the whole photo tells little, turned or not."""
    if not faces:
        return False
    face = surest(faces)
    return not is_large(engine, face, pixels_bgr) and stands_upright(engine, pixels_bgr, face)
