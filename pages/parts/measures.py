"""The fold-out for QA: every measure with its value, where it comes from, and a CSV file."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.fiqa.report import Report
from core.quality_table import OFIQ_MEASURES, Row, measure_rows, measures_csv
from pages.parts.measure_names import MEASURE_NAMES
from pages.parts.quality import item_name
from pages.parts.texts import both, t

COLUMNS = ("measure", "score", "native", "unit", "source", "network", "item", "counts", "name")


def measures_table(report: Report, file_name: str) -> None:
    """All 28 OFIQ measures, assessed or not, and ours, to be sorted and saved as CSV.

    ``file_name`` is that of the CSV file, without its ending.
    """
    rows = measure_rows(report)
    assessed = sum(row.assessed and row.counts for row in rows if _is_ofiq(row))
    st.caption(t("quality.measures_note", assessed=assessed, total=len(OFIQ_MEASURES)))
    header = [t(f"quality.{column}") for column in COLUMNS]
    table = pd.DataFrame([_cells(row) for row in rows], columns=header)
    score = st.column_config.ProgressColumn(min_value=0, max_value=100, format="%d")
    st.dataframe(table, hide_index=True, column_config={header[1]: score}, height=320)
    st.download_button(
        t("quality.csv"),
        measures_csv(report, header, _cells),
        file_name=f"{file_name}.csv",
        mime="text/csv",
        key="measures_csv",
        on_click="ignore",
    )


def _is_ofiq(row: Row) -> bool:
    return row.measure.name in OFIQ_MEASURES


def _cells(row: Row) -> list[object]:
    measure = row.measure
    native = None if measure.native is None else round(measure.native, 4)
    source = t(f"source.{measure.source}") if row.assessed else t("quality.none")
    return [
        both(MEASURE_NAMES[measure.name]),
        measure.score if row.assessed else None,
        native,
        measure.unit,
        source,
        measure.model,
        item_name(row.item) if row.item else "",
        t("quality.yes" if row.counts else "quality.no") if row.assessed else "",
        measure.name,
    ]
