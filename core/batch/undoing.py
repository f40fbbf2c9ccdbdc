"""The way back: every replaced row is restored, unless its photo was changed since."""

from __future__ import annotations

from collections.abc import Callable

from core.batch.folder import BatchFolder
from core.batch.lines import UNDO, UNDO_ENDED
from core.batch.reasons import Reason, problem, reason, reason_of
from core.batch.records import Batch, Row, Undone
from core.desk import Desk
from core.errors import FaceDeskError, NoSpaceLeft, NotFound, NotReady, ParameterError
from core.gallery.records import Actor, AuditEntry, AuditFilter
from core.history import restore

Step = Callable[[int, int], None]


def undo_batch(
    desk: Desk, folder: BatchFolder, actor: Actor, step: Step = lambda done, of: None
) -> Batch:
    """Bring back what a batch replaced, last row first; goes on where an earlier undo stopped.

    Each is a replacement like any other, with an audit row of its own. What was not yet run is not
    run any more.

    Raises ParameterError (nothing was replaced, or undone before), NotReady, NoSpaceLeft.
    """
    batch = folder.load()
    if batch.state == "undone" or not batch.replaced:
        raise problem("NOTHING_TO_UNDO")
    resumed = batch.state == "undoing"
    if not resumed:
        folder.mark(UNDO)
        folder.drop_all()
    rows = batch.replaced[::-1]
    for number, row in enumerate(rows):
        step(number, len(rows))
        if row.number not in batch.undone:
            folder.record(_undo(desk, batch, row, actor, resumed))
    step(len(rows), len(rows))
    folder.mark(UNDO_ENDED)
    return folder.load()


def _undo(desk: Desk, batch: Batch, row: Row, actor: Actor, resumed: bool) -> Undone:
    request_id = batch.request_id(row, undo=True)
    who = Actor(actor.operator, actor.source, request_id, actor.role)
    if row.target is None:  # its person was erased
        return Undone(row.number, reason("CHANGED_SINCE"))
    if resumed and (done := _restored_before(desk, row, request_id)):
        return Undone(row.number, audit_id=done)
    try:
        identity = desk.gallery.identity(row.identity_id)
        new_id = batch.outcomes[row.number].new_photo_id
        now = desk.gallery.in_place_of(row.target.photo_id)
        if now is None or now.id != new_id:
            return Undone(row.number, _left(desk, row, who, reason("CHANGED_SINCE")))
        receipt = restore(
            desk, row.target.photo_id, who, f"undo of batch {batch.id}", identity.version
        )
    except (NotReady, NoSpaceLeft):
        raise
    except NotFound:  # person or photo was deleted
        return Undone(row.number, reason("CHANGED_SINCE"))
    except FaceDeskError as error:
        return Undone(row.number, _left(desk, row, who, reason_of(error), error))
    return Undone(row.number, audit_id=receipt.audit_id)


def _left(
    desk: Desk, row: Row, who: Actor, why: Reason, error: FaceDeskError | None = None
) -> Reason:
    """Note in the audit, once, that a photo was not restored."""
    entry = AuditEntry("restore", identity_id=row.identity_id, reason=why.en, actor=who)
    desk.gallery.refuse(entry, error or ParameterError(why.en))
    return why


def _restored_before(desk: Desk, row: Row, request_id: str) -> int:
    """The audit row of a restoration that the journal did not hear of; 0 when there is none."""
    wanted = AuditFilter(person=row.identity_id, actions=("restore",), refused=False)
    for found in desk.gallery.history(wanted, 0, 1000).rows:
        if found.entry.actor.request_id == request_id:
            return found.id
    return 0
