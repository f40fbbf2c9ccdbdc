"""A finer working copy, decoded while the face that needs it is still being looked for."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace

from core.assessment import Sight
from core.beside import Beside
from core.engine.base import Face
from core.imaging.photo import Photo
from core.imaging.read import finer

FINE_FACE_PX = 124
"""Wanted short side of the face in the working copy, px; finer pixels are decoded below that."""


class FinerCopy:
    """One photo's finer copy. What comes out is the same whether it was begun early or not.

    Args:
        beside: runs the early decoding.
    """

    def __init__(self, beside: Executor) -> None:
        self._beside = beside
        self._begun: tuple[Photo, int, Beside[Photo]] | None = None

    def begin(self, photo: Photo, faces: tuple[Face, ...]) -> None:
        """Start to decode what these faces will need; a face not found yet is a small one."""
        wanted = reduction_for_face(photo, faces[0]) if faces else 1
        if wanted < photo.reduction:
            copy = Beside(self._beside, lambda: finer(photo, wanted))
            copy.begin()
            self._begun = (photo, wanted, copy)

    def fine_enough(self, sight: Sight) -> Sight:
        """With a finer copy, when the face is small in it and the photo has more pixels."""
        reduction = reduction_for_face(sight.photo, sight.face)
        if reduction == sight.photo.reduction:
            return sight
        better = self._copy(sight.photo, reduction)
        factor = sight.photo.scale / better.scale
        return replace(sight, photo=better, faces=tuple(f.mapped(factor) for f in sight.faces))

    def drop(self) -> None:
        """Nobody needs it any more, unless it is being decoded already."""
        if self._begun:
            self._begun[2].drop()

    def _copy(self, photo: Photo, reduction: int) -> Photo:
        if self._begun is not None:
            source, begun, copy = self._begun
            if source is photo and begun == reduction:  # not the photo turned
                return copy.result()
        return finer(photo, reduction)


def reduction_for_face(photo: Photo, face: Face) -> int:
    """The largest reduction, up to the photo's own, that shows the face finely enough."""
    reduction, short = photo.reduction, min(face.size_wh)
    while reduction > 1 and short * photo.reduction / reduction < FINE_FACE_PX:
        reduction //= 2
    return reduction
