"""The engine page in each of its states: packs, downloads, switching, re-extraction, limits."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.desk import Desk
from core.engine import catalogue
from core.engine.catalogue import RESEARCH, Pack
from core.engine.choice import FILE
from core.errors import NotReady
from core.fetching import CHECK, DOWNLOAD
from core.fiqa.policy import load_policy
from core.passing import QUALITY
from core.settings import Settings
from core.spread import SCORES
from core.switching import REEMBED, Option, set_thresholds, switch_engine
from core.vision import Vision
from tests.engine.toy_server import Server, toy_server, zip_pack
from tests.engine.weight_free_pack import write_pack
from tests.pages.conftest import (
    TESTER,
    Open,
    failing,
    has_button,
    html,
    open_row,
    press,
    said,
    upload,
)
from tests.pages.test_texts import PROPER, chinese, everything

__all__ = ["chinese", "toy_server"]

NAMES = (
    r"dlib_\w+\.dat|shape_\w+\.dat|dlib-models|dlib|builtin|insightface|InsightFace|buffalo_\w+|antelopev2|opencv_zoo|"
    r"opencv|OpenCV|SHA|ResNet|Boost|CC|BY|MIT|Apache|YuNet|SFace|eDifFIQA|LightQNet|Babnik|Peer|"
    r"truc|recognition-oss-pack@insightface.ai|media.githubusercontent.com|github.com|docs/\S+|"
    r"models/README.md|`models`|FaceDesk|Python|toy|acme|default.toml|default|https?://\S+|onnx|\w+\.onnx"
)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def free(desk: Desk, tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The demo gallery's desk on settings that name no engine."""
    knobs = {"engine": "auto", "pack": "", "models": models, "data": tmp_path, "threads": 1}
    monkeypatch.setattr(desk, "settings", desk.settings.model_copy(update=knobs))
    return desk


@pytest.fixture
def toy(toy_server: Server, monkeypatch: pytest.MonkeyPatch) -> Pack:
    """The catalogue is one non-commercial pack on a server of this machine."""
    pack = dataclasses.replace(zip_pack(toy_server), licence=RESEARCH)
    monkeypatch.setattr(catalogue, "PACKS", (pack,))
    return pack


def ended(desk: Desk, name: str, app: AppTest) -> AppTest:
    """The page after this job."""
    job = desk.jobs.get(name)
    assert job is not None and job.wait(60)
    app.run()
    assert not app.exception
    return app


def view(app: AppTest, name: str) -> AppTest:
    app.session_state.engine_view = name
    app.run()
    assert not app.exception
    return app


def open_pack(app: AppTest, name: str) -> AppTest:
    app.selectbox(key="engine_pack").select(name).run()
    assert not app.exception
    return app


def test_what_runs_and_what_may_be_used(free: Desk, open_page: Open, models: Path) -> None:
    app = open_page("engine")
    shown = html(app)
    assert "the processor" in shown
    assert free.vision.engine.info.engine_id in shown and "dlib_face_recognition" in shown
    assert "May I use this commercially? Yes" in shown and "in use" in shown
    assert all(pack.name in shown for pack in catalogue.PACKS) and str(models) not in shown
    open_pack(app, "buffalo_l")
    assert "May I use this commercially? No" in html(app)
    assert app.button(key="engine_download").disabled
    app.checkbox(key="engine_accept_buffalo_l").check().run()
    assert not app.button(key="engine_download").disabled
    assert "releases/download" in said(app.markdown)


def test_a_download_from_a_server_and_the_files_checked(
    free: Desk, open_page: Open, toy: Pack
) -> None:
    app = open_pack(open_page("engine"), "toy")
    app.checkbox(key="engine_accept_toy").check().run()
    press(app, "engine_download")
    ended(free, DOWNLOAD, app)
    assert "installed and verified" in said(app.success) and not has_button(app, "engine_download")
    press(app, "engine_check")
    ended(free, CHECK, app)
    assert "SHA-256 right, 2 file(s) compared" in html(app)
    (free.settings.models / "toy" / "det.onnx").unlink()
    press(app, "engine_check")
    ended(free, CHECK, app)
    assert "det.onnx is missing" in html(app) and has_button(app, "engine_download")
    assert app.button(key="engine_download").label.startswith("Download again")


def test_a_download_that_fails_is_one_sentence(
    free: Desk, open_page: Open, toy: Pack, toy_server: Server
) -> None:
    toy_server.files.clear()
    app = open_pack(open_page("engine"), "toy")
    app.checkbox(key="engine_accept_toy").check().run()
    press(app, "engine_download")
    ended(free, DOWNLOAD, app)
    (error,) = app.error
    assert "toy was not installed: 127.0.0.1 answered 404" in error.value
    assert not (free.settings.models / "toy").exists() and has_button(app, "engine_download")


def test_a_running_download_shows_a_bar_and_a_way_to_stop(
    free: Desk, open_page: Open, toy: Pack, toy_server: Server
) -> None:
    toy_server.stall_after = 300_000
    app = open_pack(open_page("engine"), "toy")
    app.checkbox(key="engine_accept_toy").check().run()
    press(app, "engine_download")
    assert has_button(app, f"cancel_{DOWNLOAD}") and not has_button(app, "engine_download")
    press(app, f"cancel_{DOWNLOAD}")
    toy_server.released.set()
    ended(free, DOWNLOAD, app)
    assert app.info or app.error
    assert has_button(app, "engine_download")


def test_another_engine_is_used_and_photos_are_re_extracted(
    free: Desk, open_page: Open, models: Path, tmp_path: Path
) -> None:
    photos = free.gallery.count_photos()
    write_pack(models / "acme")
    app = open_page("engine")
    app.selectbox(key="engine_option_dlib_").select_index(0).run()
    press(app, "engine_use")
    assert "acme is in use now" in said(app.success)
    assert f"{photos} registered photos were embedded by another engine" in said(app.warning)
    assert (tmp_path / FILE).exists()
    other = open_page("identities")
    assert "embedded by another engine" in said(other.warning)
    press(app, "engine_reembed_go")
    ended(free, REEMBED, app)
    job = free.jobs.get(REEMBED)
    assert job is not None and f"{job.result.done} photos were re-extracted" in said(app.success)


def test_an_engine_that_does_not_load_leaves_the_other(
    free: Desk, open_page: Open, models: Path
) -> None:
    write_pack(models / "acme")
    (models / "acme" / "w_fake.onnx").write_bytes(b"not a network")
    app = open_page("engine")
    app.selectbox(key="engine_option_dlib_").select_index(0).run()
    press(app, "engine_use")
    assert "w_fake.onnx" in said(app.error) and "dlib" in html(app)
    assert free.vision.engine.info.name == "dlib"


def test_without_any_engine_another_can_be_chosen(
    free: Desk, open_page: Open, page_settings: Settings
) -> None:
    slot = failing(NotReady("The model pack is damaged."))
    free.vision = Vision(page_settings, slot, load_policy(None))
    app = open_page("engine")
    assert "not available: The model pack is damaged." in said(app.error)
    press(app, "engine_use")
    assert free.vision.engine.info.name == "dlib" and not app.error


def test_a_photo_on_the_desk_is_looked_at_again_after_a_switch(
    free: Desk, open_page: Open, models: Path, photos: dict[str, bytes]
) -> None:
    write_pack(models / "acme")
    app = upload(open_page(person="001"), photos["good"])
    assert has_button(app, "confirm")
    switch_engine(free, Option("insightface", "acme"), TESTER)
    app.run()
    assert not app.exception and "was changed" not in said(app.error)
    if "new_seen" in app.session_state:
        look = app.session_state["new_seen"].look
        assert look.embedding.engine_id == free.vision.engine.info.engine_id


def test_changes_are_in_the_history(free: Desk, open_page: Open, models: Path) -> None:
    write_pack(models / "acme")
    own = free.vision.engine.info
    set_thresholds(free, (0.95, 0.9), TESTER)
    set_thresholds(free, None, TESTER)
    switch_engine(free, Option("insightface", "acme"), TESTER)
    app = open_page("history")
    actions = list(app.dataframe[0].value["Action"])
    assert actions[:3] == ["Change engine", "Change thresholds", "Change thresholds"]
    assert "acme" in html(open_row(app, 0))
    assert "0.95 / 0.9 → the engine’s own" in html(open_row(app, 1))
    assert f"{own.same_cosine} / {own.different_cosine} → 0.95 / 0.9" in html(open_row(app, 2))


def test_settings_that_name_the_engine_count(desk: Desk, open_page: Open) -> None:
    app = open_page("engine")
    assert "FACEDESK_ENGINE" in said(app.info) and not has_button(app, "engine_use")


def limit(app: AppTest, name: str) -> str:
    return next(w.key for w in app.number_input if w.key.startswith(f"engine.{name}"))


def test_thresholds_against_the_gallery(free: Desk, open_page: Open) -> None:
    app = view(open_page("engine"), "limits")
    if not app.get("vega_lite_chart"):
        ended(free, SCORES, app)
    assert app.get("vega_lite_chart") and "7 people" in said(app.caption)
    assert "of 60 = " in html(app) and app.button(key="engine_limits_save").disabled
    app.number_input(key=limit(app, "same_from")).set_value(0.95).run()
    assert "same ≥ 0.950" in html(app)
    press(app, "engine_limits_save")
    assert "in use from now on" in said(app.success)
    assert free.vision.engine.info.same_cosine == 0.95
    press(app, "engine_limits_own")
    assert free.vision.engine.info.own_cosines is None
    app.number_input(key=limit(app, "different_below")).set_value(0.99).run()
    assert "must not begin below" in said(app.error)
    assert app.button(key="engine_limits_save").disabled


def test_quality_limits_and_how_many_would_pass(free: Desk, open_page: Open) -> None:
    app = view(open_page("engine"), "policy")
    assert "default.toml" in said(app.caption) and "≥ 112 px" in html(app)
    press(app, "engine_judge")
    ended(free, QUALITY, app)
    photos = free.gallery.count_photos()
    assert f"{photos} of {photos} registered photos" in said(app.caption)
    assert len(app.get("vega_lite_chart")) > 10


def test_an_empty_gallery_says_so(empty_desk: Desk, open_page: Open) -> None:
    app = view(open_page("engine"), "limits")
    if not app.info:
        ended(empty_desk, SCORES, app)
    assert "not enough" in said(app.info)
    assert "not enough" in said(view(app, "policy").info)


def test_no_english_on_the_chinese_page(
    chinese: None,
    free: Desk,
    open_page: Open,
    models: Path,
) -> None:
    write_pack(models / "acme")
    proper = re.compile(f"{NAMES}|{PROPER.pattern}")
    app = open_page("engine")
    for name in ("packs", "limits", "policy"):
        text = re.sub(r"<[^>]*>|data:\S+|&\w+;", " ", everything(view(app, name)))
        assert not re.findall(r"[A-Za-z]{2,}", proper.sub(" ", text)), name
    switch_engine(free, Option("insightface", "acme"), TESTER)
    assert "重新提取" in everything(view(app, "packs"))
