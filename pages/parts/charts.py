"""Plots as Vega-Lite: drawn in the browser by what Streamlit brings along, nothing is fetched.

Every plot has a sentence that says what it shows, which is also its text alternative, and its
numbers as a table to fold out. Colours are near Okabe and Ito's, which colour-blind people can tell
apart; what they tell apart also differs in shape, place or order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.contract.fields import LEVELS, Level
from pages.parts.texts import t

SAME, OTHER = "#1f83c4", "#D55E00"
LEVEL_COLOURS: dict[Level, str] = {
    "no": "#D55E00",
    "low": "#E69F00",
    "normal": "#7cc4ee",
    "high": "#1f83c4",
}
MIDDLE = "#7b888d"
"""Lines that must be seen on light and on dark ground."""

Spec = dict[str, Any]


def show_plot(spec: Spec, sentence: str, table: pd.DataFrame, key: str) -> None:
    """The plot, its sentence, and its numbers."""
    st.vega_lite_chart({**spec, "description": sentence}, width="stretch", key=key)
    st.caption(sentence)
    with st.expander(t("health.numbers")):
        st.dataframe(table, hide_index=True, height="auto", key=f"{key}_numbers")


def level_name(level: Level) -> str:
    """The strictest level a photo passes, in words."""
    return t("level.none") if level == "no" else t(f"level.{level}")


def overall_plot(counts: dict[Level, Sequence[int]], width: int) -> tuple[Spec, pd.DataFrame]:
    """Photos by overall score, in bars of ``width``, stacked by the level they pass."""
    rows = [
        {"from": n * width, "to": n * width + width, "level": level_name(level), "photos": int(c),
         "order": LEVELS.index(level)}
        for level in LEVELS
        for n, c in enumerate(counts[level])
        if c
    ]  # fmt: skip
    spec = _plot(
        {"mark": {"type": "bar", "stroke": MIDDLE, "strokeWidth": 0.5},
         "encoding": {
             "x": {**axis("from", t("registered.quality", overall="0–100")),
                   "bin": "binned", "scale": {"domain": [0, 105]}},
             "x2": {"field": "to"},
             "y": {**axis("photos", t("identities.photos")), "stack": True,
                   "axis": {"tickMinStep": 1, "format": "d"}},
             "color": colour("level", [level_name(name) for name in LEVELS],
                              list(LEVEL_COLOURS.values())),
             "order": {"field": "order"},
             "tooltip": [tip("level", t("level.label")), tip("from", "≥"),
                         tip("photos", t("identities.photos"))],
         }},
        rows,
    )  # fmt: skip
    table = pd.DataFrame(
        {
            t("registered.quality", overall="≥"): [row["from"] for row in rows],
            t("level.label"): [row["level"] for row in rows],
            t("identities.photos"): [row["photos"] for row in rows],
        }
    )
    return spec, table


def items_plot(failing: Sequence[tuple[str, int]], photos: int) -> tuple[Spec, pd.DataFrame]:
    """How many photos fail each item, the most frequent first."""
    rows = [{"item": name, "photos": count, "share": count / photos} for name, count in failing]
    names = [name for name, _ in failing]
    y = {"field": "item", "type": "nominal", "sort": names, "title": None,
         "axis": {"labelLimit": 220, "labelOverlap": False}}  # fmt: skip
    bars: Spec = {
        "mark": {"type": "bar", "color": OTHER, "height": {"band": 0.7}},
        "encoding": {"x": {**axis("photos", t("identities.photos")),
                           "axis": {"tickMinStep": 1, "format": "d"}}, "y": y,
                     "tooltip": [tip("item", t("quality.item")),
                                 tip("photos", t("identities.photos"))]},
    }  # fmt: skip
    spec = {**_plot(bars, rows), "height": 75 + 34 * len(rows)}
    table = pd.DataFrame(
        {
            t("quality.item"): names,
            t("identities.photos"): [count for _, count in failing],
            "%": [round(100 * count / photos, 1) for _, count in failing],
        }
    )
    return spec, table


def _plot(spec: Spec, rows: Sequence[dict[str, Any]]) -> Spec:
    return {"data": {"values": list(rows)}, "height": 300, **spec}


def axis(field: str, title: str) -> Spec:
    """A number along an axis."""
    return {"field": field, "type": "quantitative", "title": title}


def tip(field: str, title: str, form: str = "") -> Spec:
    """A line of what is told at the pointer; a number with its form."""
    tip = {"field": field, "title": title}
    return {**tip, "type": "quantitative", "format": form} if form else tip


def colour(field: str, names: Sequence[str], colours: Sequence[str]) -> Spec:
    """What the colours mean, above the plot."""
    return {
        "field": field,
        "type": "nominal",
        "title": None,
        "scale": {"domain": list(names), "range": list(colours)},
        "legend": {"orient": "top"},
    }
