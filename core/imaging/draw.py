"""Pictures for people: the photo with its faces boxed and numbered, crops, thumbnails."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from core.imaging.align import Floats, similarity, warp
from core.imaging.photo import Pixels
from core.imaging.read import encode_jpeg

TAKEN_BGR = (120, 140, 15)
OTHER_BGR = (150, 150, 150)
CROP_SIDE = 256
THUMB_SIDE = 96
CROP_MARGIN = 0.35
"""Share of the face box's longer side that a crop shows around it."""


def draw_faces(
    pixels_bgr: Pixels,
    boxes_xyxy: Sequence[Sequence[float]],
    points_xy: Sequence[Sequence[Sequence[float]]],
    taken: int | None,
    side: int = 900,
) -> Pixels:
    """The photo, at most ``side`` px long, every face boxed and numbered from 1.

    The one taken is bold and shows its five points.
    """
    scale = min(1.0, side / max(pixels_bgr.shape[:2]))
    size = (max(1, round(pixels_bgr.shape[1] * scale)), max(1, round(pixels_bgr.shape[0] * scale)))
    canvas = cv2.resize(pixels_bgr, size, interpolation=cv2.INTER_AREA)
    unit = max(canvas.shape[:2]) / 450
    order = [i for i in range(len(boxes_xyxy)) if i != taken]
    for index in [*order, *([taken] if taken is not None else [])]:
        _draw_box(canvas, boxes_xyxy[index], str(index + 1), index == taken, scale, unit)
    if taken is not None:
        for x, y in points_xy[taken]:
            centre = (round(x * scale), round(y * scale))
            cv2.circle(canvas, centre, max(2, round(2 * unit)), (255, 255, 255), -1, cv2.LINE_AA)
            cv2.circle(canvas, centre, max(1, round(1.3 * unit)), TAKEN_BGR, -1, cv2.LINE_AA)
    return canvas  # type: ignore[return-value]


def _draw_box(
    canvas: cv2.typing.MatLike,
    box_xyxy: Sequence[float],
    label: str,
    taken: bool,
    scale: float,
    unit: float,
) -> None:
    left, top, right, bottom = (round(v * scale) for v in box_xyxy)
    colour = TAKEN_BGR if taken else OTHER_BGR
    line = max(2, round((2.2 if taken else 1.1) * unit))
    cv2.rectangle(canvas, (left, top), (right, bottom), (255, 255, 255), line + 2, cv2.LINE_AA)
    cv2.rectangle(canvas, (left, top), (right, bottom), colour, line, cv2.LINE_AA)
    font, thickness = 0.55 * unit, max(1, round(unit))
    (width, height), _ = cv2.getTextSize(label, cv2.FONT_HERSHEY_SIMPLEX, font, thickness)
    pad = round(4 * unit)
    tall = height + 2 * pad
    left, top = (
        max(0, left),
        max(0, top - tall if top >= tall else top),
    )  # above, where there is room
    corner = (left + width + 2 * pad, top + tall)
    cv2.rectangle(canvas, (left, top), corner, colour, -1)
    origin = (left + pad, top + pad + height)
    white = (255, 255, 255)
    cv2.putText(
        canvas, label, origin, cv2.FONT_HERSHEY_SIMPLEX, font, white, thickness, cv2.LINE_AA
    )


def face_crop(pixels_bgr: Pixels, box_xyxy: Sequence[float], side: int = CROP_SIDE) -> Pixels:
    """The face with some surroundings, uint8 (side, side, 3); the border repeats outside."""
    left, top, right, bottom = box_xyxy
    half = max(right - left, bottom - top, 1.0) * (0.5 + CROP_MARGIN)
    scale = side / (2 * half)
    x, y = (left + right) / 2 - half, (top + bottom) / 2 - half
    if scale < 0.5:  # shrink the face's part by area first, so that a large face does not alias
        # By whole pixels: several times faster than by a fraction.
        times = min(int(1 / scale), *pixels_bgr.shape[:2])
        pixels_bgr, x, y = _shrunk_part(pixels_bgr, x, y, 2 * half, times)
        scale *= times
    matrix = np.array([[scale, 0, -x * scale], [0, scale, -y * scale]], np.float32)
    return cv2.warpAffine(  # type: ignore[return-value]
        pixels_bgr, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


EYES_AT = ((0.36, 0.42), (0.64, 0.42))
"""Where an aligned crop shows the eyes, as shares of its side."""


def aligned_crop(pixels_bgr: Pixels, eyes_xy: Floats, side: int = CROP_SIDE) -> Pixels:
    """The face turned and sized so that its eyes (2, 2) lie at EYES_AT, uint8 (side, side, 3)."""
    apart = float(np.hypot(*(eyes_xy[1] - eyes_xy[0])))
    factor = 1.6 * side * (EYES_AT[1][0] - EYES_AT[0][0]) / max(apart, 1.0)
    if factor < 1:  # shrink by area first, so that a large face does not alias
        size = [max(1, round(length * factor)) for length in pixels_bgr.shape[1::-1]]
        pixels_bgr = cv2.resize(pixels_bgr, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        eyes_xy = eyes_xy * np.float32(factor)
    return warp(pixels_bgr, similarity(eyes_xy, np.array(EYES_AT, np.float32) * side), side)


def _shrunk_part(
    pixels_bgr: Pixels, x: float, y: float, side: float, times: int
) -> tuple[Pixels, float, float]:
    """The square from (x, y) as far as it lies in the photo, shrunk to one pixel in ``times``;
    where the square begins in that.
    """
    height, width = pixels_bgr.shape[:2]
    left, top = max(0, int(x)), max(0, int(y))
    across = (min(width, int(x + side) + times + 1) - left) // times
    down = (min(height, int(y + side) + times + 1) - top) // times
    if across < 1 or down < 1:  # a box outside the photo
        return pixels_bgr[:1, :1], 0.0, 0.0
    part = pixels_bgr[top : top + down * times, left : left + across * times]
    small: Pixels = cv2.resize(part, (across, down), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    # Pixel i of the shrunk part has its centre at left + (times - 1) / 2 + times * i.
    middle = (times - 1) / 2
    return small, (x - left - middle) / times, (y - top - middle) / times


def crop_and_thumb(pixels_bgr: Pixels, box_xyxy: Sequence[float]) -> tuple[bytes, bytes]:
    """JPEG files of the face: the crop and its thumbnail."""
    crop = face_crop(pixels_bgr, box_xyxy)
    thumb = cv2.resize(crop, (THUMB_SIDE, THUMB_SIDE), interpolation=cv2.INTER_AREA)
    return encode_jpeg(crop, 90), encode_jpeg(thumb, 85)  # type: ignore[arg-type]
