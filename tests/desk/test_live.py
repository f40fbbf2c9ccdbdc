"""The look at one frame: boxes, marks, one advice; and that it agrees with the photo's report."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest
from PIL import Image

from bench.film import TALL, WIDE, on_stage
from core.contract.fields import LEVELS, Level
from core.engine.base import Embedding, Engine, EngineInfo, Face, Pixels
from core.engine.select import load_engine
from core.engine.slot import EngineSlot
from core.errors import FaceDeskError, ImageError, ImageTooLarge, NoFace, NotReady, ParameterError
from core.fiqa.criteria import CRITERIA
from core.fiqa.policy import load_policy
from core.fiqa.report import ITEMS
from core.fiqa.texts import ADVICE as SENTENCES
from core.imaging import samples
from core.imaging.read import encode_jpeg
from core.live import ADVICE, ADVICE_OF, FRAME_BYTES, MOST_SIDE, SIDE, Glance, glance
from core.settings import Settings
from core.vision import Vision
from tests.png import flat_png

CAMERA = (WIDE, TALL)


class Watched:
    """An engine that notes what is asked of it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.asked: list[str] = []

    @property
    def info(self) -> EngineInfo:
        return self.engine.info

    def detect(self, pixels_bgr: Pixels, side: int) -> list[Face]:
        self.asked.append(f"detect {side}")
        return self.engine.detect(pixels_bgr, side)

    def embed(self, pixels_bgr: Pixels, face: Face) -> Embedding:
        self.asked.append("embed")
        return self.engine.embed(pixels_bgr, face)


def portrait(number: int = 0) -> Pixels:
    return samples.portrait(samples.PORTRAITS[number], 190, 2.6)


def frame(picture: Pixels, side: int = SIDE) -> bytes:
    """What the browser sends: the camera's picture made smaller, as a JPEG of quality .85."""
    size = side, round(side * picture.shape[0] / picture.shape[1])
    return encode_jpeg(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), 85)


@pytest.fixture(autouse=True)
def loaded(vision: Vision) -> None:
    vision.engine_slot.get()


def seen(vision: Vision, picture: Pixels, level: Level = "high", side: int = SIDE) -> Glance:
    return glance(vision, frame(picture, side), CAMERA, level)


def test_a_good_face(vision: Vision) -> None:
    found = seen(vision, on_stage(portrait()))
    assert len(found.faces) == 1 and found.passed and found.advice == "good"
    left, top, right, bottom = found.faces[0]
    assert 0.3 < left < right < 0.7 and 0 < top < bottom < 1
    assert tuple(found.marks) == ITEMS
    assert found.marks["face_size"] == "pass" and found.marks["occlusion"] == "not_assessed"
    assert found.overall >= 75 and found.side == SIDE


def test_every_face_is_boxed(vision: Vision) -> None:
    group = on_stage(samples.picture(*samples.GROUP))
    found = seen(vision, group, side=MOST_SIDE)
    assert len(found.faces) == 6
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in found.faces]
    assert areas == pytest.approx(sorted(areas, reverse=True))


def dark(picture: Pixels) -> Pixels:
    return samples.darkened(picture, 0.12)


def blue(picture: Pixels) -> Pixels:
    tint = np.array([1.2, 0.75, 0.45])
    return np.clip(picture * tint, 0, 255).astype(np.uint8)


def softened(picture: Pixels) -> Pixels:
    return samples.blurred(picture, 8.0)


MADE: list[tuple[str, Callable[[], Pixels], str]] = [
    ("nobody", lambda: on_stage(samples.picture("skimage", "data/coffee.png")), "no_face"),
    ("small", lambda: on_stage(portrait(), 0.45), "closer"),
    ("blurred", lambda: on_stage(softened(portrait())), "still_please"),
    ("dark", lambda: on_stage(dark(portrait())), "more_light"),
    ("blue light", lambda: on_stage(blue(portrait())), "white_light"),
    ("turned away", lambda: on_stage(portrait(6)), "to_left"),
]


@pytest.mark.parametrize(("what", "make", "advice"), MADE, ids=[row[0] for row in MADE])
def test_one_advice(vision: Vision, what: str, make: Callable[[], Pixels], advice: str) -> None:
    found = seen(vision, make())
    assert not found.passed and found.advice == advice
    assert (found.overall == -1 and not found.marks) == (what == "nobody")


@pytest.mark.parametrize("number", range(len(samples.PORTRAITS)))
def test_it_says_what_the_photo_will_be_told(vision: Vision, number: int) -> None:
    """A small frame is judged as the whole picture is: in the camera's pixels."""
    picture = on_stage(portrait(number))
    report = vision.look(encode_jpeg(picture, 95)).report
    for level in LEVELS:
        assert seen(vision, picture, level).passed is report.passes(level)


def test_real_people_are_judged_alike(shared: Path, vision: Vision) -> None:
    checked = agreed = 0
    for path in sorted((shared / "photos" / "people").iterdir())[:12]:
        picture = on_stage(np.asarray(Image.open(path).convert("RGB"))[:, :, ::-1].copy())
        report = vision.look(encode_jpeg(picture, 95)).report
        checked += 1
        agreed += seen(vision, picture).passed is report.passes("high")
    assert agreed >= checked - 1


def test_no_level_is_never_missed(vision: Vision) -> None:
    assert seen(vision, on_stage(dark(portrait())), "no").passed
    assert not seen(vision, on_stage(samples.picture("skimage", "data/coffee.png")), "no").passed


def test_it_is_one_pass_and_no_embedding(settings: Settings) -> None:
    engine = Watched(load_engine(settings))
    vision = Vision(settings, ready(lambda: engine), load_policy(None))
    seen(vision, on_stage(portrait()))
    assert engine.asked == ["detect 640"]
    engine.asked.clear()
    seen(vision, on_stage(samples.picture("skimage", "data/coffee.png")))
    assert engine.asked == ["detect 640", "detect 1280", "detect 640"]  # and no turns


def ready(load: Callable[[], Engine]) -> EngineSlot:
    slot = EngineSlot(load)
    slot.get()
    return slot


def test_small_faces_get_larger_frames(vision: Vision) -> None:
    near, far = (seen(vision, on_stage(portrait(), share)).side for share in (1.0, 0.6))
    assert near == SIDE < far <= MOST_SIDE
    small_camera = (640, 360)
    assert glance(vision, frame(on_stage(portrait(), 0.6)), small_camera, "high").side == SIDE


def test_while_the_engine_loads_it_says_so_at_once(settings: Settings) -> None:
    loaded = Event()

    def load() -> Engine:
        loaded.wait(30)
        return load_engine(settings)

    vision = Vision(settings, EngineSlot(load), load_policy(None))
    with pytest.raises(NotReady, match="loading"):
        seen(vision, on_stage(portrait()))
    loaded.set()


BAD: list[tuple[str, bytes, tuple[int, int], type[FaceDeskError]]] = [
    ("nothing", b"", CAMERA, ImageError),
    ("junk", b"no picture at all" * 50, CAMERA, ImageError),
    ("cut off", frame(on_stage(portrait()))[:-900], CAMERA, ImageError),
    ("many pixels", flat_png(2500, 2500), (2500, 2500), ImageTooLarge),
    ("a bomb", flat_png(20_000, 20_000), (8192, 8192), ImageTooLarge),
    ("tiny", flat_png(20, 12), (200, 120), NoFace),
    ("another shape", frame(on_stage(portrait())), (1024, 768), ParameterError),
    ("larger than the camera", frame(on_stage(portrait())), (320, 180), ParameterError),
    ("too many bytes", b"\xff\xd8" + bytes(FRAME_BYTES), CAMERA, ImageTooLarge),
]


@pytest.mark.parametrize(("what", "data", "camera", "error"), BAD, ids=[row[0] for row in BAD])
def test_bad_frames(
    vision: Vision, what: str, data: bytes, camera: tuple[int, int], error: type[FaceDeskError]
) -> None:
    with pytest.raises(error):
        glance(vision, data, camera, "high")


def test_every_measure_that_can_fail_has_an_advice() -> None:
    assert {criterion.measure for criterion in CRITERIA} == set(ADVICE_OF)
    for measure, advice in ADVICE_OF.items():
        kinds = set(SENTENCES[measure])
        named = {advice} if isinstance(advice, str) else set(advice.values())
        assert named <= set(ADVICE)
        assert isinstance(advice, str) or kinds == set(advice), measure


def test_the_answer_is_plain(vision: Vision) -> None:
    answer = seen(vision, on_stage(portrait())).answer().as_dict()
    assert set(answer) == {"faces", "items", "passed", "overall", "advice", "side"}
    assert all(math.isfinite(share) for face in answer["faces"] for share in face)
