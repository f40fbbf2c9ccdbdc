"""The dry run: every photo is looked at and held against the gallery; nothing is written there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from core.ahead import ahead, workers_for
from core.assessment import Checks, Look, Stopwatch
from core.batch.csv_map import read_map
from core.batch.folder import BatchFolder
from core.batch.lines import CHECKED
from core.batch.planning import Planned, plan
from core.batch.reasons import (
    Reason,
    RowRefused,
    problem,
    quality_reason,
    reason,
    reason_of,
)
from core.batch.records import Row, Verdict
from core.batch.shelf import Shelf
from core.batch.sources import Source, caps_of
from core.contract.fields import Level
from core.desk import Desk
from core.errors import FaceDeskError, NoFace, NotFound, ServerError
from core.imaging.draw import crop_and_thumb, draw_faces
from core.imaging.read import encode_jpeg
from core.vision import Vision

Step = Callable[[int, int], None]
THUMB_PX = 96


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """What came of looking at one file: a look, or why there is none; with a thumbnail."""

    look: Look | None
    refusal: Reason | None
    thumb_jpeg: bytes | None


def check_batch(
    desk: Desk,
    shelf: Shelf,
    source: Source,
    level: Level,
    operator: str,
    csv_data: bytes | None = None,
    step: Step = lambda done, of: None,
) -> str:
    """Plan a batch, look at every photo, keep what may run. Returns the batch's id.

    The source is closed at the end, however it ends; then nothing is left of the batch.

    Raises ParameterError (the CSV), NoSpaceLeft, NotReady.
    """
    folder = None
    try:
        if not source.entries:
            raise problem("NO_PHOTOS")
        wanted = None
        if csv_data is not None:
            wanted = read_map(csv_data, desk.settings.max_batch_photos)
        planned = plan(desk, source.entries, wanted)
        folder = shelf.begin(source.name, level, operator)
        _check_rows(desk, folder, source, planned, step)
        folder.mark(CHECKED)
        return folder.id
    except BaseException:
        if folder is not None:
            folder.remove()
        raise
    finally:
        source.close()


def _check_rows(
    desk: Desk, folder: BatchFolder, source: Source, planned: list[Planned], step: Step
) -> None:
    vision = desk.vision
    vision.engine, vision.measurers  # noqa: B018 - NotReady before the first row, not at each
    total = int(caps_of(desk.settings).total_mb * 1e6)
    incoming = _incoming(source, planned, total, desk)
    work = ahead(lambda pair: _glance(vision, pair[1]), incoming, _workers(desk))
    try:
        for number, ((row, data), future) in enumerate(work):
            step(number, len(planned))
            glance = future.result()
            checked = _checked(desk, row, glance)
            if glance.thumb_jpeg:
                folder.keep("thumb", row.number, glance.thumb_jpeg)
            if checked.verdict and isinstance(data, bytes):
                folder.keep("photo", row.number, data)
            folder.record(checked)
    finally:
        work.close()
    step(len(planned), len(planned))


def _workers(desk: Desk) -> int:
    return workers_for(desk.settings.thread_count)


def _incoming(
    source: Source, planned: list[Planned], budget: int, desk: Desk
) -> Iterator[tuple[Row, bytes | Reason]]:
    """Each row with its bytes, read when it is its turn, or with why there are none."""
    for each in planned:
        row, data = each.row, each.row.refusal
        if data is not None or each.entry is None:
            yield row, data or reason_of(NotFound())
        elif budget <= 0:
            yield row, reason("BATCH_TOO_LARGE", limit=desk.settings.max_batch_mb)
        else:
            try:
                photo = source.read(each.entry)
            except RowRefused as refused:
                yield row, refused.reason
                continue
            budget -= len(photo)
            yield row, photo


def _glance(vision: Vision, data: bytes | Reason) -> Glance:
    if isinstance(data, Reason):
        return Glance(None, data, None)
    if data.startswith(b"PK\x03\x04"):
        return Glance(None, reason("ENTRY_NESTED"), None)
    try:
        look = vision.look(data)
    except ServerError:
        raise
    except FaceDeskError as error:
        thumb = _whole(vision, data) if isinstance(error, NoFace) else None
        return Glance(None, reason_of(error), thumb)
    sight = look.sight
    _, thumb = crop_and_thumb(sight.photo.pixels_bgr, sight.face.box_xyxy.tolist())
    return Glance(look, None, thumb)


def _whole(vision: Vision, data: bytes) -> bytes | None:
    """A small picture of a photo in which there is no face; None where it is too small a one."""
    try:
        photo, _, _ = vision.detect(data, Stopwatch())
    except FaceDeskError:
        return None
    return encode_jpeg(draw_faces(photo.pixels_bgr, [], [], None, THUMB_PX), 85)


def _checked(desk: Desk, row: Row, glance: Glance) -> Row:
    if glance.look is None or row.target is None:
        return replace(row, refusal=row.refusal or glance.refusal)
    try:
        identity = desk.gallery.identity(row.identity_id)
        old = next((p for p in identity.photos if p.id == row.target.photo_id), None)
        checks = desk.check(identity, old, glance.look.embedding)
    except ServerError:
        raise
    except FaceDeskError as error:
        return replace(row, refusal=reason_of(error))
    return replace(row, verdict=_verdict(glance.look, checks))


def _verdict(look: Look, checks: Checks) -> Verdict:
    report = look.report
    return Verdict(
        sha256=look.sight.photo.sha256,
        overall=report.overall,
        best_level=report.best_level,
        low=quality_reason(report, "low"),
        normal=quality_reason(report, "normal"),
        high=quality_reason(report, "high"),
        same_cosine=_rounded(checks.best_cosine),
        same_band=checks.same_band,
        nearest_id=checks.nearest.identity_id if checks.nearest else "",
        nearest_cosine=_rounded(checks.nearest.cosine if checks.nearest else None),
        objections=checks.objections,
    )


def _rounded(cosine: float | None) -> float | None:
    return None if cosine is None else round(cosine, 4)
