"""One face as all measures look at it: cut out once, shared by all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.engine.base import Face, Floats, Pixels
from core.engine.geometry import template_matrix
from core.fiqa.cheeks import Cheeks, find_cheeks
from core.fiqa.pose import Pose, find_pose
from core.fiqa.template import SIZE, Mask, face_region, find_inside, sample, zoom


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
        return FaceView(pixels_bgr, scale, faces, chosen, None, None, black, nothing, nothing, None)
    height, width = pixels_bgr.shape[:2]
    inside = find_inside(matrix, (height, width))
    return FaceView(
        pixels_bgr,
        scale,
        faces,
        chosen,
        matrix=matrix,
        pose=find_pose(face),
        crop_bgr=sample(pixels_bgr, matrix),
        inside=inside,
        region=inside & face_region(),
        cheeks=find_cheeks(pixels_bgr, matrix),
    )


def _is_usable(matrix: Floats, face: Face) -> bool:
    spread = float(np.ptp(face.points_xy, axis=0).max())
    return bool(np.isfinite(matrix).all()) and spread > 0 and 1e-4 < zoom(matrix) < 1e4
