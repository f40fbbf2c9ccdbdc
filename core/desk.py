"""The corridor: the one-way walk of a photo, from bytes to a committed replacement.

``look`` (models) -> ``check`` (gallery) -> ``replace``, ``create`` or ``add`` (one transaction).
Pages, JSON functions and command line walk the same way; no pixels and no SQL are handled here.
"""

from __future__ import annotations

import threading

from core.access.door import Door
from core.access.roles import require
from core.assessment import Assessment, Checks, Look
from core.contract.fields import CHECK_MODES, CheckMode, Level
from core.engine.base import Embedding
from core.errors import DuplicatePerson, FaceDeskError, NotReady, NotSamePerson
from core.fiqa.report import require_level
from core.gallery.face_search import FaceSearch
from core.gallery.records import (
    Actor,
    AuditEntry,
    Identity,
    IdentityChange,
    NewPhoto,
    Receipt,
    RegisteredPhoto,
)
from core.gallery.repeat import Repeat
from core.gallery.search_database import open_search
from core.gallery.store import Gallery
from core.imaging.draw import crop_and_thumb
from core.jobs import Jobs
from core.kept import kept_report
from core.settings import Settings
from core.vision import Vision


class Desk:
    """Holds a photo against the gallery and changes the gallery.

    Args:
        settings: every knob.
        gallery: the opened gallery.
        vision: the models.
    """

    def __init__(self, settings: Settings, gallery: Gallery, vision: Vision) -> None:
        self.settings = settings
        self.gallery = gallery
        self.vision = vision
        self.door = Door(settings, gallery)
        self.jobs = Jobs()
        self._matrix: FaceSearch | None = None
        self._lock = threading.Lock()

    @property
    def matrix(self) -> FaceSearch:
        """The search among the faces of the engine in use. Raises NotReady."""
        return self.matrix_of(self.vision.engine.info.engine_id)

    def matrix_of(self, engine_id: str) -> FaceSearch:
        """The search among an engine's faces: one at a time is kept. Raises NotReady."""
        with self._lock:
            if self._matrix is None or self._matrix.engine_id != engine_id:
                self._matrix = open_search(self.gallery, engine_id, self.settings.search)
            return self._matrix

    def use(self, vision: Vision) -> None:
        """Look at photos with other models from now on; what is under way ends with the old."""
        self.vision = vision

    def follow(self) -> None:
        """Bring the matrix in step with the database, if it was ever used: drops who was erased."""
        with self._lock:
            matrix = self._matrix
        if matrix is not None:
            len(matrix)

    def prepare(
        self, identity: Identity, identity_mode: CheckMode | None = None
    ) -> dict[str, Embedding] | None:
        """Read what ``check`` will compare with, while the photo is still being decoded.

        Returns the identity's own embeddings by photo id; None while there is no engine.
        """
        slot = self.vision.engine_slot
        if slot.loading or slot.error:
            return None
        self.follow()
        if (identity_mode or self.settings.identity_check) == "off":
            return {}
        return self._own(identity)

    def _own(self, identity: Identity) -> dict[str, Embedding]:
        photo_ids = [photo.id for photo in identity.photos]
        engine_id = self.vision.engine.info.engine_id
        vectors = self.gallery.embeddings(photo_ids, engine_id)
        return {photo_id: Embedding(vector, engine_id) for photo_id, vector in vectors.items()}

    def check(
        self,
        identity: Identity | None,
        old: RegisteredPhoto | None,
        embedding: Embedding,
        identity_mode: CheckMode | None = None,
        duplicate_mode: CheckMode | None = None,
        prepared: dict[str, Embedding] | None = None,
    ) -> Checks:
        """The new face against the identity's own photos and against everybody else's.

        ``identity`` is None for a person who is not registered yet, ``old`` the photo that would
        be replaced. Embeddings of another engine are not compared, only counted. ``prepared`` is
        what ``prepare`` read. Raises NotReady: the engine was changed since the face was looked at.
        """
        info = self.vision.engine.info
        if embedding.engine_id != info.engine_id:
            raise NotReady("The engine was changed meanwhile; choose or send the photo again.")
        identity_mode = identity_mode or self.settings.identity_check
        duplicate_mode = duplicate_mode or self.settings.duplicate_check
        own = identity.photos if identity else ()
        stale = sum(photo.engine_id != info.engine_id for photo in own)
        old_cosine = best = nearest = None
        if identity_mode != "off" and identity and own:
            kept = self._own(identity) if prepared is None else prepared
            cosines = {
                photo_id: embedding.cosine(each)
                for photo_id, each in kept.items()
                if each.engine_id == info.engine_id
            }
            stale = len(own) - len(cosines)
            best = max(cosines.values(), default=None)
            old_cosine = cosines.get(old.id) if old else None
        if duplicate_mode != "off":
            exclude = identity.id if identity else None
            found = self.matrix_of(info.engine_id).nearest(
                embedding.vector, 1, exclude_identity=exclude
            )
            nearest = found[0] if found else None
        return Checks(
            engine_id=info.engine_id,
            identity_mode=identity_mode,
            duplicate_mode=duplicate_mode,
            old_cosine=old_cosine,
            best_cosine=best,
            same_band=None if best is None else info.band(best),
            same_limit=info.same_cosine,
            nearest=nearest,
            nearest_band=info.band(nearest.cosine) if nearest else None,
            stale=stale,
        )

    def replace(
        self,
        identity: Identity,
        old: RegisteredPhoto,
        assessment: Assessment,
        level: Level,
        actor: Actor,
        *,
        change: IdentityChange | None = None,
        expected_version: int | None = None,
        reason: str = "",
        repeat: Repeat | None = None,
    ) -> Receipt:
        """Put the new photo in the old one's place, in one transaction.

        Raises Forbidden, LowQuality, NotSamePerson, DuplicatePerson (strict checks only), NotFound,
        VersionConflict, PermissionNotFound, RequestIdReused, NoSpaceLeft, NotReady; then nothing
        was changed.
        """
        self.require_rights("replace", assessment.checks, level, actor)
        entry = _entry("replace", identity.id, assessment, level, reason, actor, old.id)
        self._require(assessment, level, entry)
        return self.gallery.replace(
            identity.id,
            old.id,
            new_photo(assessment.look, level),
            change or IdentityChange(),
            expected_version=expected_version,
            audit=entry,
            repeat=repeat,
        )

    def create(
        self,
        identity_id: str,
        change: IdentityChange,
        assessment: Assessment,
        level: Level,
        actor: Actor,
        reason: str = "",
        repeat: Repeat | None = None,
    ) -> Receipt:
        """Register a new identity with its first photo. Raises IdentityExists, and as replace."""
        self.require_rights("create", assessment.checks, level, actor)
        entry = _entry("create", identity_id, assessment, level, reason, actor)
        self._require(assessment, level, entry)
        new = new_photo(assessment.look, level)
        return self.gallery.create_identity(identity_id, change, new, audit=entry, repeat=repeat)

    def add(
        self,
        identity: Identity,
        assessment: Assessment,
        level: Level,
        actor: Actor,
        *,
        expected_version: int | None = None,
        reason: str = "",
        repeat: Repeat | None = None,
    ) -> Receipt:
        """Register one more photo at the end. Raises GalleryFull, and as replace."""
        self.require_rights("add_photo", assessment.checks, level, actor)
        entry = _entry("add_photo", identity.id, assessment, level, reason, actor)
        self._require(assessment, level, entry)
        return self.gallery.add_photo(
            identity.id,
            new_photo(assessment.look, level),
            expected_version=expected_version,
            audit=entry,
            repeat=repeat,
        )

    def _require(self, assessment: Assessment, level: Level, entry: AuditEntry) -> None:
        """Quality and strict checks; what they refuse is in the audit with its scores."""
        try:
            require_level(assessment.look.report, level)
            require_checks(assessment.checks)
        except FaceDeskError as error:
            self.gallery.refuse(entry, error)
            raise

    def require_rights(self, right: str, checks: Checks, level: Level, actor: Actor) -> None:
        """Raise Forbidden unless the actor may register this photo in this way.

        To register without a quality limit is a right of its own; so is to go on after a red
        card, or to ask for weaker checks than the settings do, which would show none.
        """
        require(actor.role, right)
        if level == "no":
            require(actor.role, "level_no")
        asked = (checks.identity_mode, checks.duplicate_mode)
        usual = (self.settings.identity_check, self.settings.duplicate_check)
        weaker = any(
            CHECK_MODES.index(one) < CHECK_MODES.index(other)
            for one, other in zip(asked, usual, strict=True)
        )
        if weaker or checks.wrong_person or checks.double_person:
            require(actor.role, "override")

    def undo(self, identity_id: str, actor: Actor) -> Receipt | None:
        """Bring back the photo that the last replacement took away; None when there is none.

        Raises Forbidden.
        """
        require(actor.role, "restore")
        last = self.gallery.last_replacement(identity_id)
        if last is None:
            return None
        entry = AuditEntry("restore", identity_id=identity_id, reason="undo", actor=actor)
        return self.gallery.restore(last[0].id, audit=entry)


def require_checks(checks: Checks) -> None:
    """Raise when a strict check says no; a strict check that cannot be made says no as well."""
    if checks.identity_mode == "strict":
        if checks.same_band is None and checks.stale:
            raise NotReady(
                "The registered photos are of another engine and cannot be compared: "
                "run 'python -m core reembed' first."
            )
        if checks.same_band not in (None, "same"):
            raise NotSamePerson(
                f"The new photo does not show the registered person clearly enough: "
                f"cosine {checks.best_cosine:.2f}, limit {checks.same_limit:.2f}.",
                cosine=round(checks.best_cosine or 0.0, 4),
                limit=checks.same_limit,
            )
    if checks.duplicate_mode == "strict" and checks.double_person:
        raise DuplicatePerson(limit=checks.same_limit)


def look_notes(look: Look, old: RegisteredPhoto | None) -> tuple[str, ...]:
    """Sentences on what was made of a photo: which frame, which face, the same file again."""
    sight = look.sight
    notes = list(sight.photo.notes)
    if len(sight.faces) > 1:
        which = "the largest" if sight.taken == 0 else f"number {sight.taken}"
        notes.append(f"{len(sight.faces)} faces were found; {which} was taken.")
    if old and old.sha256 == sight.photo.sha256:
        notes.append("The new photo is the same file as the one it replaces.")
    return tuple(notes)


def new_photo(look: Look, level: Level) -> NewPhoto:
    """A look as the gallery stores it."""
    photo, face = look.sight.photo, look.sight.face
    crop, thumb = look.pictures or crop_and_thumb(photo.pixels_bgr, face.box_xyxy.tolist())
    source = face.mapped(photo.scale)
    left, top, right, bottom = (round(float(v), 1) for v in source.box_xyxy)
    return NewPhoto(
        jpeg=photo.stored_jpeg,
        stored_sha256=photo.stored_sha256,
        crop_jpeg=crop,
        thumb_jpeg=thumb,
        sha256=photo.sha256,
        size_wh=photo.source_wh,
        box_xyxy=(left, top, right, bottom),
        points_xy=tuple((round(float(x), 1), round(float(y), 1)) for x, y in source.points_xy),
        score=round(face.score, 4),
        level=level,
        overall=look.report.overall,
        best_level=look.report.best_level,
        fiqa=kept_report(look.report),
        vector=look.embedding.vector,
        engine_id=look.embedding.engine_id,
    )


def _entry(
    action: str,
    identity_id: str,
    assessment: Assessment,
    level: Level,
    reason: str,
    actor: Actor,
    old_photo_id: str = "",
) -> AuditEntry:
    checks, report = assessment.checks, assessment.look.report
    facts = {
        "overall": report.overall,
        "best_level": report.best_level,
        "same_cosine": checks.best_cosine,
        "same_band": checks.same_band,
        "nearest_identity": checks.nearest.identity_id if checks.nearest else None,
        "nearest_cosine": checks.nearest.cosine if checks.nearest else None,
        "same_limit": checks.same_limit,
        "engine_id": checks.engine_id,
        "failed_items": [item.name for item in report.failed(level)],
        "overridden": list(checks.objections),
    }
    return AuditEntry(
        action,
        identity_id=identity_id,
        old_photo_id=old_photo_id,
        level=level,
        reason=reason,
        facts=facts,
        actor=actor,
    )
