"""Forgetting a person: everything of theirs goes, and the audit no longer names them."""

from __future__ import annotations

import dataclasses
import json
import secrets
from typing import Any

from sqlalchemy import delete, func, or_, select, update

from core.errors import NotFound
from core.gallery.base import Store
from core.gallery.chain import SUBJECT, commit, new_salt
from core.gallery.mentions import Mentions
from core.gallery.records import NAMELESS, Actor, AuditEntry, Erasure
from core.gallery.tables import AnsweredRow, AuditTable, IdentityRow, PhotoRow, table_of
from core.gallery.transaction import Transaction

AUDIT = table_of(AuditTable)

BLANK: dict[str, Any] = {**dict.fromkeys(SUBJECT, ""), "facts": {}}


class Erasing(Store):
    """Erase, in one transaction."""

    def erase(self, identity_id: str, actor: Actor) -> Erasure:
        """Remove a person's photos, kept ones too, embeddings, data, key and history.

        What stays: ids of the photos, so that none is given again; in the audit, that something
        was done, when and by whom, but no longer to whom; one ``erase`` row with a pseudonym. Works
        for a person who was deleted before, too, of whom the audit still holds the id.

        A run that was killed is finished by the next one: either nothing had happened, or it says
        NotFound and empties SQLite's log of what was left there.

        Raises:
            NotFound: no such person, and no trace of one.
        """
        done = self._forget(identity_id, actor)
        wiped = self.database.erase_traces()
        if done is None:
            raise NotFound
        return dataclasses.replace(done, wiped=wiped)

    def _forget(self, identity_id: str, actor: Actor) -> Erasure | None:
        """The transaction; None when there is nothing to forget."""
        with self.transaction() as tx:
            identity = tx.session.get(IdentityRow, identity_id)
            name = identity.name if identity and identity.name != NAMELESS else ""
            mentions = Mentions((identity_id, name))
            erased = _blank_audit(tx, identity_id, mentions)
            if identity is None and not erased:
                return None
            owned = select(func.count()).where(PhotoRow.identity_id == identity_id)
            photos = tx.session.execute(owned).scalar_one()
            tx.bury(PhotoRow.identity_id == identity_id)
            tx.session.execute(delete(IdentityRow).where(IdentityRow.id == identity_id))
            _blank_answers(tx, mentions)
            pseudonym = f"erased-{secrets.token_hex(8)}"
            facts = {"photos": photos, "erased": erased}
            audit_id = tx.audit(AuditEntry("erase", 0, pseudonym, facts=facts, actor=actor))
        return Erasure(pseudonym, photos, len(erased), audit_id, wiped=False)

    def finish_erasing(self, wait: bool = False) -> bool:
        """Wipe what deletions left in SQLite's log; False while a reader is in the way."""
        return self.database.erase_traces(wait)


def _blank_audit(tx: Transaction, identity_id: str, mentions: Mentions) -> dict[str, str]:
    """Blank the person's rows, and the person in others' rows: number to new content hash."""
    mentioned = mentions.within(AuditTable.reason, AuditTable.facts)
    query = select(AUDIT).where(or_(AuditTable.identity_id == identity_id, mentioned))
    erased: dict[str, str] = {}
    for row in tx.session.execute(query).all():
        old = {name: getattr(row, name) for name in SUBJECT}
        if row.action == "erase" and row.outcome == 0:
            continue  # names nobody; its numbers and hashes must stand
        new = BLANK
        if row.identity_id != identity_id:
            new = {**old, "reason": mentions.blank(row.reason), "facts": mentions.blank(row.facts)}
        if new != old:
            values = {**new, "salt": new_salt()}
            tx.session.execute(update(AUDIT).where(AUDIT.c.id == row.id).values(values))
            erased[str(row.id)] = commit(values)
    return erased


def _blank_answers(tx: Transaction, mentions: Mentions) -> None:
    """Others' kept answers may name the person as the nearest one."""
    query = select(AnsweredRow).where(mentions.within(AnsweredRow.answer))
    for row in tx.session.scalars(query):
        answer = mentions.blank(json.loads(row.answer))
        row.answer = json.dumps(answer, ensure_ascii=False)
