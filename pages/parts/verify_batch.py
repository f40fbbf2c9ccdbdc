"""Many pairs from a file: scores, ROC curve, distributions, and what each threshold is worth."""

from __future__ import annotations

import streamlit as st

from core.desk import Desk
from core.errors import AccessError, FaceDeskError, ParameterError, VersionConflict
from core.verifying.batch import JOB, start_pairs
from core.verifying.gallery_pairs import gallery_pairs, pairs_csv
from core.verifying.pairs_file import MOST_PAIRS, PairRow, read_pair_rows
from core.verifying.photo_source import PhotoSource
from pages.parts.progress import show_end, show_progress
from pages.parts.signin import actor
from pages.parts.texts import error_text, t
from pages.parts.texts_en import EN
from pages.parts.verify_results import show_batch


def compare_batch(desk: Desk) -> None:
    """The files, the running comparison, and the last result."""
    _offer(desk)
    job = desk.jobs.get(JOB)
    if job is not None and job.running:
        job.wait(1.0)
    if job is not None and job.running:
        show_progress(job)
        return
    if job is not None:
        show_end(job)
    done = desk.jobs.last_done(JOB)
    if done is not None:
        show_batch(desk, done.result)


def _offer(desk: Desk) -> None:
    _style()
    with st.container(border=True):
        files, photos, go = st.columns([1.2, 1.2, 1], vertical_alignment="bottom", gap="medium")
        table = files.file_uploader(t("verify.csv"), type=["csv", "txt"], key="verify_csv")
        archive = photos.file_uploader(t("verify.zip"), type=["zip"], key="verify_zip")
        rows = _rows(table.getvalue()) if table else None
        with go:
            if rows is not None:
                st.caption(t("verify.read", pairs=len(rows)))
            st.button(
                t("verify.go"),
                type="primary",
                key="verify_go",
                width="stretch",
                disabled=rows is None,
                on_click=_start,
                args=(desk, rows, archive.getvalue() if archive else None),
            )
            st.button(
                t("verify.own_pairs"),
                key="verify_own",
                width="stretch",
                disabled=not desk.gallery.count(),
                on_click=_start_own,
                args=(desk,),
            )
        if failure := st.session_state.pop("verify_failed", None):
            st.error(failure)
        with st.expander(t("verify.how_title")):
            st.markdown(t("verify.how", most=f"{MOST_PAIRS:,}"))
            st.download_button(
                t("verify.template"),
                data=lambda: pairs_csv(gallery_pairs(desk)),
                file_name="facedesk-pairs.csv",
                mime="text/csv",
                on_click="ignore",
                key="verify_template",
                disabled=not desk.gallery.count(),
            )


def _rows(data: bytes) -> tuple[PairRow, ...] | None:
    try:
        return read_pair_rows(data)
    except ParameterError as error:
        st.error(wrong_file(error))
        return None


def wrong_file(error: FaceDeskError) -> str:
    """What is wrong with a file, in the reader's language."""
    key = f"verify.{error.details.get('reason')}"
    if key not in EN:
        return error_text(error)
    return t(key, line=error.details.get("line", 0), most=f"{MOST_PAIRS:,}")


def _start(desk: Desk, rows: tuple[PairRow, ...] | None, archive: bytes | None) -> None:
    if not rows:  # a greyed button is only the browser's promise
        return
    try:
        actor(desk, "look")
        start_pairs(desk, rows, PhotoSource(desk.settings, archive))
    except AccessError:  # the page says why not
        return
    except VersionConflict:
        st.session_state.verify_failed = t("verify.busy")
    except ParameterError as error:
        st.session_state.verify_failed = wrong_file(error)


def _start_own(desk: Desk) -> None:
    rows = gallery_pairs(desk)
    if not rows:
        st.session_state.verify_failed = t("health.scores_none")
        return
    _start(desk, rows, None)


def _style() -> None:
    """These uploaders take other files than photos: their texts say so."""
    rules, mb = "", st.get_option("server.maxUploadSize")
    for key, hint in (
        ("verify_csv", t("verify.csv_hint")),
        ("verify_zip", t("verify.zip_hint", mb=mb)),
    ):
        box = f'.st-key-{key} [data-testid="stFileUploader'
        invalid = ':has([data-testid="stFileChip"][aria-invalid="true"])'
        rules += (
            f'{box}Dropzone"] button p::after {{ content: "{t("verify.choose_file")}"; }} '
            f'{box}DropzoneInstructions"]::after {{ content: "{hint}"; }} '
            f'{box}"]{invalid}::after {{ content: "{t("verify.refused", hint=hint)}"; }} '
        )
    st.html(f"<style>{rules}</style>")
