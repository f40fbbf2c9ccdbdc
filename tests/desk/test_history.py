"""Restoring an earlier photo, and the history as a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import numpy as np
import pytest

from core.desk import Desk
from core.errors import NotFound, ParameterError, VersionConflict
from core.gallery.records import Actor, AuditFilter
from core.history import ACTIONS, export_history, restore
from core.imaging.read import is_jpeg
from core.reembedding import reembed
from core.settings import ROOT
from tests.desk.conftest import Ask

B64 = Callable[[str], str]
ACTOR = Actor("ann", "page", "r-1")


def replaced(desk: Desk, ask: Ask, image: str) -> tuple[str, str]:
    """Ids of the first photo, now superseded, and of the one in its place."""
    old = desk.gallery.identity("001").photos[0].id
    request = {"identity_id": "001", "register_image": image, "register_image_id": old}
    return old, ask("update_image", request)["identity"]["image_id"]


def test_an_earlier_photo_comes_back_and_can_be_found(desk: Desk, ask: Ask, b64: B64) -> None:
    first, second = replaced(desk, ask, b64("jing"))
    kept = desk.gallery.photo_jpeg(first)
    standing = desk.gallery.in_place_of(first)
    assert standing is not None and standing.id == second
    version = desk.gallery.identity("001").version
    receipt = restore(desk, first, ACTOR, "was better", version)
    assert receipt.new is not None and desk.gallery.photo_jpeg(receipt.new.id) == kept
    entry = desk.gallery.audit_rows(1)[0].entry
    assert (entry.action, entry.reason, entry.actor) == ("restore", "was better", ACTOR)
    assert (entry.old_photo_id, entry.new_photo_id) == (second, receipt.new.id)
    assert entry.facts["restored_from"] == first
    found = desk.matrix.nearest(desk.gallery.embedding(receipt.new.id)[0], 1)
    assert found[0].identity_id == "001"
    again = restore(desk, second, ACTOR)
    assert again.new is not None and desk.gallery.in_place_of(first).id == again.new.id  # type: ignore[union-attr]
    assert not list(desk.gallery.faults(is_jpeg))


def test_what_cannot_be_restored_is_refused_and_noted(desk: Desk, ask: Ask, b64: B64) -> None:
    first, second = replaced(desk, ask, b64("jing"))
    version = desk.gallery.identity("001").version
    with pytest.raises(NotFound):
        restore(desk, "unknown", ACTOR)
    for photo_id, expected, error in (
        (second, None, ParameterError),
        (first, version - 1, VersionConflict),
    ):
        with pytest.raises(error):
            restore(desk, photo_id, ACTOR, "why", expected)
        entry = desk.gallery.audit_rows(1)[0].entry
        assert (entry.outcome, entry.action, entry.identity_id) == (error.code, "restore", "001")
        assert entry.facts["restored_from"] == photo_id and entry.reason == "why"


def test_a_photo_of_another_engine_is_embedded_anew(desk: Desk, ask: Ask, b64: B64) -> None:
    first, _ = replaced(desk, ask, b64("jing"))
    before, engine_id = desk.gallery.embedding(first)
    desk.gallery.reembed(first, np.eye(1, 64, dtype=np.float32)[0], "other:engine")
    receipt = restore(desk, first, ACTOR)
    assert receipt.new is not None and receipt.new.engine_id == engine_id
    after, _ = desk.gallery.embedding(receipt.new.id)
    assert float(before @ after) > 0.95
    assert reembed(desk).done == 0
    assert not list(desk.gallery.faults(is_jpeg))


def test_every_action_can_be_chosen_in_the_filter() -> None:
    """Whatever the code writes into the audit."""
    code = [path.read_text(encoding="utf-8") for path in (ROOT / "core").rglob("*.py")]
    written = {
        name for text in code for name in re.findall(r'(?:AuditEntry|_note)\(\s*"(\w+)"', text)
    }
    assert {"erase", "purge", "account", "restore"} <= written <= set(ACTIONS)


def test_the_history_is_filtered_and_paged(desk: Desk, ask: Ask, b64: B64) -> None:
    replaced(desk, ask, b64("jing"))
    ask("update_image", identity_id="999", register_image=b64("jing"), register_image_id="x")
    history = desk.gallery.history
    everything = history(AuditFilter(), 0, 100)
    assert everything.total == len(everything.rows) == 6
    middle = everything.rows[2].at

    def numbers(**wanted: object) -> list[int]:
        return [row.id for row in history(AuditFilter(**wanted), 0, 100).rows]  # type: ignore[arg-type]

    assert numbers() == [6, 5, 4, 3, 2, 1]
    assert numbers(person="小明") == numbers(person="001") == [5, 4, 2]
    assert numbers(person="%") == []
    assert numbers(actions=("replace",)) == [6, 5]
    assert numbers(actions=("replace", "create"), refused=False) == [5, 3, 2]
    assert numbers(refused=True) == [6]
    assert numbers(since=middle) == [6, 5, 4] and numbers(until=middle) == [3, 2, 1]
    second = history(AuditFilter(), 1, 4)
    assert ([row.id for row in second.rows], second.total) == ([2, 1], 6)
    assert {row.entry.action for row in everything.rows} <= set(ACTIONS)


def test_the_file_holds_the_same_rows_and_no_formula(desk: Desk, ask: Ask, b64: B64) -> None:
    old = desk.gallery.identity("001").photos[0].id
    ask(
        "update_image", identity_id="001", register_image=b64("ming"), register_image_id=old,
        reason='=HYPERLINK("http://x")', operator="@ann", fiqa_level="no",
    )  # fmt: skip
    made = export_history(desk, AuditFilter(person="001")).decode("utf-8-sig")
    newest, *rest = csv.DictReader(io.StringIO(made, newline=""))
    assert len(rest) == 2 and newest["action"] == "replace" and newest["old_photo_id"] == old
    assert newest["reason"].startswith("'=") and newest["operator"] == "'@ann"
    assert newest["overridden"] == "wrong_person double_person"
    assert float(newest["same_cosine"]) < float(newest["same_limit"])
