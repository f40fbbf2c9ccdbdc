"""What was measured, into the documents: between ``<!-- bench: PART -->`` and ``<!-- end -->``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bench.material import ROOT
from bench.rounds import wall_ms
from bench.side import Row

DOCS = ROOT / "docs"
PICTURE = DOCS / "figures" / "performance.png"
_BLOCK = r"(<!-- bench: {part} -->\n).*?(<!-- end -->)"


def write_block(part: str, lines: Sequence[str], folder: Path = DOCS) -> int:
    """Put the lines between the marks of each document that has them; how many have."""
    pattern = re.compile(_BLOCK.format(part=re.escape(part)), re.DOTALL)
    text = "\n".join(lines).strip() + "\n"
    written = 0
    for document in sorted(folder.glob("*.md")):
        old = document.read_text(encoding="utf-8")
        new, found = pattern.subn(lambda match: match[1] + text + match[2], old)
        if found:
            document.write_text(new, encoding="utf-8")
            written += 1
    return written


def draw(rows: Sequence[Row], file: Path = PICTURE) -> None:
    """Bars: what ours and what the others take on each photo, ours being 1."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.6, 0.27 * len(rows) + 1.0), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    names = [f"{row.engine}, {row.scene}: {row.rival.name}" for row in rows]
    times = [wall_ms(row.theirs) / wall_ms(row.ours) for row in rows]
    colours = ["#2563eb" if row.rival.faster else "#9ca3af" for row in rows]
    axis.barh(names, [time - 1 for time in times], left=1, color=colours, height=0.7)
    for place, value in enumerate(times):
        beside, side = (value * 1.04, "left") if value >= 1 else (value / 1.04, "right")
        axis.text(beside, place, f"{value:.2f}", va="center", ha=side, fontsize=7)
    axis.axvline(1, color="#b91c1c", linewidth=1.2)
    axis.set_xscale("log")
    ticks = [0.5, 1, 2, 5, 10, 20, 50]
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    # Behind the ticks, which would widen it; with room for the figures beside the bars.
    axis.set_xlim(min(0.5, 0.7 * min(times)), max(2, *times) * 1.6)
    axis.minorticks_off()
    axis.invert_yaxis()
    axis.tick_params(labelsize=7)
    axis.spines[["top", "right"]].set_visible(False)
    title = "How long others take, a full update_image being 1 (red line); grey: floor, transfer"
    figure.suptitle(title, x=0.01, ha="left", fontsize=9)
    figure.savefig(file, dpi=110, metadata={"Software": None})
