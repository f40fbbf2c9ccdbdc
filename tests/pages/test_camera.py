"""The camera as a source: what its component is given, and that its photo goes the usual way."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from core.desk import Desk
from core.errors import ImageError, ImageTooLarge
from core.fiqa.report import ITEMS
from core.live import ADVICE
from core.settings import Settings
from pages.parts.camera import decode_shot
from tests.pages.conftest import Open, has_button, html, photo_ids, press, said
from tests.pages.test_texts import english

Photos = dict[str, bytes]


def with_camera(app: AppTest, key: str = "new") -> AppTest:
    app.session_state[f"{key}_source"] = "camera"
    app.run()
    assert not app.exception
    return app


def given(app: AppTest) -> dict[str, Any]:
    """What the live picture is given; fails when there is none."""
    (found,) = (e for e in app.get("bidi_component") if e.proto.component_name == "facedesk_camera")
    data: dict[str, Any] = json.loads(found.proto.json)
    return data


def has_live(app: AppTest) -> bool:
    names = [element.proto.component_name for element in app.get("bidi_component")]
    return "facedesk_camera" in names


def shoot(app: AppTest, data: bytes, key: str = "new") -> AppTest:
    """What the component does when it takes a photo."""
    app.session_state[f"{key}_shot"] = data
    app.run()
    assert not app.exception
    return app


def test_the_live_picture_gets_a_ticket_and_texts(desk: Desk, open_page: Open) -> None:
    app = with_camera(open_page(person="001"))
    data = given(app)
    assert desk.door.tickets.admit(data["ticket"], "camera").role == "admin"
    assert (data["level"], data["auto"], data["start"], data["again"]) == (
        "high",
        True,
        True,
        False,
    )
    assert [name for name, _ in data["items"]] == list(ITEMS)
    assert set(ADVICE) <= set(data["text"]["advice"])
    app.segmented_control(key="new_level").set_value("low").run()
    assert given(app)["level"] == "low"


def test_its_photo_is_looked_at_like_an_upload(desk: Desk, open_page: Open, photos: Photos) -> None:
    before = photo_ids(desk, "001")
    app = shoot(with_camera(open_page(person="001")), photos["good"])
    assert not has_live(app) and "Passes “high”" in html(app)
    press(app, "confirm")
    assert photo_ids(desk, "001") != before and "Photo replaced." in said(app.success)
    assert given(app)["start"] is False  # the camera waits: the same person still stands there


def test_a_photo_can_be_taken_again(desk: Desk, open_page: Open, photos: Photos) -> None:
    app = shoot(with_camera(open_page(person="001")), photos["blurred"])
    assert app.button(key="confirm").disabled
    press(app, "new_discard")
    data = given(app)
    assert data["start"] and data["again"] and not has_button(app, "confirm")


def test_no_face_leaves_the_way_back(desk: Desk, open_page: Open) -> None:
    app = shoot(with_camera(open_page(person="001")), b"no photo")
    assert app.error and has_button(app, "new_discard")
    press(app, "new_discard")
    assert has_live(app) and not app.error


def test_leaving_the_camera_forgets_its_photo(desk: Desk, open_page: Open, photos: Photos) -> None:
    app = shoot(with_camera(open_page(person="001")), photos["good"])
    app.session_state["new_source"] = "upload"
    app.run()
    assert not has_button(app, "confirm") and "new_shot" not in app.session_state


def test_another_person_starts_the_camera(desk: Desk, open_page: Open, photos: Photos) -> None:
    app = shoot(with_camera(open_page(person="001")), photos["good"])
    press(app, "confirm")
    app.selectbox(key="person").set_value("002").run()
    assert given(app)["start"] is True


def test_choices_outlive_a_photo(desk: Desk, open_page: Open, photos: Photos) -> None:
    app = with_camera(open_page(person="001"))
    app.toggle(key="new_camera_auto").set_value(False).run()
    assert given(app)["auto"] is False
    shoot(app, photos["good"])
    press(app, "new_discard")
    assert given(app)["auto"] is False


def test_a_still_picture_is_the_fallback(desk: Desk, open_page: Open, photos: Photos) -> None:
    app = with_camera(open_page(person="001"))
    app.toggle(key="new_camera_still").set_value(True).run()
    assert not has_live(app)
    (widget,) = app.get("camera_input")
    assert widget.proto.label == "Take a photo"
    app.toggle(key="new_camera_still").set_value(False).run()
    assert has_live(app)


def test_where_live_cameras_are_off_only_stills_are_offered(
    desk: Desk, open_page: Open, page_settings: Settings
) -> None:
    desk.settings = page_settings.model_copy(update={"camera_sockets": 0})
    app = with_camera(open_page(person="001"))
    assert not has_live(app) and len(app.get("camera_input")) == 1 and not app.toggle


def test_it_registers_too(desk: Desk, open_page: Open, photos: Photos) -> None:
    app = open_page("identities")
    with_camera(app, "reg")
    assert has_live(app)
    shoot(app, photos["good"], "reg")
    assert "Passes “high”" in html(app)


def test_everything_is_said_in_chinese(
    desk: Desk, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ContextProxy, "locale", "zh-CN")
    data = given(with_camera(open_page(person="001")))
    texts = [label for _, label in data["items"]]
    for part in data["text"].values():
        texts += part.values() if isinstance(part, dict) else [part]
    assert not set(english("\n".join(texts))) - {"https"}


GOOD = "data:image/jpeg;base64," + base64.b64encode(b"a photo").decode()


def test_a_shot_is_a_jpeg_as_a_data_address() -> None:
    assert decode_shot(GOOD, 100) == b"a photo"
    for wrong in (None, 7, {}, "", "http://x/y.jpg", GOOD + "*", GOOD[5:], GOOD[:-1]):
        with pytest.raises(ImageError):
            decode_shot(wrong, 100)
    with pytest.raises(ImageTooLarge):
        decode_shot(GOOD + "A" * 400, 100)
