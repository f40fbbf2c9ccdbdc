"""Plots as Vega-Lite: drawn in the browser by what Streamlit brings along, nothing is fetched.

Every plot has a sentence that says what it shows, which is also its text alternative, and its
numbers as a table to fold out. Colours are Okabe and Ito's, which colour-blind people can tell
apart; what they tell apart also differs in shape, place or order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.contract.fields import LEVELS, Level
from core.engine.base import EngineInfo
from core.health.scores import Scores
from core.verifying.curve import Operating, Roc
from pages.parts.texts import t

SAME, OTHER = "#0072B2", "#D55E00"
LEVEL_COLOURS: dict[Level, str] = {
    "no": "#D55E00",
    "low": "#E69F00",
    "normal": "#56B4E9",
    "high": "#0072B2",
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
             "x": {**_axis("from", t("registered.quality", overall="0–100")),
                   "bin": "binned", "scale": {"domain": [0, 105]}},
             "x2": {"field": "to"},
             "y": {**_axis("photos", t("identities.photos")), "stack": True,
                   "axis": {"tickMinStep": 1, "format": "d"}},
             "color": _colour("level", [level_name(name) for name in LEVELS],
                              list(LEVEL_COLOURS.values())),
             "order": {"field": "order"},
             "tooltip": [_tip("level", t("level.label")), _tip("from", "≥"),
                         _tip("photos", t("identities.photos"))],
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
        "encoding": {"x": {**_axis("photos", t("identities.photos")),
                           "axis": {"tickMinStep": 1, "format": "d"}}, "y": y,
                     "tooltip": [_tip("item", t("quality.item")),
                                 _tip("photos", t("identities.photos"))]},
    }  # fmt: skip
    spec = {**_plot(bars, rows), "height": 75 + 34 * len(rows)}
    table = pd.DataFrame(
        {
            t("quality.item"): names,
            t("identities.photos"): [count for _, count in failing],
            "%": [round(100 * row["share"], 1) for row in rows],
        }
    )
    return spec, table


def scores_plot(
    scores: Scores, info: EngineInfo, mark: tuple[str, float] | None = None
) -> tuple[Spec, pd.DataFrame]:
    """Both distributions over each other, each as shares of its own pairs, with the limits in.

    ``mark`` is one more cosine to show, with its name.
    """
    names = [t("verify.same_pairs"), t("verify.different_pairs")]
    rows = [
        {"from": float(low), "to": float(high), "share": count / max(1, int(counts.sum())),
         "pairs": int(count), "kind": name}
        for name, counts in zip(names, (scores.same, scores.different), strict=True)
        for low, high, count in zip(scores.edges, scores.edges[1:], counts, strict=False)
        if count
    ]  # fmt: skip
    bars: Spec = {
        "data": {"values": rows},
        "mark": {"type": "bar", "opacity": 0.72},
        "encoding": {
            "x": {**_axis("from", t("verify.cosine")), "bin": "binned",
                  "scale": {"zero": False, "nice": False}},
            "x2": {"field": "to"},
            "y": {**_axis("share", t("verify.share")), "stack": None, "axis": {"format": ".0%"}},
            "color": _colour("kind", names, [SAME, OTHER]),
            "tooltip": [_tip("kind", " "), _tip("from", t("verify.cosine"), ".3f"),
                        _tip("pairs", t("verify.pairs"))],
        },
    }  # fmt: skip
    lines = [
        (t("verify.limit_different", limit=f"{info.different_cosine:.3g}"), info.different_cosine),
        (t("verify.limit_same", limit=f"{info.same_cosine:.3g}"), info.same_cosine),
    ]
    layers = [bars, *_uprights(lines, False), *(_uprights([mark], True) if mark else [])]
    table = pd.DataFrame(
        {
            t("verify.cosine"): [f"{low:.3f}" for low in scores.edges[:-1]],
            names[0]: scores.same.tolist(),
            names[1]: scores.different.tolist(),
        }
    )
    return {"layer": layers, "height": 310}, table


def roc_plot(curve: Roc, points: Sequence[Operating]) -> tuple[Spec, pd.DataFrame]:
    """True match rate over a logarithmic false match rate, with the limits marked on it."""
    fmr = np.maximum(curve.fmr, curve.floor)
    rows = [
        {"fmr": float(x), "tmr": float(y), "threshold": float(c)}
        for x, y, c in zip(fmr, curve.tmr, curve.threshold, strict=True)
    ]
    low = min(0.9, float(curve.tmr.min()) if len(rows) else 0.9)
    x = {"field": "fmr", "type": "quantitative", "title": t("verify.fmr_axis"),
         "scale": {"type": "log", "domain": [curve.floor, 1]},
         "axis": {"format": "~p", "tickCount": 6}}  # fmt: skip
    y = {**_axis("tmr", t("verify.tmr_axis")), "axis": {"format": ".0%"},
         "scale": {"domain": [max(0.0, low - 0.02), 1.0]}}  # fmt: skip
    tips = [_tip("threshold", t("verify.cosine"), ".4f"), _tip("fmr", "FMR", ".2%"),
            _tip("tmr", "TMR", ".2%")]  # fmt: skip
    marked = [
        {"fmr": max(p.fmr.value, curve.floor), "tmr": 1 - p.fnmr.value, "threshold": p.threshold,
         "said": f"{p.threshold:.3g}"}
        for p in points
        if p.wanted is None
    ]  # fmt: skip
    encoding = {"x": x, "y": y, "tooltip": tips}
    layers: list[Spec] = [
        {"data": {"values": rows}, "encoding": encoding,
         "mark": {"type": "line", "color": SAME, "interpolate": "step-before", "strokeWidth": 2.5}},
        {"data": {"values": marked}, "encoding": encoding,
         "mark": {"type": "point", "shape": "diamond", "size": 140, "filled": True,
                  "color": OTHER, "clip": False}},
        {"data": {"values": marked},
         "encoding": {"x": x, "y": y, "text": {"field": "said"}},
         "mark": {"type": "text", "dy": 18, "dx": 4, "align": "left", "color": MIDDLE,
                  "fontWeight": "bold", "fontSize": 13}},
    ]  # fmt: skip
    table = pd.DataFrame(
        {
            t("verify.cosine"): [round(float(c), 4) for c in curve.threshold],
            "FMR %": [round(100 * float(x), 4) for x in curve.fmr],
            "TMR %": [round(100 * float(y), 3) for y in curve.tmr],
        }
    )
    return {"layer": layers, "height": 310}, table


def _uprights(lines: Sequence[tuple[str, float]], bold: bool) -> list[Spec]:
    """Upright lines with their names; names of neighbours stand at different heights."""
    layers: list[Spec] = []
    for number, (name, at) in enumerate(lines):
        data = {"values": [{"at": at, "name": name}]}
        x = {"field": "at", "type": "quantitative"}
        rule: Spec = {"type": "rule", "color": MIDDLE, "strokeWidth": 3 if bold else 2}
        layers.append({"data": data, "mark": rule if bold else {**rule, "strokeDash": [6, 4]},
                       "encoding": {"x": x}})  # fmt: skip
        text = {"type": "text", "align": "right" if number == 0 and not bold else "left",
                "dx": -6 if number == 0 and not bold else 6, "color": MIDDLE,
                "fontWeight": "bold", "fontSize": 12}  # fmt: skip
        layers.append({"data": data, "mark": text,
                       "encoding": {"x": x, "y": {"value": 34 if bold else 12},
                                    "text": {"field": "name"}}})  # fmt: skip
    return layers


def _plot(spec: Spec, rows: Sequence[dict[str, Any]]) -> Spec:
    return {"data": {"values": list(rows)}, "height": 300, **spec}


def _axis(field: str, title: str) -> Spec:
    return {"field": field, "type": "quantitative", "title": title}


def _tip(field: str, title: str, form: str = "") -> Spec:
    tip = {"field": field, "title": title}
    return {**tip, "type": "quantitative", "format": form} if form else tip


def _colour(field: str, names: Sequence[str], colours: Sequence[str]) -> Spec:
    return {
        "field": field,
        "type": "nominal",
        "title": None,
        "scale": {"domain": list(names), "range": list(colours)},
        "legend": {"orient": "top"},
    }
