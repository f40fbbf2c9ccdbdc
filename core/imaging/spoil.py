"""Spoiled copies of a photo, for measuring what quality limits are worth.

Every strength is relative to the face, so that a copy of a large photo is as bad for the
recogniser as one of a small photo. Each kind reaches from hardly visible to where about every
second face is no longer recognised (or nothing gets worse); strengths are drawn log-uniformly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from core.imaging.photo import Pixels
from core.imaging.read import encode_jpeg

Box = tuple[float, float, float, float]
"""Left, top, right, bottom of the face, px."""

FACE_PX = 224
"""Short side to which a larger face is reduced first: twice what recognisers look at."""

NOISE = 3.0
"""Standard deviation of the noise in a dark copy, levels of 255."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One way to spoil a photo.

    Attributes:
        apply: takes pixels, the face's box, a strength and a source of chance; gives a JPEG file.
        weakest: the strength that hardly shows.
        strongest: the strength at which recognition fails often.
        meaning: what the strength is, in words.
    """

    apply: Callable[[Pixels, Box, float, np.random.Generator], bytes]
    weakest: float
    strongest: float
    meaning: str

    def draw(self, random: np.random.Generator) -> float:
        """A strength, log-uniform between the two ends."""
        return float(np.exp(random.uniform(*np.sort(np.log([self.weakest, self.strongest])))))


def face_px(box_xyxy: Box) -> float:
    """Short side of a face's box, px; 1 at least."""
    left, top, right, bottom = box_xyxy
    return max(1.0, min(right - left, bottom - top))


def _blur(pixels: Pixels, box: Box, share: float, _: np.random.Generator) -> bytes:
    return encode_jpeg(_pixels(cv2.GaussianBlur(pixels, (0, 0), share * face_px(box))))


def _motion(pixels: Pixels, box: Box, share: float, random: np.random.Generator) -> bytes:
    length = max(2.0, share * face_px(box))
    side = int(length) // 2 * 2 + 3
    angle = random.uniform(0, np.pi)
    reach = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    # Points of the line in 1/16 px, so that its ends are soft.
    ends = [np.rint(((side // 2) + sign * reach) * 16).astype(int) for sign in (-1, 1)]
    kernel = np.zeros((side, side), np.uint8)
    cv2.line(kernel, ends[0].tolist(), ends[1].tolist(), (255,), 1, cv2.LINE_AA, 4)
    weights = kernel.astype(np.float32) / kernel.sum()
    return encode_jpeg(_pixels(cv2.filter2D(pixels, -1, weights, borderType=cv2.BORDER_REFLECT)))


def _small(pixels: Pixels, box: Box, px: float, _: np.random.Generator) -> bytes:
    return encode_jpeg(reduced(pixels, px / face_px(box)))


def _dark(pixels: Pixels, _box: Box, gain: float, random: np.random.Generator) -> bytes:
    noise = random.normal(0, NOISE, pixels.shape)
    return encode_jpeg((pixels * gain + noise).clip(0, 255).astype(np.uint8))


def _bright(pixels: Pixels, _box: Box, gain: float, _: np.random.Generator) -> bytes:
    return encode_jpeg((pixels * gain).clip(0, 255).astype(np.uint8))


def _jpeg(pixels: Pixels, _box: Box, quality: float, _: np.random.Generator) -> bytes:
    return encode_jpeg(pixels, round(quality))


def _cut(pixels: Pixels, box: Box, share: float, random: np.random.Generator) -> bytes:
    """The photo without ``share`` of the face's box, taken off one of its four sides."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = box
    side = random.integers(4)
    across, down = share * (right - left), share * (bottom - top)
    x0 = int(np.clip(left + across, 0, width - 2)) if side == 0 else 0
    x1 = int(np.clip(right - across, 2, width)) if side == 1 else width
    y0 = int(np.clip(top + down, 0, height - 2)) if side == 2 else 0
    y1 = int(np.clip(bottom - down, 2, height)) if side == 3 else height
    return encode_jpeg(np.ascontiguousarray(pixels[y0:y1, x0:x1]))


def reduced(pixels: Pixels, factor: float) -> Pixels:
    """The pixels averaged down by a factor below 1; with 1 or more as they are."""
    if factor >= 1:
        return pixels
    size = tuple(max(1, round(length * factor)) for length in pixels.shape[1::-1])
    return _pixels(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def _pixels(array: cv2.typing.MatLike) -> Pixels:
    return array.astype(np.uint8, copy=False)


DEFECTS: Mapping[str, Defect] = {
    "blur": Defect(_blur, 0.005, 0.05, "sigma in face widths"),
    "motion": Defect(_motion, 0.03, 0.25, "way in face widths"),
    "small": Defect(_small, 90, 14, "face width, px"),
    "dark": Defect(_dark, 0.5, 0.05, "gain, with noise of 3 levels"),
    "bright": Defect(_bright, 1.3, 4, "gain, clipped"),
    "jpeg": Defect(_jpeg, 30, 2, "JPEG quality"),
    "cut": Defect(_cut, 0.05, 0.5, "share of the face's box cut off"),
}
"""Every kind, in the order of the tables."""


def spoil(pixels: Pixels, box_xyxy: Box, kind: str, random: np.random.Generator) -> bytes:
    """A JPEG file of the photo with one defect of a strength that ``random`` draws."""
    factor = min(1.0, FACE_PX / face_px(box_xyxy))
    box: Box = tuple(edge * factor for edge in box_xyxy)  # type: ignore[assignment]
    defect = DEFECTS[kind]
    return defect.apply(reduced(pixels, factor), box, defect.draw(random), random)
