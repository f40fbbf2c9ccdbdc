"""The calls that register, replace, remove and hand out photos."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import replace

from core import answers
from core.assessment import Assessment, Look
from core.calls.intake import photo_bytes
from core.calls.people import change_of, signed
from core.contract import answers as a
from core.contract import requests as r
from core.desk import Desk, look_notes, require_checks
from core.errors import FaceDeskError, IdentityExists, NotFound, ParameterError, VersionConflict
from core.gallery.records import (
    NAMELESS,
    Actor,
    AuditEntry,
    Identity,
    IdentityChange,
    Receipt,
    RegisteredPhoto,
)
from core.gallery.repeat import AlreadyAnswered, Repeat
from core.imaging.photo import Photo

Write = Callable[[Assessment, Repeat | None], Receipt]


def update_image(desk: Desk, request: r.UpdateImageRequest, actor: Actor) -> a.UpdateImageAnswer:
    """Replace one registered photo of an identity."""
    later_names = request.register_image_index is not None
    return _once(desk, request, lambda: _replace(desk, request, actor, later_names))


def replace_face(desk: Desk, request: r.UpdateImageRequest, actor: Actor) -> a.UpdateImageAnswer:
    """The same call under its later name; its answer has ``register_image_ids`` as well."""
    return _once(desk, request, lambda: _replace(desk, request, actor, later_names=True))


def _replace(
    desk: Desk, request: r.UpdateImageRequest, actor: Actor, later_names: bool
) -> a.UpdateImageAnswer:
    with _reading(desk, request) as photo:
        identity = desk.gallery.identity(request.identity_id)
        # The version first, as in the gallery: a rival's loser hears of the conflict, however late.
        _require_version(identity, request.expected_version)
        old = _photo_to_replace(desk, identity, request)
        return _replace_with(desk, request, photo, identity, old, actor, later_names)


def _replace_with(
    desk: Desk,
    request: r.UpdateImageRequest,
    photo: Future[Photo],
    identity: Identity,
    old: RegisteredPhoto,
    actor: Actor,
    later_names: bool,
) -> a.UpdateImageAnswer:
    def write(assessment: Assessment, repeat: Repeat | None) -> Receipt:
        return desk.replace(
            identity,
            old,
            assessment,
            request.fiqa_level,
            signed(actor, request),
            change=change_of(request),
            expected_version=request.expected_version,
            reason=request.reason or "",
            repeat=repeat,
        )

    return _register(desk, request, photo, identity, old, actor, write, later_names)


def create_identity(
    desk: Desk, request: r.CreateIdentityRequest, actor: Actor
) -> a.UpdateImageAnswer:
    """Register a new identity with its first photo."""
    return _once(desk, request, lambda: _create(desk, request, actor))


def _create(desk: Desk, request: r.CreateIdentityRequest, actor: Actor) -> a.UpdateImageAnswer:
    identity_id = request.identity_id or str(uuid.uuid4())
    if desk.gallery.has_identity(identity_id):
        raise IdentityExists()
    change = replace(change_of(request), name=request.identity_name or NAMELESS)

    def write(assessment: Assessment, repeat: Repeat | None) -> Receipt:
        return desk.create(
            identity_id,
            change,
            assessment,
            request.fiqa_level,
            signed(actor, request),
            reason=request.reason or "",
            repeat=repeat,
        )

    with _reading(desk, request) as photo:
        newcomer = (identity_id, change)
        return _register(desk, request, photo, None, None, actor, write, newcomer=newcomer)


def add_face(desk: Desk, request: r.AddFaceRequest, actor: Actor) -> a.UpdateImageAnswer:
    """Register one more photo of an identity, at the end."""
    return _once(desk, request, lambda: _add(desk, request, actor))


def _add(desk: Desk, request: r.AddFaceRequest, actor: Actor) -> a.UpdateImageAnswer:
    identity = desk.gallery.identity(request.identity_id)
    _require_version(identity, request.expected_version)

    def write(assessment: Assessment, repeat: Repeat | None) -> Receipt:
        return desk.add(
            identity,
            assessment,
            request.fiqa_level,
            signed(actor, request),
            expected_version=request.expected_version,
            reason=request.reason or "",
            repeat=repeat,
        )

    with _reading(desk, request) as photo:
        return _register(desk, request, photo, identity, None, actor, write)


def _reading(desk: Desk, request: r.PhotoFields) -> AbstractContextManager[Future[Photo]]:
    """The request's photo, read while the gallery is asked."""
    image, path = request.register_image, request.register_image_path
    return desk.vision.reading(lambda: photo_bytes(desk.settings, image, path))


def _register(
    desk: Desk,
    request: r.PhotoFields,
    photo: Future[Photo],
    identity: Identity | None,
    old: RegisteredPhoto | None,
    actor: Actor,
    write: Write,
    later_names: bool = False,
    newcomer: tuple[str, IdentityChange] | None = None,
) -> a.UpdateImageAnswer:
    """The common walk: assess, then write in one transaction, or only say what would happen."""
    own_mode = request.identity_check
    prepared = desk.prepare(identity, own_mode) if identity else None
    look = desk.vision.look(photo, request.face_index, gate=request.fiqa_level, pictured=True)
    with look.watch.stage("check"):
        checks = desk.check(
            identity, old, look.embedding, own_mode, request.duplicate_check, prepared
        )
    assessment = Assessment(look, checks, _notes(request, look, old))
    info = desk.vision.engine.info

    def answer(receipt: Receipt | None) -> a.UpdateImageAnswer:
        after = receipt.identity if receipt else identity or _imagined(newcomer)
        return answers.update_answer(
            assessment, info, request.fiqa_level, old, after, receipt, later_names
        )

    if request.dry_run:
        desk.require_rights("replace", checks, request.fiqa_level, actor)
        require_checks(checks)
        return answer(None)
    repeat = None
    if request.request_id:
        repeat = Repeat(
            request.request_id,
            _content_hash(request),
            lambda receipt: answer(receipt).model_dump_json(exclude_none=True),
        )
    try:
        with look.watch.stage("commit"):
            receipt = write(assessment, repeat)
    except AlreadyAnswered as done:
        return a.UpdateImageAnswer.model_validate_json(done.answer)
    return answer(receipt)


def _once(
    desk: Desk, request: r.PhotoFields, change: Callable[[], a.UpdateImageAnswer]
) -> a.UpdateImageAnswer:
    """The first answer of this very request, or that of the change; raises what it raises."""
    if (answer := _answered(desk, request)) is not None:
        return answer
    try:
        return change()
    except FaceDeskError:
        # Carried out meanwhile by a rival, it finds its photo replaced or its person registered.
        if (answer := _answered(desk, request)) is not None:
            return answer
        raise


def _answered(desk: Desk, request: r.PhotoFields) -> a.UpdateImageAnswer | None:
    """The first answer, when this very request was carried out before. Raises RequestIdReused."""
    if not request.request_id or request.dry_run:
        return None
    text = desk.gallery.answered(request.request_id, _content_hash(request))
    return a.UpdateImageAnswer.model_validate_json(text) if text is not None else None


def _content_hash(request: r.Request) -> str:
    """SHA-256 of what is asked, whatever the id it is asked under."""
    text = type(request).__name__ + request.model_dump_json(exclude={"request_id"})
    return hashlib.sha256(text.encode()).hexdigest()


def _imagined(newcomer: tuple[str, IdentityChange] | None) -> Identity:
    """What a dry run of ``createidentity`` shows: the identity without its photo."""
    if newcomer is None:
        raise NotFound()
    identity_id, change = newcomer
    return answers.imagined_identity(identity_id, change)


def _require_version(identity: Identity, expected: int | None) -> None:
    if expected is not None and expected != identity.version:
        raise VersionConflict(current_version=identity.version)


def _photo_to_replace(
    desk: Desk, identity: Identity, request: r.UpdateImageRequest
) -> RegisteredPhoto:
    if request.register_image_id or request.face_id:
        return _own_photo(desk, identity, request.register_image_id, request.face_id)
    index, photos = request.register_image_index, identity.photos
    if index is not None and index < len(photos):
        return photos[index]
    if index is not None:
        problem = f"is {index}, but the identity has {len(photos)} photo(s), counted from 0"
        raise ParameterError(
            f"register_image_index {problem}.", fields={"register_image_index": problem}
        )
    if request.sole_photo_suffices and len(photos) == 1:
        return photos[0]
    problem = "or face_id is required, to say which photo to replace"
    raise ParameterError(
        f"register_image_id {problem}.",
        fields={"register_image_id": problem},
        reg_pic_ids=[photo.id for photo in photos],
        face_ids=[photo.face_id for photo in photos],
    )


def _own_photo(
    desk: Desk, identity: Identity, photo_id: str | None, face_id: str | None
) -> RegisteredPhoto:
    """A current photo of this identity; the photo's id counts when both are given."""
    for photo in identity.photos:
        if photo_id in (photo.id, None) and (photo_id or photo.face_id == face_id):
            return photo
    desk.gallery.explain_missing(identity.id, photo_id, face_id)
    raise NotFound()


def _notes(request: r.PhotoFields, look: Look, old: RegisteredPhoto | None) -> tuple[str, ...]:
    notes = list(look_notes(look, old))
    if request.register_image and request.register_image_path:
        notes.append("register_image was used; register_image_path was ignored.")
    return tuple(notes)


def delete_face(desk: Desk, request: r.DeleteFaceRequest, actor: Actor) -> a.IdentityAnswer:
    """Remove one photo of an identity; the last one cannot be removed."""
    identity = desk.gallery.identity(request.identity_id)
    if not request.register_image_id and not request.face_id:
        problem = "or face_id is required"
        raise ParameterError(f"register_image_id {problem}.", fields={"register_image_id": problem})
    photo = _own_photo(desk, identity, request.register_image_id, request.face_id)
    entry = AuditEntry(
        "delete_photo",
        identity_id=identity.id,
        old_photo_id=photo.id,
        reason=request.reason or "",
        actor=signed(actor, request),
    )
    receipt = desk.gallery.delete_photo(identity.id, photo.id, audit=entry)
    return a.IdentityAnswer(identity=answers.identity_body(receipt.identity))


def get_register_image(
    desk: Desk, request: r.RegisterImageRequest, actor: Actor
) -> a.RegisterImageAnswer:
    """A registered photo's file; also one that was superseded and is still kept."""
    photo = desk.gallery.photo(request.register_image_id)
    return answers.register_image_answer(photo, desk.gallery.photo_jpeg(photo.id))
