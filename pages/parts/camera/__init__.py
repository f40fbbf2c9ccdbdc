"""The camera as a source of new photos: live with boxes and hints, or a still picture.

The live picture is a component of our own (the files beside this one). Its frames go to the
socket in ``core/web/live.py`` and come back as boxes, marks and one advice; the photo it takes
comes here and is looked at like an upload.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from core.contract.fields import LEVELS, Level
from core.desk import Desk
from core.errors import ImageError, ImageTooLarge
from core.fiqa.report import ITEMS
from core.fiqa.texts import ITEM_NAMES
from core.live import ADVICE
from pages.parts.signin import allowed, principal, why_not
from pages.parts.texts import both, error_text, t

PATH = "/sophon/v2/face/live"
RIGHT = "camera"
TROUBLES = (
    "starting",
    "stopped",
    "ended",
    "insecure",
    "denied",
    "none",
    "in_use",
    "failed",
)
"""Why there is no picture, as ``device.js`` says it."""

LINKS = ("connecting", "lost", "busy", "refused", "loading")
"""Why there are no hints, as ``link.js`` says it."""

VERDICTS = ("pass", "fail", "advice", "not_assessed")
_DATA_URL = "data:image/jpeg;base64,"
_HERE = Path(__file__).resolve().parent


def _read(*names: str) -> str:
    """Files of this folder as one; a component's script is one module."""
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)


_live = st.components.v2.component(
    "facedesk_camera",
    html=_read("live.html"),
    css=_read("live.css"),
    js=_read("focus.js", "device.js", "link.js", "picture.js", "live.js"),
)
_keys = st.components.v2.component(
    "facedesk_keys", html=_read("keys.html"), css=_read("keys.css"), js=_read("focus.js", "keys.js")
)


def camera_photo(desk: Desk, key: str, turn: int) -> bytes | None:
    """The photo that was taken, as a file; None while there is none."""
    taken: bytes | None = st.session_state.get(f"{key}_shot")
    if taken is not None:
        return taken
    if failure := st.session_state.pop(f"{key}_shot_failure", None):
        st.error(failure)
    live = allowed(RIGHT) and desk.settings.camera_sockets > 0
    still = not live or st.session_state.get("camera_still", False)
    if still:
        shot = st.camera_input(
            t("new.camera_label"), key=f"{key}_camera_{turn}", label_visibility="collapsed"
        )
    else:
        _show_live(desk, key, turn)
    if live:
        _choices(key)
    elif reason := why_not(RIGHT):
        st.caption(reason)
    return shot.getvalue() if still and shot else None


def offer_another(key: str) -> None:
    """The way back from a photo that was taken to the live picture."""
    if f"{key}_shot" in st.session_state:
        name = f"{key}_discard"
        st.button(t("camera.again"), key=name, on_click=_discard, args=(key,))
        listen(name, "Escape", "")


def rest(key: str, wait: bool) -> None:
    """Forget the photo; the camera is off until it is asked for, unless it is not to wait."""
    st.session_state.pop(f"{key}_shot", None)
    st.session_state.pop(f"{key}_camera_again", None)
    st.session_state[f"{key}_camera_rest"] = wait


def listen(button: str, key: Literal["Enter", "Escape"], hint: str) -> None:
    """Let a key press the button of this name, but while somebody types; ``hint`` says what for."""
    _keys(key=f"key_{button}", data={"key": key, "button": button, "hint": hint})


def _show_live(desk: Desk, key: str, turn: int) -> None:
    state = st.session_state
    name = f"{key}_live_{turn}"
    _live(
        key=name,
        data={
            "path": PATH,
            "ticket": desk.door.tickets.mint(principal(desk), RIGHT),
            "level": _level(key),
            "auto": state.get("camera_auto", True),
            "start": not state.get(f"{key}_camera_rest", False),
            "again": state.get(f"{key}_camera_again", False),
            "items": [[item, both(ITEM_NAMES[item])] for item in ITEMS],
            "text": _texts(),
        },
        on_shot_change=lambda: _take(desk, key, name),
        on_renew_change=lambda: None,  # running the page again makes a fresh ticket
    )


def _level(key: str) -> Level:
    level: Level = st.session_state.get(f"{key}_level") or "high"
    return level if level in LEVELS else "high"


def _choices(key: str) -> None:
    """Whether a good frame takes itself, and the way to a still picture."""
    auto, still = st.columns([1.4, 1])
    level = _level(key)
    with auto:
        label = t("camera.auto", level=t(f"level.{level}"))
        _remembered("camera_auto", key, label, True, disabled=level == "no")
    with still:
        _remembered("camera_still", key, t("camera.still"), False)


def _remembered(name: str, key: str, label: str, default: bool, disabled: bool = False) -> None:
    """A switch whose state outlives the widget, which is gone while a photo is shown."""
    widget = f"{key}_{name}"

    def remember() -> None:
        st.session_state[name] = st.session_state[widget]

    value = st.session_state.get(name, default)
    st.toggle(label, value=value, key=widget, on_change=remember, disabled=disabled)


def _discard(key: str) -> None:
    rest(key, wait=False)
    st.session_state[f"{key}_camera_again"] = True


def _take(desk: Desk, key: str, name: str) -> None:
    """Keep what the component took; the component comes anew when that is no photo."""
    sent = st.session_state[name].get("shot")
    try:
        st.session_state[f"{key}_shot"] = decode_shot(sent, desk.vision.limits.max_bytes)
    except (ImageError, ImageTooLarge) as error:
        st.session_state[f"{key}_shot_failure"] = error_text(error)
        st.session_state[f"{key}_round"] = st.session_state.get(f"{key}_round", 0) + 1


def decode_shot(sent: Any, max_bytes: int) -> bytes:
    """The JPEG file of a data URL. Raises ImageError, ImageTooLarge."""
    if not isinstance(sent, str) or not sent.startswith(_DATA_URL):
        raise ImageError("The camera sent no photo; take it again.")
    if len(sent) > max_bytes * 4 // 3 + len(_DATA_URL) + 4:
        raise ImageTooLarge()
    try:
        return base64.b64decode(sent[len(_DATA_URL) :], validate=True)
    except (binascii.Error, ValueError):
        raise ImageError("The camera sent no photo; take it again.") from None


def _texts() -> dict[str, Any]:
    """Every text of the component in the reader's language."""
    words = ("take", "space", "device", "items", "label", "start", "stop")
    return {
        **{word: t(f"camera.{word}") for word in words},
        "advice": {name: t(f"camera.{name}") for name in (*ADVICE, *LINKS)},
        "trouble": {name: t(f"camera.{name}") for name in TROUBLES},
        "verdicts": {name: t(f"verdict.{name}_item") for name in VERDICTS},
    }
