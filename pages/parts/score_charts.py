"""Plots of cosines: both distributions with the limits in them, and the ROC curve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.engine.base import EngineInfo
from core.health.scores import Scores
from core.verifying.curve import Operating, Roc
from pages.parts.charts import MIDDLE, OTHER, SAME, Spec, axis, colour, tip
from pages.parts.texts import t


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
        "mark": {"type": "bar", "opacity": 0.85},
        "encoding": {
            "x": {**axis("from", t("verify.cosine")), "bin": "binned",
                  "scale": {"zero": False, "nice": False}},
            "x2": {"field": "to"},
            "y": {**axis("share", t("verify.share")), "stack": None, "axis": {"format": ".0%"}},
            "color": colour("kind", names, [SAME, OTHER]),
            "tooltip": [tip("kind", " "), tip("from", t("verify.cosine"), ".3f"),
                        tip("pairs", t("verify.pairs"))],
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
    y = {**axis("tmr", t("verify.tmr_axis")), "axis": {"format": ".0%"},
         "scale": {"domain": [max(0.0, low - 0.02), 1.005]}}  # fmt: skip
    tips = [tip("threshold", t("verify.cosine"), ".4f"), tip("fmr", t("verify.fmr_name"), ".2%"),
            tip("tmr", t("verify.tmr_axis"), ".2%")]  # fmt: skip
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
            f"{t('verify.fmr_name')} %": [round(100 * float(x), 4) for x in curve.fmr],
            f"{t('verify.tmr_axis')} %": [round(100 * float(y), 3) for y in curve.tmr],
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
