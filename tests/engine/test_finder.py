"""The search's steps, with an engine that sees painted squares."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from core.engine.base import Embedding, EngineInfo, Face, Pixels, PointLayout
from core.engine.finder import find_faces, find_upright
from core.engine.passes import merge
from core.engine.turning import turned

INFO = EngineInfo("fake", "fake", "fake:fake:0:1", 1, 0.4, 0.3, "")


@dataclass
class Watcher:
    """Sees one red square (its face) where ``sees`` lets it; counts its passes.

    A green stripe marks the square's upper edge, so that a turned one is known.
    """

    upright_score: float = 0.9
    turned_score: float = 0.0
    points_tell: bool = True
    scales_blind: tuple[int, ...] = ()
    needs_border: bool = False
    info: EngineInfo = INFO
    passes: list[int] = field(default_factory=list)

    def detect(self, pixels_bgr: Pixels, side: int) -> list[Face]:
        self.passes.append(side)
        red, green = (pixels_bgr[..., c] > 128 for c in (2, 1))
        rows, columns = np.nonzero(red | green)
        if side in self.scales_blind or not len(rows):
            return []
        left, top, right, bottom = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        if self.needs_border and min(left, top) == 0:
            return []
        stripe = np.nonzero(green)
        middle = np.array([stripe[1].mean() - (left + right) / 2, stripe[0].mean()])
        middle[1] -= (top + bottom) / 2
        up = bool(abs(middle[0]) < abs(middle[1]) and middle[1] < 0)
        score = self.upright_score if up else self.turned_score
        if score <= 0:
            return []
        box = np.array([left, top, right, bottom], np.float32)
        across = np.array([-middle[1], middle[0]]) if self.points_tell else np.array([1.0, 0.0])
        across = across / np.linalg.norm(across) * (right - left) / 4
        centre = (box[:2] + box[2:]) / 2
        points = np.tile(centre, (5, 1)).astype(np.float32)
        points[0] -= across
        points[1] += across
        return [Face(box, points, score)]

    def embed(self, pixels_bgr: Pixels, face: Face) -> Embedding:
        raise NotImplementedError


def picture(left: int, top: int, size: int, side: int = 400) -> Pixels:
    pixels = np.zeros((side, side, 3), np.uint8)
    pixels[top : top + size, left : left + size, 2] = 255
    pixels[top : top + size // 8, left : left + size] = (0, 255, 0)
    return pixels


def test_a_portrait_takes_one_pass() -> None:
    watcher = Watcher()
    finding = find_faces(watcher, picture(100, 80, 160))
    assert finding.faces[0].box_xyxy.tolist() == [100, 80, 260, 240]
    assert (finding.steps, finding.turn_deg, watcher.passes) == ((), 0, [320])


@pytest.mark.parametrize(
    ("watcher", "size"),
    [(Watcher(), 40), (Watcher(scales_blind=(320,)), 160)],
    ids=["small", "not seen at first"],
)
def test_small_or_no_faces_get_a_second_look(watcher: Watcher, size: int) -> None:
    finding = find_faces(watcher, picture(100, 80, size))
    assert (len(finding.faces), finding.steps) == (1, ("second_scale",))
    assert watcher.passes == [320, 640]


def test_a_picture_full_of_face_gets_a_border() -> None:
    finding = find_faces(Watcher(needs_border=True), picture(0, 0, 400))
    assert finding.steps == ("second_scale", "padded")
    assert finding.faces[0].box_xyxy == pytest.approx([0, 0, 400, 400], abs=5)


@pytest.mark.parametrize("clockwise", [90, 180, 270])
@pytest.mark.parametrize(
    "watcher",
    [
        Watcher(),
        Watcher(turned_score=0.6),
        Watcher(turned_score=0.72, points_tell=False),
        Watcher(turned_score=0.85, points_tell=True),
    ],
    ids=["blind to turned faces", "weak", "weak and points as if upright", "eye line tells"],
)
def test_a_turned_photo_is_put_upright(watcher: Watcher, clockwise: int) -> None:
    upright = picture(100, 80, 160)
    finding = find_faces(watcher, turned(upright, clockwise))
    assert finding.turn_deg == 360 - clockwise
    assert finding.steps == (f"turned_{360 - clockwise}",)
    assert np.array_equal(finding.pixels_bgr, upright)
    assert finding.faces[0].box_xyxy.tolist() == [100, 80, 260, 240]


def test_a_weak_but_upright_face_is_left_as_it_is() -> None:
    watcher = Watcher(upright_score=0.55, turned_score=0.6, points_tell=False)
    finding = find_faces(watcher, picture(100, 80, 160))
    assert (len(finding.faces), finding.turn_deg) == (1, 0)


def test_nothing_is_found_in_nothing() -> None:
    watcher = Watcher()
    finding = find_faces(watcher, np.zeros((50, 80, 3), np.uint8))
    assert (finding.faces, finding.steps, finding.turn_deg) == ((), (), 0)
    assert watcher.passes == [320, 640, 320, *[256, 160] * 3]


def face(left: float, top: float, size: float, score: float) -> Face:
    box = np.array([left, top, left + size, top + size], np.float32)
    return Face(box, np.zeros((5, 2), np.float32), score, PointLayout.FIVE)


def test_merge_keeps_each_person_once_and_sorts_by_size() -> None:
    kept = merge(
        [face(0, 0, 10, 0.9), face(100, 0, 50, 0.5), face(1, 1, 10, 0.8), face(5, 5, 10, 0.7)]
    )
    assert [(f.box_xyxy[0], f.score) for f in kept] == [(100, 0.5), (0, 0.9), (5, 0.7)]


def test_merge_drops_what_is_no_face() -> None:
    assert merge([face(0, 0, 0, 0.9), face(0, 0, float("nan"), 0.9), face(5, 0, -3, 0.9)]) == ()


def test_a_frame_of_a_film_takes_one_pass_and_no_turn() -> None:
    watcher = Watcher()
    assert len(find_upright(watcher, picture(100, 80, 60))) == 1
    assert watcher.passes == [320]
    for unsure in (Watcher(scales_blind=(320,)), Watcher(upright_score=0.6, turned_score=0.9)):
        assert len(find_upright(unsure, picture(100, 80, 160))) == 1
        assert unsure.passes == [320, 640]
    watcher = Watcher(turned_score=0.9)
    assert not find_upright(watcher, np.zeros((50, 80, 3), np.uint8))
    assert watcher.passes == [320, 640, 320]


def test_a_small_unsure_face_is_looked_at_from_near() -> None:
    """Turning the whole photo would take six more passes and show such a face no better."""
    watcher = Watcher(upright_score=0.76, turned_score=0.6, points_tell=False)
    finding = find_faces(watcher, picture(100, 80, 60))
    assert (len(finding.faces), finding.turn_deg, finding.steps) == (1, 0, ("second_scale",))
    assert watcher.passes == [320, 640, 320, 320]


def test_a_small_face_upside_down_is_turned() -> None:
    watcher = Watcher(upright_score=0.95, turned_score=0.76, points_tell=False)
    assert find_faces(watcher, turned(picture(100, 80, 60), 180)).turn_deg == 180
