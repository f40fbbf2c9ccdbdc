"""Pictures of an assessment for people to look at, as JPEG files."""

from __future__ import annotations

from core.assessment import Sight
from core.imaging.draw import aligned_crop, draw_faces, face_crop
from core.imaging.read import encode_jpeg


def boxed_jpeg(sight: Sight) -> bytes:
    """The photo with every face boxed and numbered, the one taken bold with its points."""
    boxed = draw_faces(
        sight.photo.pixels_bgr,
        [face.box_xyxy.tolist() for face in sight.faces],
        [face.points_xy.tolist() for face in sight.faces],
        sight.taken,
    )
    return encode_jpeg(boxed, 88)


def face_jpeg(sight: Sight) -> bytes:
    """The face that counts, with some surroundings: what is stored as the photo's crop."""
    return encode_jpeg(face_crop(sight.photo.pixels_bgr, sight.face.box_xyxy.tolist()), 90)


def aligned_jpeg(sight: Sight) -> bytes:
    """The face that counts, eyes level and always in one place, so that two can be compared."""
    return encode_jpeg(aligned_crop(sight.photo.pixels_bgr, sight.face.eyes_xy), 90)
