"""Another engine or other thresholds in a running house: at once, kept, audited, or not at all."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from core import house
from core.desk import Desk
from core.engine.choice import FILE, Choice, load_chosen, read_choice, write_choice
from core.errors import FaceDeskError, Forbidden, NotReady, ParameterError, VersionConflict
from core.gallery.records import Actor, AuditEntry
from core.jobs import Job
from core.switching import (
    REEMBED,
    Option,
    in_use,
    keep_in_use,
    options,
    set_thresholds,
    start_reembedding,
    switch_engine,
)
from tests.engine.weight_free_pack import write_pack

ADMIN = Actor("ann", "page")
DLIB = Option("dlib", "")
ACME = Option("insightface", "acme")


@pytest.fixture
def open_desk(desk: Desk, tmp_path: Path) -> Desk:
    """The desk on settings that name no engine, with a weight-free pack installed."""
    models = tmp_path / "models"
    write_pack(models / "acme")
    knobs = {"engine": "auto", "pack": "", "models": models, "data": tmp_path, "threads": 1}
    return Desk(desk.settings.model_copy(update=knobs), desk.gallery, desk.vision)


def last(desk: Desk) -> AuditEntry:
    return desk.gallery.audit_rows(1)[0].entry


def test_a_switch_counts_at_once_and_after_a_start(open_desk: Desk, tmp_path: Path) -> None:
    desk = open_desk
    photos = len(desk.matrix)
    assert options(desk) == (ACME, DLIB) and in_use(desk) == DLIB
    info = switch_engine(desk, ACME, ADMIN)
    assert in_use(desk) == ACME and desk.vision.engine.info == info
    assert len(desk.matrix) == 0 and desk.matrix.stale == photos
    assert read_choice(tmp_path) == Choice("insightface", "acme")
    assert house.build_vision(desk.settings).engine.info.pack == "acme"
    entry = last(desk)
    assert (entry.action, entry.outcome, entry.actor.operator) == ("switch_engine", 0, "ann")
    assert entry.facts["pack"] == "acme" and entry.facts["engine_before"] == "dlib"


def test_a_face_seen_by_the_engine_before_is_not_compared(
    open_desk: Desk, pictures: dict[str, bytes]
) -> None:
    look = open_desk.vision.look(pictures["jing"])
    switch_engine(open_desk, ACME, ADMIN)
    with pytest.raises(NotReady, match="engine was changed"):
        open_desk.check(None, None, look.embedding)


def test_an_engine_that_does_not_load_changes_nothing(open_desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "models" / "acme" / "w_fake.onnx").write_bytes(b"not a network")
    before = open_desk.vision
    with pytest.raises(NotReady, match="w_fake"):
        switch_engine(open_desk, ACME, ADMIN)
    assert open_desk.vision is before and not (tmp_path / FILE).exists()
    assert (last(open_desk).action, last(open_desk).outcome) == ("switch_engine", 50300)


@pytest.mark.parametrize(
    ("option", "actor", "error"),
    [
        (Option("insightface", "absent"), ADMIN, NotReady),
        (ACME, Actor("bob", "page", role="operator"), Forbidden),
    ],
)
def test_what_may_not_be_is_refused_and_recorded(
    open_desk: Desk, option: Option, actor: Actor, error: type[FaceDeskError]
) -> None:
    with pytest.raises(error):
        switch_engine(open_desk, option, actor)
    assert in_use(open_desk) == DLIB and last(open_desk).outcome == error.code


def test_the_environment_counts_more(desk: Desk, open_desk: Desk, tmp_path: Path) -> None:
    fixed = open_desk.settings.model_copy(update={"engine": "dlib"})
    write_choice(tmp_path, Choice("insightface", "acme"))
    assert load_chosen(fixed, read_choice(tmp_path)).info.name == "dlib"
    with pytest.raises(NotReady, match="FACEDESK_ENGINE"):
        switch_engine(Desk(fixed, desk.gallery, desk.vision), ACME, ADMIN)


def test_not_while_photos_are_re_extracted(open_desk: Desk) -> None:
    go = threading.Event()

    def work(job: Job) -> None:
        go.wait(20)

    job = open_desk.jobs.start(REEMBED, work)
    with pytest.raises(VersionConflict, match="re-extracted"):
        switch_engine(open_desk, ACME, ADMIN)
    go.set()
    assert job.wait(10)


def test_re_extraction_is_a_job_with_a_row_in_the_audit(open_desk: Desk) -> None:
    photos = len(open_desk.matrix)
    switch_engine(open_desk, ACME, ADMIN)
    switch_engine(open_desk, DLIB, ADMIN)
    assert open_desk.matrix.stale == 0  # nothing was computed anew, nothing was lost
    switch_engine(open_desk, ACME, ADMIN)
    job = start_reembedding(open_desk, ADMIN)
    assert job.wait(60) and job.state == "done"
    failed = len(job.result.failed)
    assert open_desk.matrix.stale == failed
    entry = last(open_desk)
    assert (entry.action, entry.actor) == ("reembed", replace(ADMIN, role=entry.actor.role))
    assert entry.facts["photos"] == photos - failed == job.result.done
    assert open_desk.gallery.audit_rows(2)[1].entry.action == "switch_engine"  # one row, no more


def test_a_re_extraction_that_is_cancelled_is_in_the_audit_too(open_desk: Desk) -> None:
    switch_engine(open_desk, ACME, ADMIN)
    whole = open_desk.gallery.stale_photos

    def slow(engine_id: str, limit: int) -> tuple[str, ...]:
        job = open_desk.jobs.get(REEMBED)
        assert job is not None
        job.cancel()
        return whole(engine_id, limit)

    open_desk.gallery.stale_photos = slow  # type: ignore[method-assign]
    job = start_reembedding(open_desk, ADMIN)
    assert job.wait(60) and job.state == "cancelled"
    assert last(open_desk).action == "reembed" and last(open_desk).facts["stopped"] is True


def test_thresholds_belong_to_one_engine(open_desk: Desk, tmp_path: Path) -> None:
    own = open_desk.vision.engine.info
    info = set_thresholds(open_desk, (0.95, 0.9), ADMIN)
    assert (info.same_cosine, info.different_cosine) == (0.95, 0.9)
    assert info.own_cosines == (own.same_cosine, own.different_cosine)
    entry = last(open_desk)
    assert entry.action == "set_thresholds" and entry.facts["same_before"] == own.same_cosine
    assert switch_engine(open_desk, ACME, ADMIN).own_cosines is None
    assert switch_engine(open_desk, DLIB, ADMIN).same_cosine == 0.95
    again = set_thresholds(open_desk, None, ADMIN)
    assert again.same_cosine == own.same_cosine and not read_choice(tmp_path).limits


def test_thresholds_of_the_settings_count_alone(desk: Desk, open_desk: Desk) -> None:
    fixed = open_desk.settings.model_copy(update={"same_cosine": 0.96})
    choice = Choice(limits={desk.vision.engine.info.engine_id: (0.99, 0.1)})
    info = load_chosen(fixed.model_copy(update={"engine": "dlib"}), choice).info
    assert (info.same_cosine, info.different_cosine) == (0.96, 0.905)
    with pytest.raises(NotReady, match="FACEDESK_SAME_COSINE"):
        set_thresholds(Desk(fixed, desk.gallery, desk.vision), (0.97, 0.9), ADMIN)


def test_thresholds_the_wrong_way_round(open_desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(ParameterError):
        set_thresholds(open_desk, (0.5, 0.6), ADMIN)
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"engine": "x", "pack": "", "limits": {}}',
        '{"engine": "opencv", "pack": "../up", "limits": {}}',
        '{"engine": "", "pack": "", "limits": {"e": [0.1, 0.9]}}',
        '{"engine": "", "pack": "", "limits": {"e": ["a"]}}',
    ],
)
def test_a_damaged_choice_is_an_error_not_another_engine(
    open_desk: Desk, tmp_path: Path, text: str
) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(NotReady, match="damaged") as caught:
        read_choice(tmp_path)
    assert str(tmp_path) not in caught.value.message
    vision = house.build_vision(open_desk.settings)
    with pytest.raises(NotReady, match="damaged"):
        vision.engine_slot.get()
    broken = Desk(open_desk.settings, open_desk.gallery, vision)
    assert in_use(broken) is None
    switch_engine(broken, DLIB, ADMIN)  # the way out
    assert read_choice(tmp_path) == Choice("dlib") and in_use(broken) == DLIB


def test_what_is_not_audited_is_not_kept(tmp_path: Path) -> None:
    def refuse() -> None:
        raise NotReady("The database is gone.")

    with pytest.raises(NotReady, match="gone"):
        write_choice(tmp_path, Choice("dlib"), refuse)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotReady, match="cannot be written"):
        write_choice(tmp_path / "file", Choice("dlib"))


def test_a_new_pack_does_not_replace_the_engine(open_desk: Desk, tmp_path: Path) -> None:
    keep_in_use(open_desk)
    assert json.loads((tmp_path / FILE).read_text())["engine"] == "dlib"
    assert house.build_vision(open_desk.settings).engine.info.name == "dlib"
    write_choice(tmp_path, Choice("insightface", "acme"))
    keep_in_use(open_desk)
    assert read_choice(tmp_path).pack == "acme"
