"""From the house's records to the contract's answers."""

from __future__ import annotations

from datetime import datetime, timezone

import pybase64

from core.assessment import Assessment, Checks, Sight, Stopwatch
from core.contract.answers import (
    ChecksBody,
    DetailedResult,
    DuplicateBody,
    ErrorAnswer,
    ErrorBody,
    FaceBody,
    FiqaAnswer,
    FiqaBody,
    FiqaSummary,
    IdentityBody,
    IdentityInfo,
    ItemBody,
    MeasureBody,
    NearestBody,
    PermissionBody,
    PhotoBody,
    RegisterImageAnswer,
    Replacement,
    SamePersonBody,
    UpdateImageAnswer,
)
from core.contract.fields import LEVELS, USER_TYPES, Level
from core.engine.base import EngineInfo, Face
from core.errors import FaceDeskError
from core.fiqa.report import Item, Report
from core.gallery.records import Group, Identity, IdentityChange, Match, Receipt, RegisteredPhoto


def error_answer(error: FaceDeskError) -> ErrorAnswer:
    """The one failure shape; a quality report among the details is written out."""
    details = dict(error.details)
    report, level = details.pop("report", None), details.pop("level", None)
    if isinstance(report, Report):
        body = fiqa_body(report, level)
        details["failed_items"] = [item.name for item in report.failed(level)]
        details["fiqa"] = body.as_dict()
    return ErrorAnswer(
        error=ErrorBody(
            code=error.code, message=error.message, status=error.status, details=details or None
        )
    )


def identity_body(
    identity: Identity, image_id: str = "", later_names: bool = False
) -> IdentityBody:
    """An identity in both of the document's spellings; ``later_names`` adds replaceface's."""
    groups = [group.id for group in identity.groups]
    photo_ids = [photo.id for photo in identity.photos]
    return IdentityBody(
        identity_id=identity.id,
        image_id=image_id or (photo_ids[0] if photo_ids else ""),
        identity_info=IdentityInfo(
            name=identity.name,
            description=identity.description,
            type=USER_TYPES.index(identity.user_type) + 1,
            user_id=identity.id,
            permission_ids=groups,
        ),
        identity_name=identity.name,
        user_type=identity.user_type,
        permission_ids=groups,
        ext_info=identity.ext_info,
        face_ids=[photo.face_id for photo in identity.photos],
        reg_pic_ids=photo_ids,
        register_image_ids=photo_ids if later_names else None,
        version=identity.version,
    )


def imagined_identity(identity_id: str, change: IdentityChange) -> Identity:
    """The identity that a creation would make, before it has a photo."""
    now = datetime.now(timezone.utc)
    return Identity(
        id=identity_id,
        name=change.name or "",
        user_type=change.user_type or "employee",
        description=change.description or "",
        groups=tuple(Group(group, "") for group in change.permission_ids or ()),
        ext_info=change.ext_info or {},
        version=0,
        created_at=now,
        updated_at=now,
        photos=(),
    )


def face_bodies(faces: tuple[Face, ...], taken: int | None) -> list[FaceBody]:
    """Faces that are in pixels of the photo as it was sent."""
    return [
        FaceBody(
            index=index,
            bbox=[round(float(v), 1) for v in face.box_xyxy],
            points=[[round(float(x), 1), round(float(y), 1)] for x, y in face.points_xy],
            point_layout=face.layout.value,
            score=round(face.score, 4),
            taken=index == taken,
        )
        for index, face in enumerate(faces)
    ]


def fiqa_body(report: Report, level: Level) -> FiqaBody:
    """The full report, judged at ``level`` and at all others."""
    return FiqaBody(
        level=level,
        passed=report.passes(level),
        best_level=report.best_level,
        levels={name: report.passes(name) for name in LEVELS},
        overall=report.overall,
        overall_source=report.overall_source,
        items=[_item_body(item, level) for item in report.items],
        not_assessed=[i.name for i in report.items if i.verdicts[level] == "not_assessed"],
    )


def _item_body(item: Item, level: Level) -> ItemBody:
    return ItemBody(
        item=item.name,
        value=None if item.value is None else round(item.value, 3),
        unit=item.unit,
        higher_is_better=item.higher_is_better,
        limits={str(name): limit for name, limit in item.limits.items()},
        verdicts={str(name): verdict for name, verdict in item.verdicts.items()},
        verdict=item.verdicts[level],
        message=item.text_at(level).en,
        message_zh=item.text_at(level).zh,
        hidden_by=item.hidden_by or None,
        measures=[
            MeasureBody(
                name=m.name,
                native=None if m.native is None else round(m.native, 4),
                unit=m.unit,
                score=m.score,
                source=m.source,
            )
            for m in item.measures
        ],
    )


def fiqa_answer(sight: Sight, report: Report, level: Level, watch: Stopwatch) -> FiqaAnswer:
    """The ``fiqa`` call: the family's short form and our full report."""
    faces = face_bodies(sight.source_faces, sight.taken)
    assessed = [item for item in report.items if item.verdicts[level] != "not_assessed"]
    failed = [item.name for item in report.failed(level)]
    return FiqaAnswer(
        fiqa_result=report.passes(level),
        detailed_result=DetailedResult(
            bbox=faces[sight.taken].bbox,
            passed_items=[item.name for item in assessed if item.name not in failed],
            failed_items=failed,
            detailed_scores={
                item.name: None if item.value is None else round(item.value, 3)
                for item in report.items
            },
        ),
        fiqa=fiqa_body(report, level),
        faces=faces,
        detection_steps=list(sight.steps),
        timings_ms=watch.timings_ms,
    )


def checks_body(checks: Checks, info: EngineInfo) -> ChecksBody:
    """Both checks, with a sentence for each thing a person should look at."""
    best = checks.best_cosine
    note = None
    if checks.stale:
        note = (
            f"{checks.stale} registered photo(s) are of another engine and were not compared; "
            "run 'python -m core reembed'."
        )
    return ChecksBody(
        engine_id=checks.engine_id,
        same_person=SamePersonBody(
            mode=checks.identity_mode,
            cosine=None if checks.old_cosine is None else round(checks.old_cosine, 4),
            best_cosine=None if best is None else round(best, 4),
            score=None if best is None else info.score(best),
            band=checks.same_band,
            limit=checks.same_limit,
            note=note,
        ),
        duplicate=DuplicateBody(
            mode=checks.duplicate_mode,
            nearest=nearest_body(checks.nearest, info) if checks.nearest else None,
            limit=checks.same_limit,
        ),
        warnings=_warnings(checks),
    )


def _warnings(checks: Checks) -> list[str]:
    found = []
    if checks.wrong_person:
        found.append(
            f"The new photo does not look like the registered person: "
            f"cosine {checks.best_cosine:.2f}, same from {checks.same_limit:.2f} on."
        )
    if checks.double_person and checks.nearest:
        found.append(
            f"The new photo looks like identity {checks.nearest.identity_id}: "
            f"cosine {checks.nearest.cosine:.2f}, same from {checks.same_limit:.2f} on."
        )
    return found


def nearest_body(match: Match, info: EngineInfo) -> NearestBody:
    """A search hit."""
    return NearestBody(
        identity_id=match.identity_id,
        identity_name=match.identity_name,
        register_image_id=match.photo_id,
        cosine=round(match.cosine, 4),
        score=info.score(match.cosine),
        band=info.band(match.cosine),
    )


def update_answer(
    assessment: Assessment,
    info: EngineInfo,
    level: Level,
    old: RegisteredPhoto | None,
    after: Identity,
    receipt: Receipt | None,
    later_names: bool = False,
) -> UpdateImageAnswer:
    """The answer to a registered photo; ``receipt`` is None after a dry run."""
    look, new = assessment.look, receipt.new if receipt else None
    return UpdateImageAnswer(
        identity=identity_body(after, new.id if new else "", later_names),
        replacement=Replacement(
            replaced=_photo_body(old) if old else None,
            current=_photo_body(new) if new else None,
            faces=face_bodies(look.sight.source_faces, look.sight.taken),
            detection_steps=list(look.sight.steps),
            fiqa=fiqa_body(look.report, level),
            checks=checks_body(assessment.checks, info),
            version=after.version,
            audit_id=receipt.audit_id if receipt else None,
            dry_run=receipt is None,
            notes=list(assessment.notes),
            timings_ms=look.watch.timings_ms,
        ),
    )


def _photo_body(photo: RegisteredPhoto) -> PhotoBody:
    summary = FiqaSummary(overall=photo.overall, best_level=photo.best_level, level=photo.level)
    return PhotoBody(register_image_id=photo.id, face_id=photo.face_id, fiqa=summary)


def permission_body(group: Group) -> PermissionBody:
    """A permission group."""
    return PermissionBody(permission_id=group.id, permission_name=group.name)


def register_image_answer(photo: RegisteredPhoto, jpeg: bytes) -> RegisterImageAnswer:
    """A stored photo as base64."""
    return RegisterImageAnswer(
        register_image=pybase64.b64encode_as_string(jpeg),
        content_type="image/jpeg",
        identity_id=photo.identity_id,
    )
