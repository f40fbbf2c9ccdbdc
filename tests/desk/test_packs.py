"""Model packs for the pages: what is listed, what fetching and checking do, who may."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from core.desk import Desk
from core.engine import catalogue
from core.engine.backend_dlib import RECOGNISER_FILE
from core.engine.catalogue import RESEARCH, Pack
from core.engine.choice import FILE
from core.errors import FaceDeskError, Forbidden, ParameterError
from core.fetching import DOWNLOAD, start_check, start_download
from core.gallery.records import Actor, AuditEntry
from core.packs import BUILT_IN, PackView, list_packs
from tests.engine.toy_server import DET, REC, Server, leftovers, toy_server, zip_pack
from tests.engine.weight_free_pack import write_pack

__all__ = ["toy_server"]

ADMIN = Actor("ann", "page")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def open_desk(desk: Desk, tmp_path: Path, models: Path) -> Desk:
    """The desk on settings that name no engine, with a models folder of its own."""
    knobs = {"engine": "auto", "pack": "", "models": models, "data": tmp_path}
    return Desk(desk.settings.model_copy(update=knobs), desk.gallery, desk.vision)


@pytest.fixture
def toy(toy_server: Server, monkeypatch: pytest.MonkeyPatch) -> Pack:
    """The catalogue is one non-commercial pack on a server of this machine."""
    pack = dataclasses.replace(zip_pack(toy_server), licence=RESEARCH)
    monkeypatch.setattr(catalogue, "PACKS", (pack,))
    return pack


def view(desk: Desk, name: str) -> PackView:
    return next(pack for pack in list_packs(desk) if pack.name == name)


def last(desk: Desk) -> AuditEntry:
    return desk.gallery.audit_rows(1)[0].entry


def test_every_pack_is_listed_with_its_answer(open_desk: Desk, models: Path) -> None:
    write_pack(models / "mine")
    (models / "empty").mkdir()
    found = {pack.name: pack for pack in list_packs(open_desk)}
    assert list(found) == [BUILT_IN, *(p.name for p in catalogue.PACKS), "mine"]
    assert [found[n].commercial for n in (BUILT_IN, "opencv_zoo", "buffalo_l", "mine")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert all(pack.answer.en and pack.answer.zh for pack in found.values())
    assert (found["mine"].state, found["mine"].engine) == ("yes", "insightface")
    assert found["buffalo_l"].origin == ("github.com",)
    assert str(models) not in repr(found)


def test_a_pack_is_fetched_with_progress_and_the_engine_stays(
    open_desk: Desk, toy: Pack, models: Path, tmp_path: Path
) -> None:
    job = start_download(open_desk, "toy", True, ADMIN)
    assert job.wait(20) and (job.state, job.result) == ("done", "toy")
    assert job.done == job.of == toy.download_size
    assert (view(open_desk, "toy").state, view(open_desk, "toy").origin) == ("yes", ("127.0.0.1",))
    assert view(open_desk, "toy").fetched
    assert json.loads((tmp_path / FILE).read_text())["engine"] == "dlib"
    entry = last(open_desk)
    assert (entry.action, entry.outcome, entry.facts["accepted"]) == ("get_models", 0, True)


@pytest.mark.parametrize(
    ("name", "accepted", "actor", "error"),
    [
        ("toy", False, ADMIN, ParameterError),
        ("absent", True, ADMIN, ParameterError),
        ("toy", True, Actor("bob", "page", role="operator"), Forbidden),
    ],
)
def test_what_may_not_be_fetched_is_refused_and_recorded(
    open_desk: Desk,
    toy: Pack,
    models: Path,
    name: str,
    accepted: bool,
    actor: Actor,
    error: type[FaceDeskError],
) -> None:
    with pytest.raises(error):
        start_download(open_desk, name, accepted, actor)
    assert open_desk.jobs.get(DOWNLOAD) is None and not models.exists()
    assert (last(open_desk).action, last(open_desk).outcome) == ("get_models", error.code)


def test_a_failure_is_one_sentence_and_leaves_no_pack(
    open_desk: Desk, toy: Pack, toy_server: Server, models: Path
) -> None:
    toy_server.files.clear()
    job = start_download(open_desk, "toy", True, ADMIN)
    assert job.wait(20) and job.state == "failed" and job.error is not None
    assert job.error.message == "toy was not installed: 127.0.0.1 answered 404 Not Found."
    assert (job.error.details["kind"], job.error.details["pack"]) == ("network", "toy")
    assert leftovers(models) == [] and last(open_desk).outcome == 50300


def test_a_broken_download_goes_on(
    open_desk: Desk, toy: Pack, toy_server: Server, models: Path
) -> None:
    toy_server.cut_after = 500_000
    job = start_download(open_desk, "toy", True, ADMIN)
    assert job.wait(20) and job.error is not None and job.error.details["kind"] == "cut"
    assert view(open_desk, "toy").state == "no"
    toy_server.cut_after = None
    assert start_download(open_desk, "toy", True, ADMIN).wait(20)
    assert view(open_desk, "toy").state == "yes" and toy_server.asked[-1] == "bytes=500000-"


def test_a_download_can_be_cancelled(
    open_desk: Desk, toy: Pack, toy_server: Server, models: Path
) -> None:
    toy_server.stall_after = 200_000
    job = start_download(open_desk, "toy", True, ADMIN)
    for _ in range(500):
        if job.done >= 131_072:
            break
        job.wait(0.01)
    job.cancel()
    toy_server.released.set()
    assert job.wait(20) and job.state in ("cancelled", "failed")
    assert view(open_desk, "toy").state == "no" and not (models / "toy").exists()


def test_a_damaged_pack_is_seen_checked_and_replaced(
    open_desk: Desk, toy: Pack, models: Path
) -> None:
    assert start_download(open_desk, "toy", True, ADMIN).wait(20)
    (models / "toy" / "det.onnx").write_bytes(DET[:-1] + b"x")
    assert view(open_desk, "toy").state == "yes"  # by its size
    job = start_check(open_desk)
    assert job.wait(20)
    assert job.result["toy"].problems == ("det.onnx is not the file that was installed",)
    assert job.result[BUILT_IN].problems == () and job.result[BUILT_IN].checked == 1
    (models / "toy" / "rec.onnx").write_bytes(REC[:9])
    assert view(open_desk, "toy").state == "damaged"
    assert start_download(open_desk, "toy", True, ADMIN).wait(20)
    assert view(open_desk, "toy").state == "yes"


def test_the_built_in_engines_files_are_checked(
    open_desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.engine.backend_dlib.models_folder", lambda: tmp_path)
    job = start_check(open_desk)
    assert job.wait(20) and job.result[BUILT_IN].problems == (f"{RECOGNISER_FILE} is missing",)
    (tmp_path / RECOGNISER_FILE).write_bytes(b"other")
    job = start_check(open_desk)
    assert job.wait(20)
    assert job.result[BUILT_IN].problems == (f"{RECOGNISER_FILE} is not the official file",)
