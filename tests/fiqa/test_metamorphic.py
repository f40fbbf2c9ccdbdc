"""Metamorphic relations on real photos: what a change of the picture must do to each measure.

Nobody knows the true sharpness of a photo, but everybody knows that a blurred copy has less of it
and the same size. Faces are found once and carried along with the pixels, so that the measures
alone are tested, not the detector. Strengths are relative to the face.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from core.engine.base import Face
from core.fiqa.measures import measure_all
from core.fiqa.report import Measure
from core.fiqa.view import look

PHOTOS = tuple(f"people/img{n}.jpg" for n in (1, 4, 10, 20, 24, 38, 51, 61))
TURNED = ("edge/pose/left_face.jpeg", "edge/pose/right_face.png", "edge/pose/rise_face.jpeg")

Shoot = Callable[[str], object]
Picture = tuple[np.ndarray, Face, float]
"""Pixels, the face in them, source pixels per pixel."""


def take(shoot: Shoot, name: str) -> Picture:
    """A photo, reduced until its largest face is at most 224 px: a defect then reaches it."""
    shot = shoot(name)
    picture = (shot.pixels_bgr, shot.faces[0], 1.0)
    return downscaled(picture, min(1.0, 224 / side(picture)))


def side(picture: Picture) -> float:
    return min(picture[1].size_wh)


def measured(picture: Picture) -> dict[str, Measure]:
    pixels, face, scale = picture
    return measure_all(look(np.ascontiguousarray(pixels), scale, [face], 0))


def native(measures: Mapping[str, Measure], name: str) -> float:
    value = measures[name].native
    assert value is not None, name
    return value


def blurred(picture: Picture, share: float) -> Picture:
    pixels, face, scale = picture
    return cv2.GaussianBlur(pixels, (0, 0), share * side(picture)), face, scale


def shaken(degrees: float) -> Callable[[Picture, float], Picture]:
    """Motion blur in one direction, its length as a share of the face."""

    def shake(picture: Picture, share: float) -> Picture:
        pixels, face, scale = picture
        length = share * side(picture)
        size = int(length) // 2 * 2 + 3
        reach = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))]) * length / 2
        ends = [np.rint((size // 2 + sign * reach) * 16).astype(int).tolist() for sign in (-1, 1)]
        line = np.zeros((size, size), np.uint8)
        cv2.line(line, ends[0], ends[1], (255,), 1, cv2.LINE_AA, 4)
        return cv2.filter2D(pixels, -1, line.astype(np.float32) / line.sum()), face, scale

    return shake


def toned(picture: Picture, gamma: float) -> Picture:
    pixels, face, scale = picture
    return (255 * (pixels / 255.0) ** gamma + 0.5).astype(np.uint8), face, scale


def clipped(picture: Picture, gain: float) -> Picture:
    pixels, face, scale = picture
    return np.clip(pixels * gain, 0, 255).astype(np.uint8), face, scale


def compressed(picture: Picture, quality: float) -> Picture:
    pixels, face, scale = picture
    data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])[1]
    return cv2.imdecode(data, cv2.IMREAD_COLOR), face, scale


def downscaled(picture: Picture, factor: float) -> Picture:
    pixels, face, scale = picture
    if factor >= 1:
        return picture
    small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return small, face.mapped(factor), scale


def enlarged(picture: Picture, factor: float) -> Picture:
    """Reduced, and brought back to as many pixels: a small picture that was enlarged."""
    pixels, face, scale = picture
    small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_CUBIC), face, scale


def doubled(picture: Picture) -> Picture:
    """Twice the pixels of the same photo: sizes in source pixels stay."""
    pixels, face, scale = picture
    large = cv2.resize(pixels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    # Pixel centres: the old (x + .5) is the new (X + .5) / 2.
    return large, face.mapped(2.0, (0.5, 0.5)), scale / 2


def rotated(picture: Picture, degrees: float) -> Picture:
    """Turned clockwise about the face, on a canvas that keeps all of it; the box's size stays."""
    pixels, face, scale = picture
    centre = tuple(float(v) for v in face.points_xy.mean(axis=0))
    matrix = cv2.getRotationMatrix2D(centre, -degrees, 1.0)
    height, width = pixels.shape[:2]
    turned = cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    points = (face.points_xy @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    return turned, Face(face.box_xyxy, points, face.score, face.layout), scale


def cut(picture: Picture, share: float) -> Picture:
    """Without everything left of a line that takes this share of the face's box."""
    pixels, face, scale = picture
    left = int(face.box_xyxy[0] + share * face.size_wh[0])
    if left <= 0:
        return picture
    return pixels[:, left:], face.mapped(1.0, (-left, 0)), scale


def mirrored(picture: Picture) -> Picture:
    pixels, face, scale = picture
    width = pixels.shape[1]
    points = face.points_xy[[1, 0, 2, 4, 3]] * np.float32([-1, 1]) + np.float32([width - 1, 0])
    left, top, right, bottom = face.box_xyxy
    box = np.array([width - 1 - right, top, width - 1 - left, bottom], np.float32)
    return pixels[:, ::-1], Face(box, points, face.score), scale


@dataclass(frozen=True)
class Defect:
    """A change, its strengths from mild to strong, and the measures it must and may move.

    The score of each measure in ``falls`` must not rise from one strength to the next, its native
    value must go one way all along, and the strongest must cost 15 points. ``moves`` may change
    as they like; at the first strength every other measure stays within its tolerance.
    """

    change: Callable[[Picture, float], Picture]
    strengths: tuple[float, ...]
    falls: tuple[str, ...]
    moves: tuple[str, ...] = ()


LIGHT = (
    *("LuminanceMean", "LuminanceVariance", "UnderExposurePrevention", "OverExposurePrevention"),
    *("DynamicRange", "IlluminationUniformity", "CheekBalance"),
    *("NaturalColour", "ColourCast", "ColourSaturation"),
)
CROPS = ("LeftwardCropOfTheFaceImage", "RightwardCropOfTheFaceImage")
SHAKES = (0.04, 0.08, 0.16, 0.25)

DEFECTS = {
    "blur": Defect(blurred, (0.01, 0.02, 0.04, 0.08), ("FaceSharpness",), ("FaceDetail",)),
    "shake across": Defect(shaken(0), SHAKES, ("FaceSharpness",), ("FaceDetail",)),
    "shake down": Defect(shaken(90), SHAKES, ("FaceSharpness",), ("FaceDetail",)),
    "shake aslant": Defect(shaken(35), SHAKES, ("FaceSharpness",), ("FaceDetail",)),
    "enlarging": Defect(enlarged, (0.5, 0.3, 0.2, 0.1), ("FaceDetail",), ("FaceSharpness",)),
    "gamma": Defect(toned, (1.5, 2.5, 4.0, 7.0), ("LuminanceMean",), LIGHT),
    # Gamma leaves the highlights, of which OFIQ's curve needs a quarter; a short exposure does not.
    "darkness": Defect(clipped, (0.7, 0.4, 0.2, 0.05), ("UnderExposurePrevention",), LIGHT),
    "clipping": Defect(clipped, (1.3, 2.0, 3.0, 6.0), ("OverExposurePrevention",), LIGHT),
    "downscale": Defect(downscaled, (0.8, 0.5, 0.3, 0.15), ("FaceShortSide", "InterEyeDistance")),
    "rotation": Defect(
        rotated, (15, 30, 60, 85), ("HeadPoseRoll",), ("HeadPoseSum", "TemplateOutside", *CROPS)
    ),
    "crop": Defect(cut, (0.05, 0.2, 0.4, 0.6), ("TemplateOutside",), CROPS),
    "compression": Defect(compressed, (60, 40, 30, 20, 10, 5), ("CompressionArtifacts",)),
}

TOLERANCE = 5
"""Points of the score by which a measure may move that a change is not about."""

OVERLAP_TOLERANCE = 0.1
"""IlluminationUniformity is held to its native overlap, 0..1: OFIQ's curve is vertical at 0."""

CHEEK_TOLERANCE = 10
"""ArcFace's template is not its own mirror image: the cheeks move by a pixel or two."""

STILL = (
    "HeadRaised",
    "HeadPoseYaw",
    "HeadPosePitch",
    "HeadPoseRoll",
    "FaceShortSide",
    "InterEyeDistance",
)
"""Measures of box and points alone: exact where the points do not move."""


def has_moved(before: Measure, after: Measure) -> bool:
    if before.name == "IlluminationUniformity" and before.native and after.native:
        return abs(before.native - after.native) > OVERLAP_TOLERANCE
    allowed = CHEEK_TOLERANCE if before.name == "CheekBalance" else TOLERANCE
    return abs(before.score - after.score) > allowed


def moved(before: Mapping[str, Measure], after: Mapping[str, Measure], apart: set[str]) -> dict:
    """The measures that moved by more than their tolerance: score before and after."""
    return {
        name: (before[name].score, after[name].score)
        for name in before.keys() - apart
        if has_moved(before[name], after[name])
    }


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("kind", DEFECTS)
def test_each_defect_lowers_its_own_measure_alone(shoot: Shoot, name: str, kind: str):
    defect, picture = DEFECTS[kind], take(shoot, name)
    steps = [measured(picture)]
    steps += [measured(defect.change(picture, strength)) for strength in defect.strengths]
    for measure in defect.falls:
        natives = [native(step, measure) for step in steps]
        if measure == "HeadPoseRoll":
            natives = [-value for value in natives[1:]]
        scores = [step[measure].score for step in steps][-len(natives) :]
        assert natives in (sorted(natives), sorted(natives, reverse=True)), (measure, natives)
        assert scores == sorted(scores, reverse=True) and scores[-1] <= scores[0] - 15, (
            measure,
            scores,
        )
    assert not moved(steps[0], steps[1], {*defect.falls, *defect.moves})


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("degrees", [-40, -20, 10, 25, 60])
def test_rotation_turns_the_roll_by_its_angle(shoot: Shoot, name: str, degrees: float):
    picture = take(shoot, name)
    before, after = measured(picture), measured(rotated(picture, degrees))
    turned = native(before, "HeadPoseRoll") - native(after, "HeadPoseRoll")
    assert turned == pytest.approx(degrees, abs=0.5)
    for axis in ("HeadPoseYaw", "HeadPosePitch"):
        assert native(after, axis) == pytest.approx(native(before, axis), abs=0.5)
    assert native(after, "InterEyeDistance") == pytest.approx(
        native(before, "InterEyeDistance"), rel=0.01
    )


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("kind", ["blur", "shake aslant", "gamma", "clipping", "compression"])
def test_pixels_move_nothing_that_is_measured_on_points(shoot: Shoot, name: str, kind: str):
    picture = take(shoot, name)
    before = measured(picture)
    after = measured(DEFECTS[kind].change(picture, DEFECTS[kind].strengths[-1]))
    for measure in (*STILL, *CROPS, "TemplateOutside", "DetectionScore", "SecondFaceArea"):
        assert after[measure].native == before[measure].native


@pytest.mark.parametrize("name", [*PHOTOS, *TURNED])
def test_a_mirror_flips_yaw_and_roll_and_nothing_else(shoot: Shoot, name: str):
    picture = take(shoot, name)
    before, after = measured(picture), measured(mirrored(picture))
    for axis, sign in (("Yaw", -1), ("Pitch", 1), ("Roll", -1)):
        flipped = sign * native(before, f"HeadPose{axis}")
        assert native(after, f"HeadPose{axis}") == pytest.approx(flipped, abs=0.5)
    left, right = CROPS
    assert after[left].score == pytest.approx(before[right].score, abs=1)
    assert after[right].score == pytest.approx(before[left].score, abs=1)
    # Half a profile fills only part of the template: its cheeks are hair and background.
    apart = {*CROPS, *(LIGHT if name in TURNED else ())}
    assert not moved(before, after, apart)


@pytest.mark.parametrize("name", PHOTOS)
def test_twice_the_pixels_of_the_same_photo_are_the_same_photo(shoot: Shoot, name: str):
    picture = take(shoot, name)
    before, after = measured(picture), measured(doubled(picture))
    assert not moved(before, after, set())
    for measure in ("FaceShortSide", "InterEyeDistance"):
        assert native(after, measure) == pytest.approx(native(before, measure), rel=1e-3)
    assert native(after, "FaceSharpness") == pytest.approx(
        native(before, "FaceSharpness"), abs=0.03
    )


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("quality", [60, 30, 20, 15, 10, 5])
def test_compression_neither_sharpens_a_blurred_photo_nor_blurs_a_sharp_one(
    shoot: Shoot, name: str, quality: int
):
    """A blurred photo fails high at every quality; a sharp one loses no sharpness to its blocks."""
    sharp = take(shoot, name)
    before, after = measured(sharp), measured(compressed(sharp, quality))
    allowed = 15 if quality == 5 else TOLERANCE
    assert after["FaceSharpness"].score == pytest.approx(before["FaceSharpness"].score, abs=allowed)
    assert after["FaceDetail"].score == pytest.approx(before["FaceDetail"].score, abs=allowed)
    soft = measured(compressed(blurred(sharp, 0.03), quality))
    assert soft["FaceSharpness"].score < (20 if quality >= 15 else 45 if quality == 10 else 60)
    assert soft["FaceDetail"].native < 45


@pytest.mark.parametrize("name", PHOTOS)
def test_blocks_are_seen_wherever_their_grid_begins(shoot: Shoot, name: str):
    pixels, face, scale = compressed(take(shoot, name), 15)
    whole = native(measured((pixels, face, scale)), "CompressionArtifacts")
    for left, top in ((1, 0), (3, 6), (4, 4)):
        part = (pixels[top:, left:], face.mapped(1.0, (-left, -top)), scale)
        assert native(measured(part), "CompressionArtifacts") == pytest.approx(whole, abs=0.1)


@pytest.mark.parametrize("name", PHOTOS)
def test_blocks_are_seen_in_a_copy_decoded_at_half_the_size(shoot: Shoot, name: str):
    pixels, face, _ = take(shoot, name)
    scores = []
    for quality in (60, 20, 10, 5):
        data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        half = cv2.imdecode(data, cv2.IMREAD_REDUCED_COLOR_2)
        factor = half.shape[1] / pixels.shape[1]
        scores.append(measured((half, face.mapped(factor), 2.0))["CompressionArtifacts"].score)
    assert scores == sorted(scores, reverse=True) and scores[0] > 75 and scores[-1] < 20, scores
