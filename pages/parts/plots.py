"""Plots of what limits do to a gallery, as Vega-Lite: drawn in the browser, nothing is fetched.

Colours are Okabe and Ito's, which colour-blind people can tell apart, on light and dark ground;
each plot has a sentence that says what is seen, which is its text alternative as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from core.calibration.tables import Limited
from core.contract.fields import Level
from core.spread import Scores, histogram
from pages.parts.texts import t

SAME, OTHER = "#0072B2", "#D55E00"
BARS = "#56B4E9"
LINES = "#7b888d"
LEVEL_LINES: dict[Level, tuple[str, list[int]]] = {
    "low": ("#E69F00", [2, 2]),
    "normal": ("#CC79A7", [6, 3]),
    "high": ("#009E73", [1, 0]),
}
"""A level's colour and dashes."""

Spec = dict[str, Any]


def show_scores(scores: Scores, same: float, different: float, sentence: str) -> None:
    """Cosines of one person's pairs and of two people's, each as shares, with both limits."""
    edges, own, other = histogram(scores)
    names = t("engine.pairs_same"), t("engine.pairs_different")
    rows = [
        {"from": float(low), "to": float(high), "share": float(share), "kind": name}
        for name, shares in zip(names, (own, other), strict=True)
        for low, high, share in zip(edges[:-1], edges[1:], shares, strict=True)
        if share
    ]
    bars: Spec = {
        "data": {"values": rows},
        "mark": {"type": "bar", "opacity": 0.85, "tooltip": True},
        "encoding": {
            "x": _bins(t("engine.cosine")),
            "x2": {"field": "to"},
            "y": {**_number("share", t("engine.share")), "stack": None, "axis": {"format": ".0%"}},
            "color": {
                "field": "kind", "type": "nominal", "title": None,
                "scale": {"domain": list(names), "range": [SAME, OTHER]},
                "legend": {"orient": "top", "labelLimit": 400},
            },
        },
    }  # fmt: skip
    marks = [(different, t("band.different"), "right"), (same, t("band.same"), "left")]
    lines = [layer for at, name, side in marks for layer in _upright(at, name, side)]
    spec = {"layer": [bars, *lines], "height": 340, "description": sentence}
    st.vega_lite_chart(spec, width="stretch", key="engine_scores_plot")
    st.caption(sentence)


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
            "x": _bins(unit or None),
            "x2": {"field": "to"},
            "y": {**_number("photos", None), "axis": {"tickCount": 3, "format": "d"}},
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


def _upright(at: float, name: str, side: str) -> list[Spec]:
    """A dashed line with its name on one side."""
    data = {"values": [{"at": at, "name": f"{name} {at:.3g}"}]}
    x = {"field": "at", "type": "quantitative"}
    text = {
        "type": "text", "align": side, "dx": -6 if side == "right" else 6,
        "color": LINES, "fontWeight": "bold", "fontSize": 12,
    }  # fmt: skip
    rule = {"type": "rule", "color": LINES, "strokeWidth": 2, "strokeDash": [6, 4]}
    return [
        {"data": data, "mark": rule, "encoding": {"x": x}},
        {
            "data": data,
            "mark": text,
            "encoding": {"x": x, "y": {"value": 10}, "text": {"field": "name"}},
        },
    ]


def _line(at: float, colour: str, dash: list[int]) -> Spec:
    rule = {"type": "rule", "color": colour, "strokeWidth": 2.5, "strokeDash": dash}
    x = {"field": "at", "type": "quantitative"}
    return {"data": {"values": [{"at": at}]}, "mark": rule, "encoding": {"x": x}}


def _bins(title: str | None) -> Spec:
    """Counted already: a bar from ``from`` to ``to``, standing on zero."""
    return {**_number("from", title), "bin": "binned", "scale": {"zero": False, "nice": False}}


def _number(field: str, title: str | None) -> Spec:
    return {"field": field, "type": "quantitative", "title": title}
