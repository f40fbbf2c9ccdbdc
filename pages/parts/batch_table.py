"""A batch's rows: what would be or was replaced, beside what replaces it, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.batch.folder import BatchFolder
from core.batch.reasons import Reason
from core.batch.records import Batch, Row
from core.batch.results import Counts, count, result_of
from core.contract.fields import Level
from core.desk import Desk
from core.fiqa.report import Verdict as Mark
from pages.parts.marks import picture, sign
from pages.parts.texts import language, t
from pages.parts.texts_zh import ZH

PAGE_SIZE = 20
FINE = ("ready", "replaced")
_MARKS: dict[str, Mark] = {
    "ready": "pass",
    "objection": "advice",
    "refused": "fail",
    "replaced": "pass",
    "failed": "fail",
    "waiting": "not_assessed",
    "left_out": "not_assessed",
    "restored": "pass",
    "kept": "advice",
}
_BEFORE = ("ready", "objection", "refused")
_AFTER = ("replaced", "failed", "waiting", "left_out", "restored", "kept")


def about(batch: Batch) -> str:
    """Where a batch came from, when, and by whom, in one line."""
    at = f"{batch.made_at:%Y-%m-%d %H:%M} UTC"
    return t(
        "batch.about", source=batch.source, at=at, operator=batch.operator or t("batch.nobody")
    )


def counted(batch: Batch, numbers: Counts) -> str:
    """How many rows stand how, as HTML; nothing is said of none."""
    left_out = len(batch.rows) - numbers.replaced - numbers.failed - numbers.waiting
    values = {name: left_out if name == "left_out" else getattr(numbers, name) for name in _MARKS}
    shown = _AFTER if batch.order else _BEFORE
    parts = [
        f"<span>{sign(_MARKS[name])} {escape(t(f'batch.n_{name}', count=values[name]))}</span>"
        for name in shown
        if values[name]
    ]
    return " ".join(parts)


def summary(desk: Desk, batch: Batch, level: Level) -> None:
    """The batch's name and its numbers."""
    numbers = counted(batch, count(batch, level))
    title = escape(t("batch.id", id=batch.id))
    st.html(
        f'<div class="fd-fact fd-counts"><b>{title}</b><br>{escape(about(batch))}'
        f"<p>{numbers}</p></div>"
    )


def rows_table(desk: Desk, folder: BatchFolder, batch: Batch, level: Level) -> None:
    """The rows, a page at a time, all of them or those that need somebody's eyes."""
    narrow, pages = st.columns([4, 1], vertical_alignment="center")
    only = narrow.toggle(t("batch.only_problems"), key=f"batch_only_{batch.id}")
    rows = [row for row in batch.rows if not only or not _is_fine(batch, row, level)]
    if not rows:
        st.info(t("batch.no_rows"))
        return
    last = -(-len(rows) // PAGE_SIZE)
    number = 1
    if last > 1:
        key = f"batch_page_{batch.id}"
        st.session_state[key] = min(st.session_state.get(key, 1), last)
        number = pages.number_input(t("batch.page"), 1, last, key=key)
    shown = rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    st.html(_table(desk, folder, batch, shown, level))


def objections_text(row: Row) -> str:
    """What speaks against a row's photo."""
    verdict = row.verdict
    if verdict is None:
        return ""
    said = t(f"objection.{verdict.objections[0]}") if verdict.objections else ""
    for name in verdict.objections[1:]:
        said = t("list.pair", first=said, second=t(f"objection.{name}"))
    if "double_person" in verdict.objections:
        said = t("batch.looks_like", what=said, id=verdict.nearest_id)
    return said[:1].upper() + said[1:]


def _is_fine(batch: Batch, row: Row, level: Level) -> bool:
    undone = batch.undone.get(row.number)
    return result_of(batch, row, level)[0] in FINE and not (undone and undone.reason)


def _table(desk: Desk, folder: BatchFolder, batch: Batch, rows: Sequence[Row], level: Level) -> str:
    names = desk.gallery.names([row.identity_id for row in rows if row.identity_id])
    wanted = [row.target.photo_id for row in rows if row.target]
    wanted += [o.new_photo_id for row in rows if (o := batch.outcomes.get(row.number))]
    thumbs = desk.gallery.thumbs([photo_id for photo_id in wanted if photo_id])
    pair = ("checks.before", "checks.after") if batch.order else ("batch.col_now", "batch.col_new")
    keys = ("batch.col_file", "batch.col_person", *pair, "batch.col_verdict", "batch.col_why")
    heads = "".join(f"<th scope='col'>{escape(t(key))}</th>" for key in keys)
    lines = "".join(
        _line(batch, row, level, names.get(row.identity_id, ""), thumbs, folder.thumb(row.number))
        for row in rows
    )
    head = f"<thead><tr><th scope='col'>#</th>{heads}</tr></thead>"
    return f'<table class="fd-batch">{head}<tbody>{lines}</tbody></table>'


def _line(
    batch: Batch, row: Row, level: Level, name: str, thumbs: dict[str, bytes], new: bytes | None
) -> str:
    word, why = result_of(batch, row, level)
    undone = batch.undone.get(row.number)
    if undone is not None:
        word, why = ("kept", undone.reason) if undone.reason else ("restored", None)
    outcome, target = batch.outcomes.get(row.number), row.target
    number = target.place + 1 if target else 0
    before = thumbs.get(target.photo_id) if target else None
    after = new or (thumbs.get(outcome.new_photo_id) if outcome else None)
    before_alt = t("batch.alt_before", id=row.identity_id, number=number)
    who = f"<b>{escape(row.identity_id)}</b> {escape(name)}" if row.identity_id else "–"
    place = f"<br><small>{escape(t('batch.photo_number', number=number))}</small>" if target else ""
    return (
        f'<tr class="fd-is-{word}"><td>{row.number}</td>'
        f'<td class="fd-file">{escape(row.file)}</td><td class="fd-who">{who}{place}</td>'
        f"<td>{_thumb(before, before_alt)}</td>"
        f"<td>{_thumb(after, t('batch.alt_after', file=row.file))}</td>"
        f'<td class="fd-word">{sign(_MARKS[word])} {escape(t(f"batch.is_{word}"))}</td>'
        f'<td class="fd-why">{_why(row, word, why)}</td></tr>'
    )


def _thumb(jpeg: bytes | None, alt: str) -> str:
    return picture(jpeg, alt, "fd-thumb") if jpeg else '<span class="fd-none">–</span>'


def _why(row: Row, word: str, why: Reason | None) -> str:
    sentences = []
    if why is not None:
        sentences.append(reason_text(why))
    if word in ("objection", "left_out", "replaced") and row.verdict and row.verdict.objections:
        sentences.append(objections_text(row))
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return said + _facts(row)


def _facts(row: Row) -> str:
    verdict = row.verdict
    if verdict is None:
        return ""
    facts = [t("batch.facts_level", level=t(f"level.{verdict.best_level}"))]
    if verdict.same_cosine is not None:
        facts.append(t("batch.facts_same", cosine=f"{verdict.same_cosine:.2f}"))
    if verdict.nearest_id and verdict.nearest_cosine is not None:
        cosine = f"{verdict.nearest_cosine:.2f}"
        facts.append(t("batch.facts_near", id=verdict.nearest_id, cosine=cosine))
    return f"<small>{escape(' · '.join(facts))}</small>"


def reason_text(why: Reason) -> str:
    """A reason in the reader's language."""
    if language() == "en":
        return why.en
    return why.zh or ZH.get(f"error.{why.status}", why.en)
