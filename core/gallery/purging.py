"""Retention: superseded photos, and answers kept for repeats, go when their time is over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select

from core.gallery.base import Store
from core.gallery.records import Actor, AuditEntry
from core.gallery.tables import AnsweredRow, PhotoRow
from core.gallery.transaction import Transaction

BATCH = 50
"""Photos a transaction: other writers wait for one of these, not for all."""


class Purging(Store):
    """Purge what was superseded long ago."""

    def purge(self, before: datetime, actor: Actor) -> Iterator[int]:
        """Delete photos superseded before that time, a batch a step; yields how many each time.

        At the end the answers that were kept for repeats of requests from before that time go too.

        Every batch is a transaction of its own, with an audit row for each person. Their ids are
        kept, so that none is given again; they can no longer be restored.
        """
        done = BATCH
        while done == BATCH:
            with self.transaction() as tx:
                done = _purge_batch(tx, before, actor)
                if done < BATCH:
                    _purge_answers(tx, before, actor)
            if done:
                yield done
        # Also when there was nothing: a run that was killed may have left bytes in the log. Without
        # waiting: an emptying of the log that waits keeps writers out.
        self.database.erase_traces(wait=False)

    def count_purgeable(self, before: datetime) -> int:
        """How many photos were superseded before that time."""
        query = select(func.count()).where(_is_old(before))
        with self.database.read() as session:
            return session.execute(query).scalar_one()


def _is_old(before: datetime) -> ColumnElement[bool]:
    return (PhotoRow.state == "superseded") & (PhotoRow.superseded_at < before)


def _purge_answers(tx: Transaction, before: datetime, actor: Actor) -> None:
    old = AnsweredRow.at < before
    count = tx.session.execute(select(func.count()).where(old)).scalar_one()
    if count:
        tx.session.execute(delete(AnsweredRow).where(old))
        facts = {"answers": count, "answered_before": before.isoformat()}
        tx.audit(AuditEntry("purge", facts=facts, actor=actor))


def _purge_batch(tx: Transaction, before: datetime, actor: Actor) -> int:
    # The oldest first: what took a photo's place is never gone before it.
    query = (
        select(PhotoRow.id, PhotoRow.identity_id)
        .where(_is_old(before))
        .order_by(PhotoRow.superseded_at, PhotoRow.id)
        .limit(BATCH)
    )
    photos_of: defaultdict[str, list[str]] = defaultdict(list)
    for photo_id, identity_id in tx.session.execute(query):
        photos_of[identity_id].append(photo_id)
    ids = [photo_id for photos in photos_of.values() for photo_id in photos]
    if ids:
        tx.bury(PhotoRow.id.in_(ids))
        tx.session.execute(delete(PhotoRow).where(PhotoRow.id.in_(ids)))
    for identity_id, photos in photos_of.items():
        facts = {"photo_ids": photos, "superseded_before": before.isoformat()}
        tx.audit(AuditEntry("purge", 0, identity_id, facts=facts, actor=actor))
    return len(ids)
