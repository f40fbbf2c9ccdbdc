"""The report of a calibration as Markdown."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version

from core.calibration.discard import AT, Discarding
from core.calibration.tables import (
    QUANTILES,
    PassRate,
    Spread,
    pass_rates,
    reports_of,
    spreads,
)
from core.calibration.walk import Study
from core.fiqa.report import Report
from core.imaging.spoil import DEFECTS

VERSIONS = ("numpy", "onnxruntime", "insightface", "dlib-bin")


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What was calibrated.

    Attributes:
        folder: its name.
        engine_id: engine of the detections and embeddings.
        policy: name of the policy.
        studies: one for each photo.
        discarding: the error-versus-discard experiment, where there was one.
        copies: spoiled copies of each photo and defect.
        seed: of their strengths.
        half: of the people that were compared, ``a`` or ``b``; empty: all.
        halves: where all were compared, the same experiment on each half.
    """

    folder: str
    engine_id: str
    policy: str
    studies: Sequence[Study]
    discarding: Discarding | None
    copies: int
    seed: int
    half: str = ""
    halves: Mapping[str, Discarding] = field(default_factory=dict)


def write_report(subject: Subject, limits_figure: str, discard_figure: str) -> str:
    """The whole report; figures by their file names."""
    reports = reports_of(subject.studies)
    parts = [
        *_head(subject, reports),
        "## Pass rates",
        _rates(pass_rates(reports)),
        "## Rejected at high",
        *_rejected(subject.studies),
        *_problems(subject.studies),
        "## Native values",
        _spreads(spreads(reports)),
        f"![Values and limits]({limits_figure})",
    ]
    if subject.discarding:
        parts += _discarding(subject, subject.discarding, discard_figure)
    return "\n\n".join(parts) + "\n"


def _head(subject: Subject, reports: Sequence[Report]) -> Iterator[str]:
    yield f"# Calibration of {subject.folder} with {subject.engine_id}"
    versions = ", ".join(f"{name} {_version(name)}" for name in VERSIONS)
    day = datetime.now(timezone.utc).date().isoformat()
    yield (
        f"{len(subject.studies)} photos, {len(reports)} judged, policy {subject.policy}. {day}; "
        f"FaceDesk's own measures, Python {platform.python_version()}, OpenCV {_opencv()}, "
        f"{versions}."
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except ModuleNotFoundError:
        return "absent"


def _opencv() -> str:
    names = ("opencv-python-headless", "opencv-python")
    found = [v for name in names if (v := _version(name)) != "absent"]
    return found[0] if found else "absent"


def _rates(rates: Iterable[PassRate]) -> str:
    rows = [
        (
            rate.item or "**all items**",
            *(_percent(share) if rate.not_assessed < 1 else "-" for share in rate.passed.values()),
            _percent(rate.advised) if rate.not_assessed < 1 else "-",
            _percent(rate.not_assessed) if rate.item else "",
        )
        for rate in rates
    ]
    return table(("item", "low", "normal", "high", "advised at high", "not assessed"), rows)


def _rejected(studies: Sequence[Study]) -> Iterator[str]:
    rows = [
        (
            study.name,
            report.best_level,
            report.overall,
            "; ".join(f"{item.name}: {item.text_at('high').en}" for item in report.reasons("high")),
        )
        for study in studies
        if (report := study.report) is not None and not report.passes("high")
    ]
    yield table(("photo", "best level", "overall", "why not high"), rows) if rows else "None."


def _problems(studies: Sequence[Study]) -> Iterator[str]:
    rows = [(study.name, study.problem) for study in studies if study.problem]
    if rows:
        yield "## Not judged"
        yield table(("photo", "why"), rows)


def _spreads(rows: Iterable[Spread]) -> str:
    heads = ("measure", "unit", "source", "photos", *(f"{100 * q:.0f} %" for q in QUANTILES))
    return table(
        heads,
        [
            (
                row.measure.name,
                row.measure.unit,
                row.measure.source,
                row.count,
                *(f"{value:.4g}" for value in row.quantiles),
            )
            for row in rows
        ],
    )


def _discarding(subject: Subject, found: Discarding, figure: str) -> Iterator[str]:
    yield "## Error versus discard"
    made = (
        f"{subject.copies} spoiled copies of each photo and defect (seed {subject.seed})"
        if subject.copies
        else "the photos as they are"
    )
    if subject.half:
        made += f", half {subject.half} of the people"
    note = "" if found.other >= 1000 else ", which fewer than 1000 comparisons cannot resolve"
    yield (
        f"{made}; {found.same} comparisons of the same person, {found.other} of others; threshold "
        f"{found.threshold:.3f}, false match rate {found.fmr:.1e}{note}. Grother and Tabassi 2007, "
        "ISO/IEC 29794-1."
    )
    base = found.curves[0].fnmr[0]
    yield table(
        (
            "quality",
            "FNMR, nothing discarded",
            f"mean FNMR, 0 to {100 * AT:.0f} %",
            f"FNMR at {100 * AT:.0f} %",
            "95 % interval",
        ),
        [
            (
                curve.name,
                _percent(base),
                _percent(curve.mean),
                _percent(curve.at),
                " to ".join(_percent(end) for end in curve.at_range),
            )
            for curve in found.curves
        ],
    )
    yield f"![Error versus discard]({figure})"
    yield from _halves(subject.halves)
    if subject.copies:
        yield from _kinds(subject, found)


def _halves(halves: Mapping[str, Discarding]) -> Iterator[str]:
    """Each half of the people alone: what was fitted on the one is tried on the other."""
    if not halves:
        return
    yield f"FNMR of each half of the people, nothing and {100 * AT:.0f} % discarded:"
    names = [curve.name for curve in next(iter(halves.values())).curves]
    rows = [
        (
            half,
            found.same,
            _percent(float(found.curves[0].fnmr[0])),
            *(_percent(curve.at) for curve in found.curves),
        )
        for half, found in halves.items()
    ]
    yield table(("half", "comparisons", "nothing discarded", *names), rows)


def _kinds(subject: Subject, found: Discarding) -> Iterator[str]:
    yield f"What our verdict does to each defect when {100 * AT:.0f} % of all are discarded:"
    lost = {kind: sum((s.lost or {}).get(kind, 0) for s in subject.studies) for kind in DEFECTS}
    yield table(
        ("defect", "strengths", "comparisons", "no face found", "FNMR", "kept", "FNMR of the kept"),
        [
            (
                kind.defect or "none",
                _strengths(kind.defect),
                kind.count,
                lost.get(kind.defect, 0),
                _percent(kind.fnmr),
                _percent(kind.kept),
                _percent(kind.fnmr_kept),
            )
            for kind in found.kinds
        ],
    )


def _strengths(name: str) -> str:
    defect = DEFECTS.get(name)
    return f"{defect.weakest:g} to {defect.strongest:g}: {defect.meaning}" if defect else ""


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = [heads, ["---"] * len(heads), *rows]
    cells = (" | ".join(str(cell).replace("|", "\\|") for cell in line) for line in lines)
    return "\n".join(f"| {line} |" for line in cells)
