"""The photo stage: where a new photo comes in and is shown with every face boxed.

The models run once a photo (and once more when another face is chosen), never on a mere rerun:
what they said is kept in the session under the photo's hash.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass

import streamlit as st

from core.assessment import Look, Sight
from core.calls.intake import photo_bytes
from core.contract.fields import LEVELS, Level
from core.demo import SAMPLES, is_demo_person, sample_photo
from core.desk import Desk
from core.errors import FaceDeskError, ImageTooLarge
from core.pictures import boxed_jpeg, face_jpeg
from pages.parts.camera import camera_photo, offer_another, rest
from pages.parts.texts import error_text, t

SOURCES = ("upload", "camera", "path")
PICTURE_PX = 262
"""Height of the picture with its boxes (style.css): what takes its place meanwhile is as high."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A photo that was looked at, with the picture of all its faces and that of the one taken."""

    look: Look
    boxed_jpeg: bytes
    face_jpeg: bytes


def new_photo(desk: Desk, key: str, identity_id: str = "") -> Seen | None:
    """Let a photo in and look at it; None while there is none or it cannot be used."""
    data = _incoming(desk, key, identity_id)
    if data is None:
        return None
    try:
        return _look(desk, key, data)
    except FaceDeskError as error:
        st.error(error_text(error))
        return None


def level_control(key: str, seen: Seen | None) -> Level:
    """The quality level; each is marked with whether the photo passes it."""

    def label(level: Level) -> str:
        if seen is None:
            return t(f"level.{level}")
        return f"{'✓' if seen.look.report.passes(level) else '✗'} {t(f'level.{level}')}"

    st.session_state.setdefault(f"{key}_level", "high")
    chosen = st.segmented_control(
        t("level.label"), LEVELS, format_func=label, key=f"{key}_level", required=True
    )
    if chosen != "high":
        st.caption(f"⚠ {t('level.warning')}")
    return chosen or "high"


def show_faces(key: str, seen: Seen) -> None:
    """The photo with its faces, how many there are, and buttons to take another than the largest.

    A click on a face in the picture presses its button (hands.js).
    """
    with st.container(key=f"picture_{key}"):
        st.image(seen.boxed_jpeg, width="stretch", alt=t("new.alt"))
        st.caption(_found(seen.look.sight))
        if len(seen.look.sight.faces) > 1:
            st.html(f'<div data-boxes="{json.dumps(_boxes(seen.look.sight))}"></div>')
            _choose_face(key, seen.look.sight)


def _found(sight: Sight) -> str:
    """How many faces there are, and what was needed to find them."""
    count = len(sight.faces)
    if count == 1:
        said = t("new.one_face")
    elif sight.taken == 0:
        said = t("new.faces_largest", count=count)
    else:
        said = t("new.faces", count=count, taken=sight.taken + 1)
    if steps := ", ".join(t(f"step.{step}") for step in sight.steps if step != "second_scale"):
        said += " " + t("new.steps", steps=steps)
    return said


def _boxes(sight: Sight) -> list[list[float]]:
    """Left, top, right, bottom of every face as parts of the picture's sides, 0 to 1."""
    height, width = sight.photo.pixels_bgr.shape[:2]
    sides = (width, height, width, height)
    return [
        [round(float(edge) / side, 4) for edge, side in zip(face.box_xyxy, sides, strict=True)]
        for face in sight.faces
    ]


def _choose_face(key: str, sight: Sight) -> None:
    st.pills(
        t("new.choose_face"),
        list(range(len(sight.faces))),
        format_func=lambda index: f"#{index + 1}",
        key=f"{key}_face",
        default=sight.taken if f"{key}_face" not in st.session_state else None,
    )


def has_camera(key: str) -> bool:
    """Whether photos come from the camera, which shows its own picture."""
    return st.session_state.get(f"{key}_source") == "camera"


def clear(key: str, camera_on: bool = False) -> None:
    """Forget the photo: a fresh stage, where the camera waits to be started unless told."""
    rest(key, wait=not camera_on)
    st.session_state[f"{key}_round"] = st.session_state.get(f"{key}_round", 0) + 1
    for name in ("seen", "hash", "face", "sample"):
        st.session_state.pop(f"{key}_{name}", None)


def _incoming(desk: Desk, key: str, identity_id: str) -> bytes | None:
    turn = st.session_state.get(f"{key}_round", 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = st.segmented_control(
            t("new.title"),
            SOURCES,
            format_func=lambda name: t(f"new.{name}"),
            key=f"{key}_source",
            default="upload",
            required=True,
        )
        offer_another(key)
    if source == "camera":
        return camera_photo(desk, key, turn)
    rest(key, wait=False)
    if source == "path":
        return _from_path(desk, key)
    file = st.file_uploader(
        t("new.upload_label", mb=f"{desk.settings.max_image_mb:.0f}"),
        type=["jpg", "jpeg", "png", "webp", "bmp"],
        key=f"{key}_upload_{turn}",
        max_upload_size=4 * math.ceil(desk.settings.max_image_mb),  # what is over gets our words
        label_visibility="collapsed",
    )
    if file is None:
        return _sample(desk, key, identity_id, turn)
    if file.size > desk.vision.limits.max_bytes:
        st.error(error_text(ImageTooLarge()))
        return None
    return file.getvalue()


def _sample(desk: Desk, key: str, identity_id: str, turn: int) -> bytes | None:
    name = desk.gallery.names([identity_id]).get(identity_id, "") if identity_id else ""
    if not is_demo_person(identity_id, name):
        return None
    chosen = st.pills(
        t("new.sample"),
        SAMPLES,
        format_func=lambda sample: t(f"sample.{sample}"),
        key=f"{key}_sample_{turn}_{identity_id}",
    )
    return _sample_bytes(identity_id, chosen) if chosen else None


@st.cache_data(show_spinner=False, max_entries=64)
def _sample_bytes(identity_id: str, name: str) -> bytes:
    return sample_photo(identity_id, name)  # type: ignore[arg-type]


def _from_path(desk: Desk, key: str) -> bytes | None:
    if not desk.settings.image_root_folders:
        st.info(t("new.path_off"))
        return None
    path = st.text_input(t("new.path_label"), key=f"{key}_path").strip()
    if not path:
        return None
    try:
        return photo_bytes(desk.settings, None, path)
    except FaceDeskError as error:
        st.error(error_text(error))
        return None


def _look(desk: Desk, key: str, data: bytes) -> Seen:
    # Another engine's look at the same photo cannot be held against this one's gallery.
    digest = hashlib.sha256(data).hexdigest() + desk.vision.engine.info.engine_id
    if st.session_state.get(f"{key}_hash") != digest:
        st.session_state.pop(f"{key}_face", None)
        st.session_state.pop(f"{key}_seen", None)
        st.session_state[f"{key}_hash"] = digest
    face = st.session_state.get(f"{key}_face") or 0
    seen: Seen | None = st.session_state.get(f"{key}_seen")
    if seen is None or seen.look.sight.taken != face:
        with st.skeleton(PICTURE_PX):
            look = desk.vision.look(data, face)
            seen = Seen(look, boxed_jpeg(look.sight), face_jpeg(look.sight))
        st.session_state[f"{key}_seen"] = seen
    return seen
