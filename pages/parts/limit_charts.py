"""Values of the quality measures with the levels' limits among them, as Vega-Lite."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.calibration.tables import Limited
from core.contract.fields import Level
from pages.parts.charts import Spec, axis
from pages.parts.texts import t

BARS = "#56B4E9"
LEVEL_LINES: dict[Level, tuple[str, list[int]]] = {
    "low": ("#E69F00", [2, 2]),
    "normal": ("#CC79A7", [6, 3]),
    "high": ("#009E73", [1, 0]),
}
"""A level's colour and dashes."""


def show_limited(row: Limited, title: str, unit: str, key: str) -> None:
    """Values of one measure and the levels' limits among them."""
    ends = [*row.values.tolist(), *row.rule.limits.values()]
    edges = np.linspace(min(ends), max(max(ends), min(ends) + 1e-6), 25)
    counts, _ = np.histogram(row.values, edges)
    bars: Spec = {
        "data": {
            "values": [
                {"from": float(a), "to": float(b), "photos": int(n)}
                for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)
                if n
            ]
        },
        "mark": {"type": "bar", "color": BARS, "tooltip": True},
        "encoding": {
            "x": {**axis("from", unit), "bin": "binned", "scale": {"zero": False, "nice": False}},
            "x2": {"field": "to"},
            "y": {**axis("photos", ""), "axis": {"tickCount": 3, "format": "d"}},
        },
    }
    lines = [_line(limit, *LEVEL_LINES[level]) for level, limit in row.rule.limits.items()]
    said = ", ".join(f"{t(f'level.{name}')} {at:g}" for name, at in row.rule.limits.items())
    spec = {
        "title": {"text": title, "fontSize": 13, "anchor": "start"},
        "layer": [bars, *lines],
        "height": 190,
        "description": f"{title}: {said}",
    }
    st.vega_lite_chart(spec, width="stretch", key=key)


def level_legend() -> str:
    """Which line is which level's, as HTML."""
    dash = {"low": "dotted", "normal": "dashed", "high": "solid"}
    return '<div class="fd-legend">' + " · ".join(
        f'<span style="border-left: 3px {dash[level]} {colour}; padding-left: .35rem">'
        f"{t(f'level.{level}')}</span>"
        for level, (colour, _) in LEVEL_LINES.items()
    ) + "</div>"  # fmt: skip


def _line(at: float, colour: str, dash: list[int]) -> Spec:
    rule = {"type": "rule", "color": colour, "strokeWidth": 2.5, "strokeDash": dash}
    x = {"field": "at", "type": "quantitative"}
    return {"data": {"values": [{"at": at}]}, "mark": rule, "encoding": {"x": x}}
