"""Every page x every role, and that a role counts at the moment of the change."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import house
from core.contract.fields import ROLES, Role
from core.desk import Desk
from core.gallery.records import Actor
from core.settings import ROOT
from tests.components import skip_where_no_row_can_be_ticked
from tests.desk.conftest import Snapshot
from tests.engine.weight_free_pack import write_pack
from tests.page_access.conftest import Open
from tests.web.material import CALLERS, REGISTERING, guarded, reaches, refusal_rows

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "__init__")


def buttons(at: AppTest) -> dict[str, bool]:
    """Whether each button can be pressed, by key or label."""
    return {button.key or button.label: not button.disabled for button in at.button}


def press(at: AppTest, key: str) -> None:
    """Press a button, also a grey one: grey is the browser's business, and a browser may lie."""
    button = at.button(key=key)
    button.proto.disabled = False
    button.click().run()
    assert not at.exception, at.exception


def open_first_row(at: AppTest) -> AppTest:
    """Select the first person of the table."""
    skip_where_no_row_can_be_ticked()
    rows = {"selection": {"rows": [0], "columns": [], "cells": []}}
    at.session_state[at.dataframe[0].key] = rows
    at.run()
    assert not at.exception, at.exception
    return at


def shown(at: AppTest) -> str:
    parts = (at.markdown, at.caption, at.error, at.info, at.success)
    return " ".join(str(element.value) for kind in parts for element in kind)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("alone", [False, True])
def test_every_page_for_every_role(
    closed: Desk, open_page: Open, page: str, caller: str, alone: bool
) -> None:
    at = open_page(page, "" if caller == "anonymous" else caller, alone=alone, person="001")
    if caller == "anonymous":
        assert "小明" not in shown(at) and not at.selectbox and not at.dataframe
        assert [field.key for field in at.text_input] == ["sign_in_name", "sign_in_password"]
        return
    assert not _has(at, "sign_in_name")
    assert f"{caller} · " in shown(at) and "sign_out" in buttons(at)


def _has(at: AppTest, key: str) -> bool:
    return any(field.key == key for field in at.text_input)


@pytest.mark.parametrize("page", PAGES)
def test_open_access_asks_nothing(desk: Desk, open_page: Open, page: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(house, "_desk", desk)
    at = open_page(page, person="001")
    assert not _has(at, "sign_in_name") and "sign_out" not in buttons(at)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("what", "fields", "least"), REGISTERING)
def test_who_may_replace(
    closed: Desk,
    open_page: Open,
    pictures: dict[str, bytes],
    snapshot: Callable[[], Snapshot],
    role: str,
    what: str,
    fields: dict[str, str],
    least: Role,
) -> None:
    may, file = reaches(role, least), fields.get("photo", "jing")
    at = open_page("replace", role, person="001", new_level=fields.get("fiqa_level", "high"))
    at.file_uploader(key="new_upload_1").upload(f"{file}.jpg", pictures[file], "image/jpeg").run()
    at.text_input(key="reason").input("she said so").run()
    before = snapshot()
    assert buttons(at)["confirm"] is may
    press(at, "confirm")
    assert (snapshot() != before) is may
    if may:
        assert refusal_rows(closed)[0] == ("replace", 0, role, "127.0.0.1")
    else:
        assert "administrator" in shown(at) or "it takes: operator" in shown(at)


@pytest.mark.parametrize(("photo", "level"), [("jing", "high"), ("ming", "high"), ("jing", "no")])
def test_a_role_counts_at_the_moment_of_the_change(
    closed: Desk,
    open_page: Open,
    pictures: dict[str, bytes],
    snapshot: Callable[[], Snapshot],
    photo: str,
    level: str,
) -> None:
    at = open_page("replace", "admin", person="001", new_level=level)
    upload = at.file_uploader(key="new_upload_1")
    upload.upload("new.jpg", pictures[photo], "image/jpeg").run()
    at.text_input(key="reason").input("she said so").run()
    before = snapshot()
    lower: Role = "viewer" if (photo, level) == ("jing", "high") else "operator"
    closed.gallery.set_role("admin", lower, Actor())
    press(at, "confirm")
    assert snapshot() == before
    assert refusal_rows(closed)[0] == ("replace", 40300, "admin", "127.0.0.1")
    assert any("role" in error.value for error in at.error)


@pytest.mark.parametrize(("role", "may"), [("viewer", False), ("operator", True), ("admin", True)])
def test_the_live_camera_is_an_operators(
    closed: Desk, open_page: Open, role: str, may: bool
) -> None:
    """Its socket asks for a ticket; a viewer gets none, and still pictures with the reason."""
    at = open_page("replace", role, person="001", new_source="camera")
    cameras = [
        part.proto
        for part in at.get("bidi_component")
        if part.proto.component_name == "facedesk_camera"
    ]
    if may:
        ticket = json.loads(cameras[0].json)["ticket"]
        who = closed.door.tickets.admit(ticket, "camera")
        assert (who.name, who.role, who.via) == (role, role, "account")
    else:
        assert not cameras and at.get("camera_input") and "it takes: operator" in shown(at)


def test_undo_is_an_operators(closed: Desk, open_page: Open) -> None:
    done = {"answer": {"identity": {"identity_id": "001"}}, "proof": ""}
    for role, may in (("viewer", False), ("operator", True)):
        assert buttons(open_page("replace", role, person="001", done=done))["undo"] is may
    at = open_page("replace", "operator", person="001", done=done)
    closed.gallery.set_role("operator", "viewer", Actor())
    press(at, "undo")
    assert refusal_rows(closed)[0][:3] == ("restore", 40300, "operator")


IDENTITIES = [
    ("viewer", {"reg": False, "group": False, "save": False, "delete": False, "remove": False}),
    ("operator", {"reg": True, "group": True, "save": True, "delete": False, "remove": False}),
    ("admin", {"reg": True, "group": True, "save": True, "delete": True, "remove": True}),
]


@pytest.mark.parametrize(("role", "offered"), IDENTITIES)
def test_what_identities_offers(
    closed: Desk, open_page: Open, role: str, offered: dict[str, bool]
) -> None:
    at = open_first_row(open_page("identities", role))
    found = buttons(at)
    labels = {button.label for button in at.button}
    assert {
        "reg": any(field.key == "reg_name" for field in at.text_input),
        "group": "Create group" in labels,
        "save": "Save" in labels,
        "delete": "delete_001" in found,
        "remove": "remove_go_001" in found,
    } == offered


ENGINE = [
    ("viewer", {"engine_use": False, "engine_reembed_go": False, "engine_download": False}),
    ("operator", {"engine_use": False, "engine_reembed_go": False, "engine_download": False}),
    ("admin", {"engine_use": True, "engine_reembed_go": True, "engine_download": True}),
]


@pytest.fixture
def two_engines(closed: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Settings that name no engine, another one installed, a photo that one embedded."""
    write_pack(tmp_path / "models" / "acme")
    knobs = {"engine": "auto", "models": tmp_path / "models", "data": tmp_path}
    monkeypatch.setattr(closed, "settings", closed.settings.model_copy(update=knobs))
    photo_id = closed.gallery.sample_photos(1)[0]
    closed.gallery.reembed(photo_id, closed.gallery.embedding(photo_id)[0], "other:x:0:128")
    return closed


@pytest.mark.parametrize(("role", "offered"), ENGINE)
def test_what_engine_offers(
    two_engines: Desk, open_page: Open, role: str, offered: dict[str, bool]
) -> None:
    at = open_page("engine", role)
    at.selectbox[0].select_index(0).run()
    found = buttons(at)
    assert {name: found[name] for name in offered} == offered
    at.session_state.engine_view = "limits"
    at.run()
    limit = next(field for field in at.number_input if "same_from" in field.key)
    limit.set_value(0.99).run()
    assert buttons(at)["engine_limits_save"] is (role == "admin")


@pytest.mark.parametrize(
    ("button", "action"),
    [
        ("engine_use", "switch_engine"),
        ("engine_reembed_go", "reembed"),
        ("engine_download", "get_models"),
    ],
)
def test_the_engine_page_asks_at_the_moment_of_the_change(
    two_engines: Desk, open_page: Open, snapshot: Callable[[], Snapshot], button: str, action: str
) -> None:
    at = open_page("engine", "admin")
    at.selectbox[0].select_index(0).run()
    before, engine_id = snapshot(), two_engines.vision.engine.info.engine_id
    two_engines.gallery.set_role("admin", "operator", Actor())
    press(at, button)
    assert snapshot() == before and two_engines.vision.engine.info.engine_id == engine_id
    assert refusal_rows(two_engines)[0] == (action, 40300, "admin", "127.0.0.1")
    assert not (two_engines.settings.data / "engine.json").exists()


def test_a_wrong_password_is_refused_and_recorded(closed: Desk, open_page: Open) -> None:
    at = open_page("replace", "admin", "wrong wrong wrong")
    assert "belong together" in shown(at) and _has(at, "sign_in_name")
    assert refusal_rows(closed)[0] == ("sign_in", 40100, "admin", "127.0.0.1")


def test_signing_out_leaves_nothing_behind(closed: Desk, open_page: Open) -> None:
    at = open_page("replace", "admin", person="001")
    at.button(key="sign_out").click().run()
    assert _has(at, "sign_in_name")
    assert not [key for key in ("signed_in", "role", "person") if key in at.session_state]


def test_a_session_ends_when_the_account_does(
    closed: Desk, open_page: Open, snapshot: Callable[[], Snapshot]
) -> None:
    at = open_first_row(open_page("identities", "admin"))
    at.text_input(key="typed_001").input("001").run()
    closed.gallery.set_disabled("admin", True, Actor())
    before = snapshot()
    press(at, "delete_001")
    assert snapshot() == before and _has(at, "sign_in_name")


@pytest.mark.parametrize(("access", "says"), [("proxy", "past the sign-in"), ("oidc", "Sign in")])
@pytest.mark.parametrize("page", PAGES)
def test_nobody_named_sees_nothing(
    desk: Desk, open_page: Open, monkeypatch: Any, page: str, access: str, says: str
) -> None:
    monkeypatch.setattr(house, "_desk", guarded(desk, access, roles="*=admin"))
    at = open_page(page, person="001")
    assert says in shown(at) and "小明" not in shown(at) and not at.selectbox


def test_a_viewer_may_check_and_compare(closed: Desk, open_page: Open) -> None:
    at = open_page("health", "viewer")
    assert "3 photos of 2 people" in shown(at) and buttons(at)["health_check"]
    at = open_page("verify", "viewer", verify_mode="batch")
    press(at, "verify_own")
    assert "3 pairs" in shown(at)


@pytest.mark.parametrize(
    ("page", "key", "job"),
    [("health", "health_check", "health"), ("verify", "verify_own", "verify_pairs")],
)
def test_who_is_gone_starts_nothing(
    closed: Desk, open_page: Open, page: str, key: str, job: str
) -> None:
    at = open_page(page, "viewer", verify_mode="batch")
    before = closed.jobs.get(job)
    closed.gallery.set_disabled("viewer", True, Actor())
    press(at, key)
    assert closed.jobs.get(job) is before and _has(at, "sign_in_name")
    assert refusal_rows(closed)[0][:2] == ("look", 40100)
