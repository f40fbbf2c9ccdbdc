"""The calls that look at photos and store nothing: fiqa, detect, compare, search."""

from __future__ import annotations

from core import answers
from core.assessment import Stopwatch
from core.calls.intake import photo_bytes
from core.contract import answers as a
from core.contract import requests as r
from core.desk import Desk
from core.gallery.records import Actor


def fiqa(desk: Desk, request: r.FiqaRequest, actor: Actor) -> a.FiqaAnswer:
    """Judge a photo at a level; nothing is embedded."""
    watch = Stopwatch()
    data = photo_bytes(desk.settings, request.image, request.image_path, "image", "image_path")
    sight = desk.vision.see(data, request.face_index, watch)
    report = desk.vision.judge(sight, watch)
    return answers.fiqa_answer(sight, report, request.fiqa_level, watch)


def detect(desk: Desk, request: r.DetectRequest, actor: Actor) -> a.DetectAnswer:
    """All faces of a photo, largest first; a photo without a face is an empty list."""
    watch = Stopwatch()
    data = photo_bytes(desk.settings, request.image, request.image_path, "image", "image_path")
    photo, faces, steps = desk.vision.detect(data, watch)
    source = tuple(face.mapped(photo.scale) for face in faces)
    return a.DetectAnswer(
        faces=answers.face_bodies(source, 0 if faces else None),
        detection_steps=list(steps),
        image_size=list(photo.source_wh),
        timings_ms=watch.timings_ms,
    )


def compare(desk: Desk, request: r.CompareRequest, actor: Actor) -> a.CompareAnswer:
    """Cosine of the largest faces of two photos."""
    first, second = (
        photo_bytes(desk.settings, image, path, name, f"{name}_path")
        for name, image, path in (
            ("image_1", request.image_1, request.image_1_path),
            ("image_2", request.image_2, request.image_2_path),
        )
    )
    vision = desk.vision  # one and the same for both, also when the engine is changed meanwhile
    info = vision.engine.info
    cosine = vision.look(first).embedding.cosine(vision.look(second).embedding)
    return a.CompareAnswer(
        cosine=round(cosine, 4),
        score=info.score(cosine),
        band=info.band(cosine),
        limit=info.same_cosine,
        engine_id=info.engine_id,
    )


def search(desk: Desk, request: r.SearchRequest, actor: Actor) -> a.SearchAnswer:
    """The identities nearest to the largest face of a photo."""
    data = photo_bytes(desk.settings, request.image, request.image_path, "image", "image_path")
    vision = desk.vision
    look, info = vision.look(data), vision.engine.info
    matrix = desk.matrix_of(info.engine_id)
    matches = matrix.nearest(look.embedding.vector, request.top)
    return a.SearchAnswer(
        matches=[answers.nearest_body(match, info) for match in matches],
        engine_id=info.engine_id,
        stale_photos=matrix.stale,
        recall=matrix.recall,
    )
