"""The audit trail: noting, listing, proving that nobody touched it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from core.gallery.base import Store
from core.gallery.chain import commit, seal
from core.gallery.records import Actor, AuditEntry, AuditFilter, AuditPage, AuditRow
from core.gallery.tables import AuditTable, ChangeRow, IdentityRow, table_of


class Audit(Store):
    """Who changed what, and what was refused."""

    def audit_rows(
        self, limit: int, identity_id: str | None = None, before_id: int | None = None
    ) -> tuple[AuditRow, ...]:
        """Up to ``limit`` rows, newest first: one person's, or those below a number."""
        query = select(AuditTable).order_by(AuditTable.id.desc()).limit(limit)
        if identity_id is not None:
            query = query.where(AuditTable.identity_id == identity_id)
        if before_id is not None:
            query = query.where(AuditTable.id < before_id)
        with self.database.read() as session:
            return tuple(_to_record(row) for row in session.scalars(query))

    def history(self, wanted: AuditFilter, page_index: int, page_limit: int) -> AuditPage:
        """One page of the rows that match, newest first; the page's number counts from 0."""
        matches = _conditions(wanted)
        query = select(AuditTable).where(*matches).order_by(AuditTable.id.desc())
        total = select(func.count()).select_from(AuditTable).where(*matches)
        page = query.offset(page_index * page_limit).limit(page_limit)
        with self.database.read() as session:
            rows = tuple(_to_record(row) for row in session.scalars(page))
            return AuditPage(rows, session.execute(total).scalar_one())

    def verify_chain(self) -> int | None:
        """Number of the first row that is missing, changed or out of place; None: all is well."""
        with self.database.read() as session:
            return first_bad_row(session, 1 if self.database.kind.row_by_row else 500)


def first_bad_row(session: Session, batch: int) -> int | None:
    """As ``verify_chain``, reading so many rows at a time."""
    head = session.execute(select(ChangeRow)).scalar_one()
    erased = _erased(session)
    last, last_hash = 0, ""
    table = table_of(AuditTable)
    # An unreadable row is the bad one, not those fetched along with it.
    query = select(table).order_by(table.c.id).execution_options(yield_per=batch)
    try:
        with session.execute(query) as rows:
            for row in rows:
                values = row._asdict()
                if (row.id, row.prev_hash) != (last + 1, last_hash):
                    return min(int(row.id), last + 1)
                content = erased.get(row.id, row.content_sha256)
                if row.hash != seal(values) or content != commit(values):
                    return last + 1
                if row.action == "reseal" and row.facts["first_bad"]:
                    return int(row.facts["first_bad"])  # the chain before this one was bad
                last, last_hash = row.id, row.hash
    except ValueError:
        return last + 1
    if last != head.audit_id:
        return min(last, head.audit_id) + 1
    return None if last_hash == head.audit_hash else max(last, 1)


def _erased(session: Session) -> dict[int, str]:
    """What the rows that were erased hold since then: row number to ``content_sha256``."""
    done = (AuditTable.action == "erase") & (AuditTable.outcome == 0)
    query = select(AuditTable.facts).where(done).order_by(AuditTable.id)
    found: dict[int, str] = {}
    try:
        for facts in session.scalars(query):
            found.update({int(number): content for number, content in facts["erased"].items()})
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}  # an erase row was touched: it, or a row it names, is found in the walk
    return found


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    made: list[ColumnElement[bool]] = []
    if wanted.person:
        named = select(IdentityRow.id).where(
            IdentityRow.name.icontains(wanted.person, autoescape=True)
        )
        by_id = AuditTable.identity_id.icontains(wanted.person, autoescape=True)
        made.append(by_id | AuditTable.identity_id.in_(named))
    if wanted.actions:
        made.append(AuditTable.action.in_(wanted.actions))
    if wanted.refused is not None:
        made.append(AuditTable.outcome != 0 if wanted.refused else AuditTable.outcome == 0)
    if wanted.since is not None:
        made.append(AuditTable.at >= wanted.since)
    if wanted.until is not None:
        made.append(AuditTable.at < wanted.until)
    return made


def _to_record(row: AuditTable) -> AuditRow:
    entry = AuditEntry(
        action=row.action,
        outcome=row.outcome,
        identity_id=row.identity_id,
        old_photo_id=row.old_photo_id,
        new_photo_id=row.new_photo_id,
        level=row.level,
        reason=row.reason,
        facts=row.facts,
        actor=Actor(row.operator, row.source, row.request_id, address=row.address),
    )
    return AuditRow(row.id, row.at, entry)
