"""Re-extraction: every stored photo gets an embedding of the engine in use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.ahead import ahead, workers_for
from core.assessment import Sight, Stopwatch
from core.desk import Desk
from core.engine.base import Embedding, Face
from core.errors import NotFound, PhotoError
from core.gallery.records import Actor, AuditEntry, RegisteredPhoto, Vector

NOBODY = Actor()
TOGETHER = 16
"""Photos that are written in one transaction: it costs as much as looking at one of them."""

MIN_OVERLAP = 0.3
"""A found face is the registered one from this intersection over union on."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many photos were done, and which could not be: photo id to reason."""

    done: int
    failed: dict[str, str]


def reembed(
    desk: Desk,
    progress: Callable[[int, int], None] = lambda done, of: None,
    actor: Actor = NOBODY,
) -> Outcome:
    """Re-extract the photos that are of another engine.

    A few photos go into one transaction, and a run that was stopped goes on where it stopped; a few
    photos are looked at side by side meanwhile. The face is found anew and is the one that overlaps
    the registered box; nobody else's face of a group picture takes its place. One audit row says
    that it was done.
    """
    engine_id = desk.vision.engine.info.engine_id
    stale = desk.gallery.stale_photos(engine_id, desk.gallery.count_photos())
    failed: dict[str, str] = {}
    found: dict[str, tuple[Vector, str]] = {}
    work = ahead(
        lambda photo_id: _embedding(desk, photo_id),
        stale,
        workers_for(desk.settings.thread_count),
    )
    try:
        for number, (photo_id, future) in enumerate(work):
            progress(number, len(stale))
            try:
                embedding = future.result()
            except NotFound:
                continue  # deleted or replaced meanwhile
            except PhotoError as error:
                failed[photo_id] = error.message
                continue
            found[photo_id] = (embedding.vector, embedding.engine_id)
            if len(found) >= TOGETHER:
                desk.gallery.reembed_some(found)
                found.clear()
    finally:
        work.close()
        desk.gallery.reembed_some(found)
    progress(len(stale), len(stale))
    if stale:
        facts = {"photos": len(stale) - len(failed), "failed": sorted(failed), "engine": engine_id}
        desk.gallery.record(AuditEntry("reembed", facts=facts, actor=actor))
    return Outcome(len(stale) - len(failed), failed)


def reembed_photo(desk: Desk, photo_id: str) -> None:
    """Re-extract one photo, current or superseded.

    Raises NotFound, PhotoError (its face is not found again).
    """
    embedding = _embedding(desk, photo_id)
    desk.gallery.reembed(photo_id, embedding.vector, embedding.engine_id)


def _embedding(desk: Desk, photo_id: str) -> Embedding:
    """The embedding of a photo's registered face by the engine in use; writes nothing."""
    sight = registered_sight(desk, desk.gallery.photo(photo_id))
    return desk.vision.engine.embed(sight.photo.pixels_bgr, sight.face)


def registered_sight(desk: Desk, photo: RegisteredPhoto) -> Sight:
    """A stored photo with its faces; the one taken is the registered one.

    Raises NotFound, PhotoError (its face is not found again).
    """
    sight = desk.vision.see(desk.gallery.photo_jpeg(photo.id), None, Stopwatch())
    overlaps = [overlap(face, photo.box_xyxy) for face in sight.source_faces]
    best = max(range(len(overlaps)), key=overlaps.__getitem__)
    if overlaps[best] < MIN_OVERLAP:
        raise PhotoError("The registered face was not found again in its photo; replace the photo.")
    return replace(sight, taken=best)


def overlap(face: Face, box_xyxy: tuple[float, float, float, float]) -> float:
    """Intersection over union of a face's box and another, 0 to 1."""
    left, top, right, bottom = (float(v) for v in face.box_xyxy)
    width = min(right, box_xyxy[2]) - max(left, box_xyxy[0])
    height = min(bottom, box_xyxy[3]) - max(top, box_xyxy[1])
    shared = max(0.0, width) * max(0.0, height)
    other = (box_xyxy[2] - box_xyxy[0]) * (box_xyxy[3] - box_xyxy[1])
    return shared / max(face.area + other - shared, 1e-9)
