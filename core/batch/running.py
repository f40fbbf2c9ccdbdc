"""The run: every chosen row is one audited replacement, exactly once, whatever happens between."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from concurrent.futures import Future

from core.ahead import ahead, workers_for
from core.assessment import Assessment, Checks, Look
from core.batch.folder import BatchFolder
from core.batch.lines import ENDED
from core.batch.reasons import RowRefused, problem, reason, reason_of
from core.batch.records import Batch, Order, Outcome, Row
from core.desk import Desk, look_notes
from core.errors import (
    DuplicatePerson,
    FaceDeskError,
    ImageError,
    NoSpaceLeft,
    NotReady,
    NotSamePerson,
    ServerError,
    VersionConflict,
)
from core.gallery.records import Actor, AuditEntry, Receipt
from core.gallery.repeat import AlreadyAnswered, Repeat

log = logging.getLogger("facedesk")

Step = Callable[[int, int], None]
Looked = Look | Outcome
"""What stands before the transaction: a look, or the outcome that an earlier run left."""


def run_batch(
    desk: Desk,
    folder: BatchFolder,
    order: Order,
    actor: Actor,
    step: Step = lambda done, of: None,
) -> Batch:
    """Replace the photos of every chosen row that has no outcome yet.

    A batch that was run before goes on by its first order; ``order`` counts the first time only.
    A row that is refused is noted, and the next one follows; when gallery, engine or disk fail,
    the run stops and can be resumed. ``step`` may raise to stop it between two rows.

    Raises ParameterError (the batch is done, or was not checked), NotReady, NoSpaceLeft.
    """
    batch = folder.load()
    if batch.state not in ("checked", "running"):
        raise problem("BATCH_OVER")
    if batch.order is None:
        folder.record(order)
        batch.order, batch.state = order, "running"
    desk.vision.engine, desk.vision.measurers  # noqa: B018 - NotReady before the first row
    _Run(desk, folder, batch, actor).go(step)
    return folder.load()


def discard(folder: BatchFolder) -> Batch | None:
    """End a batch here: its photos go. One that replaced something keeps its journal, for the way
    back, and is returned; of another nothing is left.

    Raises NotFound, NotReady, NoSpaceLeft.
    """
    batch = folder.load()
    if not batch.outcomes:
        folder.remove()
        return None
    if batch.state == "running":
        folder.mark(ENDED)
    folder.drop_all()
    return folder.load()


class _Run:
    """One run of a batch, from where the last one stopped."""

    def __init__(self, desk: Desk, folder: BatchFolder, batch: Batch, actor: Actor) -> None:
        assert batch.order is not None
        self._desk, self._folder, self._batch, self._actor = desk, folder, batch, actor
        self._order = batch.order
        self._versions = {
            batch.rows[outcome.number - 1].identity_id: outcome.version
            for outcome in batch.outcomes.values()
            if outcome.reason is None
        }

    def go(self, step: Step) -> None:
        """Row after row: looks ahead in a few threads, transactions one after the other."""
        waiting, chosen = self._batch.waiting, len(self._batch.chosen)
        before = chosen - len(waiting)
        work = ahead(self._look, waiting, workers_for(self._desk.settings.thread_count))
        try:
            for number, (row, future) in enumerate(work):
                step(before + number, chosen)
                outcome = self._outcome(row, future)
                self._folder.record(outcome)
                self._folder.drop(row.number)
                if outcome.reason is None:
                    self._versions[row.identity_id] = outcome.version
        finally:
            work.close()
        step(chosen, chosen)
        self._folder.mark(ENDED)
        self._folder.drop_all()

    def _outcome(self, row: Row, future: Future[Looked]) -> Outcome:
        """What becomes of the row. Raises NotReady, NoSpaceLeft: the run cannot go on."""
        try:
            looked = future.result()
            return looked if isinstance(looked, Outcome) else self._replace(row, looked)
        except RowRefused as refused:
            self._desk.gallery.refuse(self._entry(row), ImageError(refused.reason.en))
            return Outcome(row.number, refused.reason)
        except (NotReady, NoSpaceLeft):
            raise
        except FaceDeskError as error:
            self._desk.gallery.refuse(self._entry(row), error)
            return Outcome(row.number, reason_of(error))
        except Exception:
            log.exception("row failed batch=%s row=%d", self._batch.id, row.number)
            unforeseen = ServerError()
            self._desk.gallery.refuse(self._entry(row), unforeseen)
            return Outcome(row.number, reason_of(unforeseen))

    def _look(self, row: Row) -> Looked:
        """In a thread of its own; reads the gallery, never writes."""
        assert row.verdict is not None
        request_id, content = self._batch.request_id(row), self._batch.content_sha256(row)
        answer = self._desk.gallery.answered(request_id, content)
        if answer is not None:
            return _again(row, answer)
        data = self._folder.kept("photo", row.number)
        if hashlib.sha256(data).hexdigest() != row.verdict.sha256:
            raise RowRefused(reason("KEPT_COPY"))
        return self._desk.vision.look(data, gate=self._order.level, pictured=True)

    def _replace(self, row: Row, look: Look) -> Outcome:
        desk, target = self._desk, row.target
        assert target is not None
        identity = desk.gallery.identity(row.identity_id)
        old = next((photo for photo in identity.photos if photo.id == target.photo_id), None)
        # Own rows of one person follow each other; anybody else's change in between stops them.
        expected = max(target.version, self._versions.get(row.identity_id, 0))
        if old is None or identity.version != expected:
            raise VersionConflict(current_version=identity.version)
        checks = desk.check(identity, old, look.embedding)
        self._require_known(row, checks)
        try:
            receipt = desk.replace(
                identity,
                old,
                Assessment(look, checks, look_notes(look, old)),
                self._order.level,
                self._who(row),
                expected_version=expected,
                reason=self._order.reason,
                repeat=Repeat(
                    self._batch.request_id(row), self._batch.content_sha256(row), _answer
                ),
            )
        except AlreadyAnswered as done:
            return _again(row, done.answer)
        return _again(row, _answer(receipt))

    def _require_known(self, row: Row, checks: Checks) -> None:
        """An objection that nobody has seen and accepted refuses the row."""
        accepted: tuple[str, ...] = ()
        if row.verdict and row.number in self._order.accepted:
            accepted = row.verdict.objections
        fresh = set(checks.objections) - set(accepted)
        if "wrong_person" in fresh:
            raise NotSamePerson()
        if "double_person" in fresh:
            raise DuplicatePerson()

    def _who(self, row: Row) -> Actor:
        actor, request_id = self._actor, self._batch.request_id(row)
        return Actor(actor.operator, actor.source, request_id, actor.role)

    def _entry(self, row: Row) -> AuditEntry:
        assert row.target is not None
        return AuditEntry(
            "replace",
            identity_id=row.identity_id,
            old_photo_id=row.target.photo_id,
            level=self._order.level,
            reason=self._order.reason,
            actor=self._who(row),
        )


def _answer(receipt: Receipt) -> str:
    """What is kept of a row's replacement in its own transaction."""
    new_id = receipt.new.id if receipt.new else ""
    kept = {"photo": new_id, "audit": receipt.audit_id, "version": receipt.identity.version}
    return json.dumps(kept)


def _again(row: Row, answer: str) -> Outcome:
    """The outcome that the kept answer tells of."""
    kept = json.loads(answer)
    return Outcome(row.number, None, kept["photo"], kept["audit"], kept["version"])
