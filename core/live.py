"""A look at one frame of a live camera: faces, a mark for each item, and one thing to do.

Cheap enough for every frame: one detection pass on a small picture and the examiner's measures;
no embedding, and nothing is kept. The same examiner judges the photo that is taken in the end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

from core.assessment import Sight, Stopwatch
from core.contract.fields import Level
from core.contract.live import LiveAnswer
from core.engine.finder import find_upright
from core.errors import NotReady, ParameterError
from core.finer import FINE_FACE_PX
from core.fiqa.judge import judge_item
from core.fiqa.policy import Policy
from core.fiqa.report import ITEMS, Item, Measure, Report, Verdict
from core.fiqa.wording import kind_of
from core.imaging.photo import Limits
from core.imaging.read import read_photo
from core.vision import Vision

FRAME_BYTES = 1_500_000
"""Largest frame."""

SIDE, MOST_SIDE = 640, 1280
"""Long side of the frames asked for, px: at least, and at most, when a face is small."""

SIDE_STEP = 64
"""Sides come in steps, so that they do not change with every breath."""

_FRAME_LIMITS = Limits(FRAME_BYTES, 4_000_000, 2 * MOST_SIDE)
_SAME_SHAPE = 0.02

Box = tuple[float, float, float, float]

Advice = Literal[
    "no_face", "closer", "middle", "straight", "to_right", "to_left", "chin_down", "chin_up",
    "upright", "still_please", "more_light", "softer_light", "even_light", "white_light", "alone",
    "open_eyes", "clear_view", "good",
]  # fmt: skip
ADVICE: tuple[Advice, ...] = get_args(Advice)
"""Names of the short advices; the pages have the sentences."""

ADVICE_OF: Mapping[str, Advice | Mapping[str, Advice]] = {
    "HeadPoseSum": {"turned": "straight", "tilted": "upright"},
    "HeadPoseYaw": {"left": "to_right", "right": "to_left"},
    "HeadPosePitch": {"down": "chin_up", "up": "chin_down"},
    "HeadRaised": "chin_down",
    "HeadPoseRoll": "upright",
    "FaceSharpness": "still_please",
    "FaceDetail": "still_please",
    "CompressionArtifacts": "still_please",
    "FaceShortSide": "closer",
    "InterEyeDistance": "closer",
    "TemplateOutside": "middle",
    "ColourSaturation": "white_light",
    "ColourCast": "white_light",
    "NaturalColour": "white_light",
    "UnderExposurePrevention": "more_light",
    "LuminanceMean": "more_light",
    "DynamicRange": "more_light",
    "OverExposurePrevention": "softer_light",
    "CheekBalance": "even_light",
    "IlluminationUniformity": "even_light",
    "SecondFaceArea": "alone",
    "DetectionScore": "clear_view",
    "MouthVisible": "clear_view",
    "EyeAspect": "open_eyes",
    "EyesOpen": "open_eyes",
    "EDifFIQAQuality": "clear_view",
    "LightQNetQuality": "clear_view",
}
"""What to do, by the measure that misses its limit; where needed by the kind of its sentence."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What one frame shows.

    Attributes:
        faces: left, top, right, bottom of every face, largest first, in shares of the frame.
        marks: the verdict of every item, in the order of ``ITEMS``; empty without a face.
        passed: whether the largest face passes the level.
        overall: 0..100 as in ``Report``; -1 without a face or when it is not known.
        advice: the one thing to do.
        side: long side, px, that the next frame should have.
    """

    faces: tuple[Box, ...]
    marks: Mapping[str, Verdict]
    passed: bool
    overall: int
    advice: Advice
    side: int

    def answer(self) -> LiveAnswer:
        """The same as the socket sends it."""
        return LiveAnswer(
            faces=[[round(share, 4) for share in face] for face in self.faces],
            items=dict(self.marks),
            passed=self.passed,
            overall=self.overall,
            advice=self.advice,
            side=self.side,
        )


def glance(vision: Vision, frame: bytes, camera_wh: tuple[int, int], level: Level) -> Glance:
    """Look at one frame.

    Args:
        vision: the models and the policy.
        frame: a JPEG (or PNG, WebP, BMP) file, perhaps smaller than the camera's picture.
        camera_wh: the camera's picture, px: what would be taken, and what sizes are judged in.
        level: the level to reach; ``no`` is never missed.

    Raises ImageError, ImageTooLarge, NoFace (too small a frame), ParameterError (the frame has
    not the camera's shape), NotReady (at once, while the models load).
    """
    vision.start()
    if vision.engine_slot.loading:
        raise NotReady("The face engine is still loading; try again in a few seconds.")
    small = read_photo(frame, _FRAME_LIMITS)
    _require_shape(small.source_wh, camera_wh)
    faces = find_upright(vision.engine, small.pixels_bgr)
    height, width = small.pixels_bgr.shape[:2]
    side = max(camera_wh)
    if not faces:
        return Glance((), {}, False, -1, "no_face", min(side, (SIDE + MOST_SIDE) // 2))
    sight = Sight(replace(small, source_wh=camera_wh), faces, 0, ())
    report = vision.judge(sight, Stopwatch())
    shares = (face.box_xyxy / (width, height, width, height) for face in faces)
    return Glance(
        faces=tuple(cast(Box, tuple(share.tolist())) for share in shares),
        marks={name: report.item(name).verdicts[level] for name in ITEMS},
        passed=report.passes(level),
        overall=report.overall,
        advice=advise(report, level, vision.policy),
        side=min(side, _side_for(min(sight.face.size_wh) / max(width, height))),
    )


def advise(report: Report, level: Level, policy: Policy) -> Advice:
    """The one thing to do: about the worst item that keeps the face from the level.

    A second person in the picture is told also where it only is advised against.
    """
    reasons = report.reasons(level) or [i for i in report.advice(level) if i.name == "single_face"]
    return _advice_on(reasons[0], level, report, policy) if reasons else "good"


def _advice_on(item: Item, level: Level, report: Report, policy: Policy) -> Advice:
    measures: dict[str, Measure] = {}
    for measure in report.measures:  # of two with one name the first counts
        measures.setdefault(measure.name, measure)
    found = judge_item(item.name, policy, measures).findings
    missed = next((f for f in found if level in (*f.blocked, *f.advised)), None)
    if missed is None:
        return "clear_view"
    name = missed.rule.criterion.measure
    advice = ADVICE_OF[name]
    if isinstance(advice, str):
        return advice
    return advice[kind_of(name, measures[name].native or 0.0, measures)]


def _require_shape(frame_wh: tuple[int, int], camera_wh: tuple[int, int]) -> None:
    """Raise ParameterError unless the frame is the camera's picture, as large or smaller."""
    ratio = (frame_wh[0] / frame_wh[1]) / (camera_wh[0] / camera_wh[1])
    if frame_wh[0] > camera_wh[0] or abs(math.log(ratio)) > _SAME_SHAPE:
        problem = "does not fit the frame"
        raise ParameterError(f"camera_wh {problem}.", fields={"camera_wh": problem})


def _side_for(share: float) -> int:
    """The side at which a face of this share is fine enough, in steps, within its bounds."""
    wanted = math.ceil(FINE_FACE_PX / max(share, 0.01) / SIDE_STEP) * SIDE_STEP
    return max(SIDE, min(wanted, MOST_SIDE))
