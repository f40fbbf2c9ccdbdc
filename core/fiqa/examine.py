"""The examiner: one face in, one report out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from core.contract.fields import LEVELS
from core.engine.base import Face, Pixels
from core.fiqa.finding import STEPS, Finding
from core.fiqa.judge import Judgement, hide_effects, judge_item
from core.fiqa.measures import MEASURERS, Measurer, measure_all
from core.fiqa.policy import STRICT_LEVELS, Policy
from core.fiqa.report import ITEMS, Measure, Report
from core.fiqa.view import look


def examine(
    pixels_bgr: Pixels,
    scale: float,
    faces: Sequence[Face],
    chosen: int,
    policy: Policy,
    measurers: Iterable[Measurer] = MEASURERS,
    networks: Iterable[Measurer] = (),
    between: Callable[[Mapping[str, Measure]], None] = lambda found: None,
) -> Report:
    """Measure one face and judge it at all levels at once.

    Args:
        pixels_bgr: uint8 (H, W, 3), the working copy.
        scale: source pixels per working pixel; sizes are judged in source pixels.
        faces: all faces found, px of the working copy.
        chosen: index of the face to judge.
        policy: the limits.
        measurers: where the measures come from; of two with one name the later one counts.
        networks: further ones, which take longest.
        between: hears what was found before the networks begin.

    Raises IndexError when there is no such face.
    """
    view = look(pixels_bgr, scale, faces, chosen)
    found = measure_all(view, measurers)
    between(found)
    return judge(measure_all(view, networks, found), policy)


def judge(measures: Mapping[str, Measure], policy: Policy) -> Report:
    """Judge what was measured, also long ago: by name, as ``measure_all`` gives it."""
    judged = [judge_item(name, policy, measures) for name in ITEMS]
    items = hide_effects([judgement.item for judgement in judged])
    ranks = {judgement.item.name: _rank(judgement) for judgement in judged}
    overall, source = _overall(judged)
    ordered = tuple(sorted(items, key=lambda item: ranks[item.name]))
    return Report(ordered, overall, source, _listed(measures))


def _rank(judgement: Judgement) -> tuple[int, int, float]:
    """Sort key: failed at the weakest level first, then advice, passed, not assessed."""
    decisive = next(iter(judgement.findings), None)
    if decisive is None or decisive.standing is None:
        return 3, 0, 0.0
    if judgement.item.blocked:
        return 0, LEVELS.index(judgement.item.blocked[0]), decisive.standing
    return (1 if decisive.advised else 2), 0, decisive.standing


def _listed(measures: Mapping[str, Measure]) -> tuple[Measure, ...]:
    """All measures; those that do not count come last."""
    return tuple(measures[key] for key in sorted(measures, key=lambda key: "/" in key))


def _ceiling(judgement: Judgement) -> float:
    """What an item that keeps the face from a level leaves of the overall: where it stands itself.

    Never as much as that level's step, also where what keeps it back could not be assessed.
    """
    standings = (f.standing for f in judgement.findings if f.gates and f.standing is not None)
    return min(STEPS[judgement.item.blocked[0]] - 1.0, *standings, 100.0)


def _place(finding: Finding) -> float | None:
    """Where a finding stands; one without a value just below the first level it keeps from.

    None when that is the weakest level: then nothing can be said.
    """
    if finding.standing is not None or not finding.blocked:
        return finding.standing
    first = finding.blocked[0]
    return None if first == STRICT_LEVELS[0] else STEPS[first] - 1.0


def _overall(judged: Sequence[Judgement]) -> tuple[int, str]:
    """Where the unified model's score stands, and ``model``; without that model the lowest
    standing among the findings that gate, and the item it belongs to.

    One that could not be assessed and gates every level makes it -1, unless another one fails at
    every level. A photo that fails a level for another reason stands below that level, however
    well the model likes it.
    """
    for unified in (j.findings[0] for j in judged if j.item.name == "unified" and j.findings):
        place = _place(unified)
        if place is None:
            return -1, "model"
        held = (_ceiling(judgement) for judgement in judged if judgement.item.blocked)
        return math.floor(min(place, *held, 100.0)), "model"
    gating = [(j.item.name, _place(f)) for j in judged for f in j.findings if f.gates]
    known = [(place, name) for name, place in gating if place is not None]
    unknown = [name for name, place in gating if place is None]
    lowest, weakest = min(known, key=lambda pair: pair[0], default=(math.inf, ""))
    if unknown and lowest >= STEPS["low"]:
        return -1, unknown[0]
    return (math.floor(lowest), weakest) if known else (-1, "")
