"""One face as all measures look at it: cut out once, shared by all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.engine.base import Face, Floats, Pixels
from core.engine.geometry import template_matrix
from core.fiqa.blocks import VISIBLE, Blocks, find_blocks, without_edges
from core.fiqa.cheeks import Cheeks, find_cheeks
from core.fiqa.pose import Pose, find_pose
from core.fiqa.template import (
    CORNERS,
    SIZE,
    Mask,
    face_region,
    find_inside,
    sample,
    to_photo,
    zoom,
)


@dataclass(frozen=True, slots=True, eq=False)
class FaceView:
    """The chosen face and its surroundings.

    Attributes:
        pixels_bgr: uint8 (H, W, 3), the working copy.
        scale: source pixels per working pixel.
        faces: all faces, px of the working copy.
        chosen: index of the face that is judged.
        matrix: float32 (2, 3), from the photo to ArcFace's template, or None when its points
            do not say.
        pose: how the head is turned, or None when its points do not say.
        crop_bgr: uint8 (112, 112, 3), the face in ArcFace's template, black outside the photo.
        texture_bgr: uint8 (112, 112, 3), the same without the edges of strong JPEG blocks.
        blocks: the grid of JPEG blocks, or None when the face is too small to tell.
        inside: bool (112, 112), which template pixels lie in the photo.
        region: bool (112, 112), the face region's pixels that lie in the photo.
        cheeks: the two cheek squares, or None when one is not wholly in the photo.
    """

    pixels_bgr: Pixels
    scale: float
    faces: Sequence[Face]
    chosen: int
    matrix: Floats | None
    pose: Pose | None
    crop_bgr: Pixels
    texture_bgr: Pixels
    blocks: Blocks | None
    inside: Mask
    region: Mask
    cheeks: Cheeks | None

    @property
    def face(self) -> Face:
        """The face that is judged."""
        return self.faces[self.chosen]


def look(pixels_bgr: Pixels, scale: float, faces: Sequence[Face], chosen: int) -> FaceView:
    """Cut the chosen face out of uint8 (H, W, 3) pixels.

    Points that are not finite, or all in one place, give a view with nothing inside.
    """
    face = faces[chosen]
    matrix = template_matrix(face)
    if not _is_usable(matrix, face):
        black = np.zeros((SIZE, SIZE, 3), np.uint8)
        nothing = np.zeros((SIZE, SIZE), np.bool_)
        return FaceView(
            *(pixels_bgr, scale, faces, chosen, None, None),
            *(black, black, None, nothing, nothing, None),
        )
    height, width = pixels_bgr.shape[:2]
    crop = sample(pixels_bgr, matrix)
    blocks = find_blocks(pixels_bgr, scale, face)
    inside = find_inside(matrix, (height, width))
    return FaceView(
        pixels_bgr,
        scale,
        faces,
        chosen,
        matrix=matrix,
        pose=find_pose(face),
        crop_bgr=crop,
        texture_bgr=_texture(pixels_bgr, matrix, blocks, crop),
        blocks=blocks,
        inside=inside,
        region=inside & face_region(),
        cheeks=find_cheeks(pixels_bgr, matrix),
    )


def _is_usable(matrix: Floats, face: Face) -> bool:
    spread = float(np.ptp(face.points_xy, axis=0).max())
    return bool(np.isfinite(matrix).all()) and spread > 0 and 1e-4 < zoom(matrix) < 1e4


def _texture(pixels_bgr: Pixels, matrix: Floats, blocks: Blocks | None, crop_bgr: Pixels) -> Pixels:
    """The crop, taken again without the edges of blocks where they are visible."""
    if blocks is None or blocks.strength < VISIBLE:
        return crop_bgr
    corners_xy = to_photo(matrix, CORNERS)
    limit_xy = pixels_bgr.shape[1::-1]
    left, top = np.clip(corners_xy.min(axis=0) - blocks.period, 0, limit_xy).astype(int).tolist()
    right, bottom = np.clip(corners_xy.max(axis=0) + blocks.period, 0, limit_xy).astype(int)
    part = without_edges(pixels_bgr[top:bottom, left:right], blocks, (left, top))
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ np.array([left, top], np.float32)
    return sample(part, shifted)
