"""What callers get: one model a call, the only place of the answer's field names."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from core.contract.fields import Band, Level, UserType


class Answer(BaseModel):
    """Common ground of all answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def as_dict(self) -> dict[str, Any]:
        """JSON-serialisable; optional fields that do not apply are left out."""
        return self.model_dump(mode="json", exclude_none=True)


class ErrorBody(Answer):
    """What went wrong."""

    code: int
    message: str
    status: str
    details: dict[str, Any] | None = None


class ErrorAnswer(Answer):
    """The one failure shape of every call."""

    error: ErrorBody


class IdentityInfo(Answer):
    """The identity as the original document's example spells it."""

    name: str
    description: str
    type: int = Field(description="1..5: employee, visitor, blacklist, stranger, vip.")
    user_id: str
    permission_ids: list[str]


class IdentityBody(Answer):
    """An identity; ``face_ids[i]`` belongs to ``reg_pic_ids[i]``."""

    identity_id: str
    image_id: str = Field(description="The newest change's photo, else the first.")
    identity_info: IdentityInfo
    identity_name: str
    user_type: UserType
    permission_ids: list[str]
    ext_info: dict[str, Any]
    face_ids: list[str]
    reg_pic_ids: list[str]
    register_image_ids: list[str] | None = Field(None, description="replaceface's name for them.")
    version: int


class FaceBody(Answer):
    """One face, in pixels of the photo as it was sent (upright)."""

    index: int
    bbox: list[float] = Field(description="left, top, right, bottom, px")
    points: list[list[float]] = Field(description="five points, px")
    point_layout: str
    score: float
    taken: bool


class MeasureBody(Answer):
    """One measured quantity."""

    name: str
    native: float | None = None
    unit: str
    score: int = Field(description="0..100 by OFIQ's formula, -1 when not assessed")
    source: str
    model: str | None = Field(None, description="The optional network behind it.")


class ItemBody(Answer):
    """One quality item."""

    item: str
    value: float | None = None
    unit: str
    higher_is_better: bool
    limits: dict[str, float]
    verdicts: dict[str, str]
    verdict: str = Field(description="At the level asked for.")
    message: str
    message_zh: str
    hidden_by: str | None = None
    measures: list[MeasureBody]


class FiqaBody(Answer):
    """The full quality report, worst item first."""

    level: Level
    passed: bool
    best_level: Level
    levels: dict[str, bool]
    overall: int = Field(description="0..100")
    overall_source: str
    items: list[ItemBody]
    not_assessed: list[str]
    liveness: MeasureBody | None = Field(
        None, description="Shown where a network for it is installed; never decides anything."
    )
    other_measures: list[MeasureBody] = Field(description="Measured, but of no item.")


class FiqaSummary(Answer):
    """What is kept of a quality report beside a photo."""

    overall: int
    best_level: Level
    level: Level


class PhotoBody(Answer):
    """A registered photo's ids and quality."""

    register_image_id: str
    face_id: str
    fiqa: FiqaSummary


class NearestBody(Answer):
    """The nearest face of somebody else."""

    identity_id: str
    identity_name: str
    register_image_id: str
    cosine: float
    score: int
    band: Band


class SamePersonBody(Answer):
    """The new face against the identity's own photos."""

    mode: str
    cosine: float | None = Field(None, description="To the photo that is replaced.")
    best_cosine: float | None = Field(None, description="To the nearest of the identity's photos.")
    score: int | None = None
    band: Band | None = None
    limit: float
    note: str | None = None


class DuplicateBody(Answer):
    """The new face against everybody else."""

    mode: str
    nearest: NearestBody | None = None
    limit: float


class ChecksBody(Answer):
    """Wrong-person and double-person check; an embedding is compared within one engine only."""

    engine_id: str
    same_person: SamePersonBody
    duplicate: DuplicateBody
    warnings: list[str]


class Replacement(Answer):
    """Our part of the answer: what was replaced by what, and on which grounds."""

    replaced: PhotoBody | None = None
    current: PhotoBody | None = None
    faces: list[FaceBody]
    detection_steps: list[str] = Field(description="What was needed beyond the first pass.")
    fiqa: FiqaBody
    checks: ChecksBody
    version: int
    audit_id: int | None = None
    dry_run: bool
    notes: list[str]
    timings_ms: dict[str, float]


class UpdateImageAnswer(Answer):
    """``updateimage``, ``createidentity``, ``addface``."""

    identity: IdentityBody
    replacement: Replacement


class IdentityAnswer(Answer):
    """``getidentity``, ``updateidentity``, ``deleteface``."""

    identity: IdentityBody


class Pagination(Answer):
    """Where this page stands."""

    page_index: int
    page_limit: int
    total: int


class ListIdentitiesAnswer(Answer):
    """``getidentities``."""

    identities: list[IdentityBody]
    pagination: Pagination


class DeleteIdentitiesAnswer(Answer):
    """``deleteidentities``."""

    success_identity_ids: list[str]
    failed_identity_ids: list[str]


class RegisterImageAnswer(Answer):
    """``getregisterimage`` as a function; over HTTP the JPEG itself is sent."""

    register_image: str = Field(description="base64")
    content_type: str
    identity_id: str


class DetailedResult(Answer):
    """The family's short form of a quality report."""

    bbox: list[float]
    passed_items: list[str]
    failed_items: list[str]
    detailed_scores: dict[str, float | None]


class FiqaAnswer(Answer):
    """``fiqa``."""

    fiqa_result: bool
    detailed_result: DetailedResult
    fiqa: FiqaBody
    faces: list[FaceBody]
    detection_steps: list[str]
    timings_ms: dict[str, float]


class DetectAnswer(Answer):
    """``detect``; an empty list when there is no face."""

    faces: list[FaceBody]
    detection_steps: list[str]
    image_size: list[int] = Field(description="width, height, px")
    timings_ms: dict[str, float]


class CompareAnswer(Answer):
    """``compare``: the largest faces of two photos."""

    cosine: float
    score: int = Field(description="0..100; a scale for people, not a probability")
    band: Band
    limit: float
    engine_id: str


class SearchAnswer(Answer):
    """``search``: nearest identities first."""

    matches: list[NearestBody]
    engine_id: str
    stale_photos: int = Field(description="Photos of another engine, not compared.")
    recall: float | None = Field(
        None, description="Measured share of right answers of an approximate search; absent: exact."
    )


class PermissionBody(Answer):
    """A permission group."""

    permission_id: str
    permission_name: str


class PermissionAnswer(Answer):
    """``createpermission``."""

    permission: PermissionBody


class ListPermissionsAnswer(Answer):
    """``getpermissions``."""

    permissions: list[PermissionBody]
