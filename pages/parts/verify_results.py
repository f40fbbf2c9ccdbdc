"""The result of a batch: what the limits are worth, both plots, and every row."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.desk import Desk
from core.health.scores import histogram_of
from core.pairs import Outcome
from core.rates import Rate
from core.verifying.batch import JOB, Batch, Scored, batch_csv
from core.verifying.curve import Operating, equal_error, operating_points, roc
from pages.parts.charts import show_plot
from pages.parts.health_summary import heading
from pages.parts.score_charts import roc_plot, scores_plot
from pages.parts.texts import error_text, t
from pages.parts.when import moment

MOST_ROWS = 2_000
"""Rows drawn in the browser; the file has all."""


def show_batch(desk: Desk, batch: Batch) -> None:
    """Everything about the last comparison."""
    said, save, clear = st.columns([4, 1, 1], vertical_alignment="center")
    done = len(batch.rows) - len(batch.failed)
    said.caption(t("verify.done", at=moment(batch.at), pairs=done, engine=batch.info.engine_id))
    save.download_button(
        t("history.export"),
        data=lambda: batch_csv(batch),
        file_name="facedesk-verify.csv",
        mime="text/csv",
        on_click="ignore",
        width="stretch",
        key="verify_export",
    )
    clear.button(
        t("verify.clear"), key="verify_clear", width="stretch",
        on_click=desk.jobs.forget, args=(JOB,),
    )  # fmt: skip
    if batch.failed:
        st.warning(t("verify.failed", count=len(batch.failed)))
    if batch.outcome is None:
        st.info(t("verify.no_labels"))
    else:
        _worth(batch.outcome)
    _table(batch)


def _worth(outcome: Outcome) -> None:
    points = operating_points(outcome)
    left, right = st.columns(2, gap="large")
    with left:
        heading(t("verify.roc"))
        spec, table = roc_plot(roc(outcome), points)
        show_plot(spec, _roc_says(outcome, points[0]), table, "verify_roc")
    with right:
        heading(t("verify.distributions"))
        spec, table = scores_plot(histogram_of(outcome.same, outcome.different), outcome.info)
        show_plot(spec, _scores_say(outcome), table, "verify_dist")
    heading(t("verify.thresholds"))
    st.dataframe(_operating(points), hide_index=True, key="verify_points")
    st.caption(t("verify.bounds"))


def _roc_says(outcome: Outcome, limit: Operating) -> str:
    rate, at = equal_error(outcome)
    return t(
        "verify.roc_says",
        limit=f"{limit.threshold:.3g}",
        fmr=percent(limit.fmr.value),
        tmr=percent(1 - limit.fnmr.value),
        eer=percent(rate),
        at=f"{at:.3f}",
    )


def _scores_say(outcome: Outcome) -> str:
    return t(
        "verify.dist_says",
        same=len(outcome.same),
        different=len(outcome.different),
        least=f"{outcome.same[0]:.3f}",
        highest=f"{outcome.different[-1]:.3f}",
    )


def _operating(points: tuple[Operating, ...]) -> pd.DataFrame:
    names = [t("verify.point_same"), t("verify.point_different")]
    names += [t("verify.point_rate", rate=percent(p.wanted)) for p in points if p.wanted]
    return pd.DataFrame(
        {
            t("verify.point"): names,
            t("verify.cosine"): [f"{p.threshold:.3f}" for p in points],
            t("verify.fmr"): [_rate(p.fmr) for p in points],
            t("verify.fnmr"): [_rate(p.fnmr) for p in points],
        }
    )


def _rate(rate: Rate) -> str:
    """The share seen, the errors it stands on, and the bounds of the true one."""
    bounds = f"{percent(rate.lower)} – {percent(rate.upper)}"
    return f"{percent(rate.value)} ({rate.errors} / {rate.trials}; {bounds})"


def percent(value: float) -> str:
    """A share as people read it."""
    return f"{100 * value:.2g} %" if value < 0.1 else f"{100 * value:.1f} %"


def _table(batch: Batch) -> None:
    heading(t("verify.rows"))
    rows = batch.rows[:MOST_ROWS]
    if len(batch.rows) > MOST_ROWS:
        st.caption(t("verify.rows_shown", shown=MOST_ROWS, rows=len(batch.rows)))
    frame = pd.DataFrame(
        {
            t("verify.line"): [row.row.line for row in rows],
            t("verify.first"): [row.row.first for row in rows],
            t("verify.second"): [row.row.second for row in rows],
            t("verify.label"): [_label(row.row.same) for row in rows],
            t("verify.cosine"): [row.cosine for row in rows],
            t("verify.band"): [t(f"band.{row.band}") if row.band else "" for row in rows],
            t("verify.right"): [_right(row) for row in rows],
            t("verify.problem"): [_problem(row) for row in rows],
        }
    )
    config = {t("verify.cosine"): st.column_config.NumberColumn(format="%.4f")}
    st.dataframe(frame, hide_index=True, column_config=config, key="verify_rows")


def _label(same: bool | None) -> str:
    return {True: t("band.same"), False: t("band.different"), None: ""}[same]


def _right(row: Scored) -> str:
    """Whether the band says what the label says."""
    if row.row.same is None or row.band is None:
        return ""
    if row.band == "uncertain":
        return "!"
    return "✔" if (row.band == "same") == row.row.same else "✘"


def _problem(row: Scored) -> str:
    return f"{row.where}: {error_text(row.problem)}" if row.problem else ""
