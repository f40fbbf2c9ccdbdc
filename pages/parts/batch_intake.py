"""Where a batch's photos come in, and the batches that were there before."""

from __future__ import annotations

import io
import uuid
from html import escape

import streamlit as st

from core.batch.checking import check_batch
from core.batch.csv_map import MAX_BYTES
from core.batch.results import count
from core.batch.shelf import shelf_of
from core.batch.sources import Source, caps_of
from core.batch.zip_source import ZipSource, open_allowed
from core.desk import Desk
from core.errors import FaceDeskError
from pages.parts.batch_table import about, counted
from pages.parts.signin import actor, allowed, why_not
from pages.parts.texts import error_text, t

CHECK = "batch-check-"
SHOWN = 10
_EXAMPLE = "identity_id,register_image_index,file\n001,0,IMG_2041.jpg\n002,0,IMG_2042.jpg"


def choose_source(desk: Desk) -> None:
    """A ZIP or a path, perhaps with a CSV, and the button that begins the dry run."""
    st.write(t("batch.lead"))
    form, how = st.columns([1.3, 1], gap="large")
    with form:
        _form(desk)
    with how:
        _how_to()


def _form(desk: Desk) -> None:
    turn = st.session_state.get("batch_round", 0)
    kind = st.segmented_control(
        t("batch.where"),
        ("upload", "path"),
        format_func=lambda name: t(f"batch.{name}"),
        key="batch_source",
        default="upload",
        required=True,
    )
    upload, path = None, ""
    if kind == "path":
        if desk.settings.image_root_folders:
            path = st.text_input(t("batch.path_label"), key="batch_path").strip()
        else:
            st.info(t("new.path_off"))
    else:
        mb = st.get_option("server.maxUploadSize")
        uploader_words("batch_zip", t("batch.zip_hint", mb=mb))
        upload = st.file_uploader(t("batch.zip", mb=mb), type=["zip"], key=f"batch_zip_{turn}")
    uploader_words("batch_csv", t("batch.csv_hint", mb=f"{MAX_BYTES / 1e6:.0f}"))
    csv_file = st.file_uploader(t("batch.csv"), type=["csv", "txt"], key=f"batch_csv_{turn}")
    csv_data = csv_file.getvalue() if csv_file else None
    st.button(
        t("batch.check"),
        type="primary",
        key="batch_check",
        disabled=not (upload or path) or not allowed("replace"),
        on_click=_start,
        args=(desk, upload, path, csv_data),
    )
    if denied := why_not("replace"):
        st.caption(denied)


def uploader_words(key: str, hint: str) -> None:
    """These two uploaders take no photos: their own words in the place of the photo's."""
    zone = f'.stMain [class*="st-key-{key}"] [data-testid="stFileUploaderDropzone'
    st.html(
        f'<style>{zone}Instructions"]::after {{ content: "{hint}"; }} '
        f'{zone}"] button p::after {{ content: "{t("batch.choose_file")}"; }}</style>'
    )


def _start(desk: Desk, upload: io.BytesIO | None, path: str, csv_data: bytes | None) -> None:
    try:
        who = actor(desk, "replace")
        source = _source(desk, upload, path)
        token = uuid.uuid4().hex[:12]
        shelf = shelf_of(desk)
        desk.jobs.start(
            CHECK + token,
            lambda job: check_batch(desk, shelf, source, "high", who.operator, csv_data, job.step),
        )
    except FaceDeskError as error:
        st.session_state.batch_failed = error_text(error)
        return
    st.session_state.batch_round = st.session_state.get("batch_round", 0) + 1
    st.query_params["check"] = token


def _source(desk: Desk, upload: io.BytesIO | None, path: str) -> Source:
    caps = caps_of(desk.settings)
    if upload is None:
        return open_allowed(path, desk.settings.image_root_folders, caps)
    return ZipSource(io.BytesIO(upload.getvalue()), getattr(upload, "name", "photos.zip"), caps)


def _how_to() -> None:
    rows = (("001.jpg", "batch.how_whole"), ("001_2.jpg", "batch.how_number"))
    lines = "".join(
        f"<tr><td><code>{name}</code></td><td>{escape(t(key))}</td></tr>" for name, key in rows
    )
    st.html(
        f'<div class="fd-how"><div class="fd-head">{escape(t("batch.how"))}</div>'
        f"<table><tbody>{lines}</tbody></table><p>{escape(t('batch.how_csv'))}</p>"
        f"<pre>{escape(_EXAMPLE)}</pre><p>{escape(t('batch.how_note'))}</p></div>"
    )


def list_batches(desk: Desk) -> None:
    """The newest batches, each to be opened."""
    st.html(f'<div class="fd-head">{escape(t("batch.earlier"))}</div>')
    batches = shelf_of(desk).listed()[:SHOWN]
    if not batches:
        st.caption(t("batch.none"))
    for batch in batches:
        job = desk.jobs.get(f"batch-{batch.id}")
        state = "working" if job is not None and job.running else batch.state
        with st.container(border=True, key=f"batch_row_{batch.id}"):
            text, button = st.columns([6, 1], vertical_alignment="center")
            numbers = counted(batch, count(batch, batch.level))
            text.html(
                f'<div class="fd-fact"><b>{escape(t(f"batch.state_{state}"))}</b> · '
                f"{escape(about(batch))}<br>{numbers}</div>"
            )
            button.button(
                t("batch.open"),
                key=f"batch_open_{batch.id}",
                width="stretch",
                on_click=_open,
                args=(batch.id,),
            )


def _open(batch_id: str) -> None:
    st.query_params["batch"] = batch_id
