"""The two figures: values against their limits, and error over discarded share; PNG files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.calibration.discard import AT, IDEAL, RANDOM, Discarding
from core.calibration.tables import Limited

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEVEL_COLOURS = {"low": "#d97706", "normal": "#2563eb", "high": "#b91c1c"}
COLUMNS = 4
_STYLES = {RANDOM: ("#9ca3af", ":", 1.2), IDEAL: ("#9ca3af", "--", 1.2)}
_COLOURS = ("#111827", "#2563eb", "#d97706", "#059669", "#7c3aed", "#db2777")


def draw_limits(rows: Sequence[Limited], title: str, file: Path) -> None:
    """Small histograms of what the policy compares, with the limits of each level drawn in."""
    lines = math.ceil(len(rows) / COLUMNS)
    figure = _figure(11, 1.7 * lines + 0.6)
    axes = figure.subplots(lines, COLUMNS, squeeze=False).ravel()
    for axis, row in zip(axes, rows, strict=False):
        _histogram(axis, row)
    for axis in axes[len(rows) :]:
        axis.set_axis_off()
    handles = [axes[0].plot([], [], color=c, label=level)[0] for level, c in LEVEL_COLOURS.items()]
    figure.legend(handles=handles, loc="upper right", ncols=3, frameon=False, fontsize=8)
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    _save(figure, file)


def _histogram(axis: Axes, row: Limited) -> None:
    criterion, limits = row.rule.criterion, row.rule.limits
    ends = [*row.values.tolist(), *limits.values()]
    low, high = min(ends), max(ends)
    margin = 0.04 * (high - low) or 1.0
    axis.hist(row.values, bins=np.linspace(low, high + 1e-9, 25).tolist(), color="#93c5fd")
    for level, limit in limits.items():
        axis.axvline(limit, color=LEVEL_COLOURS[level], linewidth=1.4)
    axis.set_xlim(low - margin, high + margin)
    reading = {"native": "", "size": " (size)", "score": " (score)"}[criterion.reading]
    unit = f", {criterion.unit}" if criterion.unit else ""
    advice = ", advice" if row.rule.verdict == "advice" else ""
    axis.set_title(f"{criterion.measure}{reading}{unit}{advice}", fontsize=8)
    axis.tick_params(labelsize=7)
    axis.set_yticks([])
    axis.spines[["top", "left", "right"]].set_visible(False)


def draw_discarding(discarding: Discarding, title: str, file: Path) -> None:
    """The error-versus-discard curves, with the share at which they are compared marked."""
    figure = _figure(7.5, 4.4)
    axis = figure.subplots()
    colours = iter(_COLOURS * 3)
    for curve in discarding.curves:
        colour, style, width = _STYLES.get(curve.name) or (next(colours), "-", 1.8)
        label = f"{curve.name}: {100 * curve.at:.1f} % at {100 * AT:.0f} %"
        x, y = 100 * curve.discarded, 100 * curve.fnmr
        axis.plot(x, y, color=colour, linestyle=style, linewidth=width, label=label)
    axis.axvline(100 * AT, color="#d1d5db", linewidth=1, zorder=0)
    axis.set(xlim=(0, 60), xlabel="comparisons discarded, lowest quality first, %")
    axis.set_ylim(bottom=0)
    axis.set_ylabel(f"false non-match rate, % (false match rate {discarding.fmr:.1e})", fontsize=9)
    axis.legend(frameon=False, fontsize=8)
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_title(title, loc="left", fontsize=10)
    _save(figure, file)


def _figure(width: float, height: float) -> Figure:
    """A figure that no window belongs to: matplotlib is loaded here, and only here."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _save(figure: Figure, file: Path) -> None:
    figure.savefig(file, dpi=90, metadata={"Software": None})
