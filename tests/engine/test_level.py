"""A second look at tilted faces: real engines on turned photos, and a detector that lies."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from core.engine.base import Embedding, Engine, EngineInfo, Face, Pixels
from core.engine.finder import find_faces
from core.engine.level import MOST_LOOKS, SIDE, levelled, roll_deg

INFO = EngineInfo("fake", "fake", "fake:fake:0:1", 1, 0.4, 0.3, "")
BOX = np.array([60, 60, 160, 160], np.float32)


def tilted(degrees: float, centre=(110.0, 110.0), width: float = 40.0) -> Face:
    """A face whose eye line has this angle, all other points in its middle."""
    half = width / 2 * np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    points = np.tile(np.float32(centre), (5, 1))
    points[0] -= half
    points[1] += half
    return Face(BOX, points.astype(np.float32), 0.8)


@dataclass
class Leveller:
    """Tells a share of the tilt that is left in the patch; the head's own tilt is ``true_deg``."""

    true_deg: float
    share: float = 0.5
    blind: bool = False
    aside: bool = False
    info: EngineInfo = INFO
    turned_deg: list[float] = field(default_factory=list)

    def detect(self, pixels_bgr: Pixels, side: int) -> list[Face]:
        assert pixels_bgr.shape == (SIDE, SIDE, 3) and side == SIDE
        # The photo holds a horizontal gradient: its direction in the patch is the turn.
        grey = cv2.GaussianBlur(pixels_bgr[..., 0].astype(np.float32), (0, 0), 5)[96:-96, 96:-96]
        down, across = (np.median(g) for g in np.gradient(grey))
        turn = -np.degrees(np.arctan2(down, across))
        self.turned_deg.append(float(turn))
        if self.blind:
            return []
        box = BOX + np.float32(0 if self.aside else SIDE / 2 - 110)
        face = tilted(self.share * (self.true_deg - turn), (SIDE / 2, SIDE / 2), 80)
        return [Face(box, face.points_xy, 0.9)]

    def embed(self, pixels_bgr: Pixels, face: Face) -> Embedding:
        raise NotImplementedError


def photo() -> Pixels:
    ramp = np.tile(np.linspace(0, 255, 220), (220, 1))
    return np.repeat(ramp[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize("true_deg", [60.0, -37.0])
def test_looks_again_until_the_eyes_are_level(true_deg: float) -> None:
    engine, before = Leveller(true_deg), tilted(0.5 * true_deg)
    after = levelled(engine, photo(), before)
    assert roll_deg(after) == pytest.approx(true_deg, abs=8)
    assert 2 <= len(engine.turned_deg) <= MOST_LOOKS
    assert engine.turned_deg[0] == pytest.approx(0.5 * true_deg, abs=2)
    assert after.score == before.score and np.array_equal(after.box_xyxy, before.box_xyxy)
    assert np.allclose(after.points_xy[2], (110, 110), atol=0.01)


def test_a_level_face_takes_no_look() -> None:
    engine, face = Leveller(9), tilted(9)
    assert levelled(engine, photo(), face) is face and engine.turned_deg == []


@pytest.mark.parametrize("engine", [Leveller(60, blind=True), Leveller(60, aside=True)])
def test_what_was_known_stays_when_the_patch_shows_no_such_face(engine: Leveller) -> None:
    face = tilted(30)
    assert levelled(engine, photo(), face) is face and len(engine.turned_deg) == 1


def test_points_that_are_not_finite_take_no_look() -> None:
    face = tilted(30)
    face.points_xy[:] = np.nan
    assert levelled(Leveller(60), photo(), face) is face


@pytest.mark.parametrize("turn_deg", [-35, 25, 40])
def test_turned_photos_tell_their_turn(engine: Engine, people: dict, turn_deg: int) -> None:
    errors_before, errors_after = [], []
    for name in sorted(people)[::9]:
        pixels = people[name]
        upright = find_faces(engine, pixels).faces[0]
        centre = tuple(float(v) for v in upright.points_xy.mean(axis=0))
        matrix = cv2.getRotationMatrix2D(centre, -turn_deg, 1.0)
        size = pixels.shape[1::-1]
        turned = cv2.warpAffine(pixels, matrix, size, borderMode=cv2.BORDER_REPLICATE)
        found = find_faces(engine, turned)
        if found.turn_deg or not found.faces:
            continue
        face = found.faces[0]
        true_deg = roll_deg(levelled(engine, pixels, upright)) + turn_deg
        errors_before.append(abs(roll_deg(face) - true_deg))
        errors_after.append(abs(roll_deg(levelled(engine, turned, face)) - true_deg))
    assert len(errors_after) >= 4
    assert np.mean(errors_after) <= 4 and max(errors_after) <= 8, (errors_before, errors_after)
