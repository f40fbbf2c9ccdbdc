"""Limits as data: what each level demands, read from TOML and checked.

A policy file has one table for each criterion, ``[item.Measure]``, with ``low``, ``normal`` and
``high`` (a number, or "off" for no limit) and optionally ``verdict`` ("fail", or "advice" for a
limit that only warns). What a file does not mention is as in ``policies/default.toml``.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from core.contract.fields import LEVELS, Level
from core.fiqa.criteria import CRITERIA, Criterion
from core.fiqa.report import ITEMS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

POLICIES = Path(__file__).resolve().parent / "policies"
DEFAULT = POLICIES / "default.toml"
STRICT_LEVELS: tuple[Level, ...] = tuple(level for level in LEVELS if level != "no")
"""Levels that can have limits, weakest first; ``no`` never has any."""


class PolicyError(ValueError):
    """A policy file that cannot be used: which file, which key, what is expected there."""

    def __init__(self, file: str, key: str, expected: str) -> None:
        super().__init__(f"{file}: {key}: {expected}" if key else f"{file}: {expected}")
        self.file = file
        self.key = key
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Rule:
    """One criterion with its limits.

    Attributes:
        criterion: what is compared.
        limits: limit at each level that sets one.
        verdict: what missing a limit means: the photo fails, or it is only advised against.
    """

    criterion: Criterion
    limits: Mapping[Level, float]
    verdict: Literal["fail", "advice"] = "fail"


@dataclass(frozen=True, slots=True)
class Policy:
    """All rules, in the order of ``CRITERIA``."""

    name: str
    rules: tuple[Rule, ...]

    def rules_of(self, item: str) -> tuple[Rule, ...]:
        """The rules of one item."""
        return tuple(rule for rule in self.rules if rule.criterion.item == item)


def load_policy(path: Path | None = None) -> Policy:
    """The policy in a TOML file, or the built-in default.

    A bare name of a built-in policy (``icao.toml``) is found among the built-in ones when no
    such file exists. Raises PolicyError naming file, key and what is expected.
    """
    if path is None:
        return _default()
    built_in = POLICIES / path.name
    if not path.exists() and path.parent == Path() and built_in.exists():
        path = built_in
    return _parse(path, {rule.criterion.key: rule for rule in _default().rules})


@lru_cache(maxsize=1)
def _default() -> Policy:
    return _parse(DEFAULT, {})


def _parse(path: Path, base: Mapping[str, Rule]) -> Policy:
    file, data = str(path), _read(path)
    name = data.pop("name", path.stem)
    if not isinstance(name, str):
        raise PolicyError(file, "name", "expected a string")
    rules = dict(base)
    for item, tables in data.items():
        if item not in ITEMS:
            raise PolicyError(file, item, f"unknown item; expected one of {', '.join(ITEMS)}")
        if not isinstance(tables, dict):
            raise PolicyError(file, item, "expected tables such as [face_size.FaceShortSide]")
        for measure, table in tables.items():
            rule = _rule(file, _criterion(file, item, measure), table)
            rules[rule.criterion.key] = rule
    missing = [criterion.key for criterion in CRITERIA if criterion.key not in rules]
    if missing:
        raise PolicyError(file, missing[0], "missing; expected low, normal and high")
    return Policy(name, tuple(rules[criterion.key] for criterion in CRITERIA))


def _read(path: Path) -> dict[str, Any]:
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise PolicyError(str(path), "", f"cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(str(path), "", f"is not a TOML file ({error})") from error
    return data


def _criterion(file: str, item: str, measure: str) -> Criterion:
    known = {criterion.measure: criterion for criterion in CRITERIA if criterion.item == item}
    if measure in known:
        return known[measure]
    choice = f"expected one of {', '.join(known)}" if known else "nothing measures this item yet"
    raise PolicyError(file, f"{item}.{measure}", f"unknown measure; {choice}")


def _rule(file: str, criterion: Criterion, table: object) -> Rule:
    key = criterion.key
    if not isinstance(table, dict):
        raise PolicyError(file, key, "expected a table with low, normal and high")
    for name in table:
        if name not in (*STRICT_LEVELS, "verdict"):
            raise PolicyError(file, f"{key}.{name}", "unknown; expected low, normal, high, verdict")
    verdict = table.get("verdict", "fail")
    if verdict not in ("fail", "advice"):
        raise PolicyError(file, f"{key}.verdict", 'expected "fail" or "advice"')
    limits: dict[Level, float] = {}
    for level in STRICT_LEVELS:
        limit = _limit(file, criterion, level, table.get(level))
        if limit is not None:
            limits[level] = limit
    _check_order(file, criterion, limits)
    return Rule(criterion, limits, verdict)


def _limit(file: str, criterion: Criterion, level: Level, value: object) -> float | None:
    key = f"{criterion.key}.{level}"
    low, high = sorted((criterion.worst, criterion.best))
    expected = f'expected a number from {low:g} to {high:g}, or "off"'
    if value is None:
        raise PolicyError(file, key, f"missing; {expected}")
    if value == "off":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise PolicyError(file, key, f"{value!r} is not a number; {expected}")
    if not math.isfinite(value) or not low <= value <= high:
        raise PolicyError(file, key, f"{value:g} is out of range; {expected}")
    return float(value)


def _check_order(file: str, criterion: Criterion, limits: Mapping[Level, float]) -> None:
    levels = [level for level in STRICT_LEVELS if level in limits]
    for weaker, stricter in itertools.pairwise(levels):
        if not criterion.meets(limits[stricter], limits[weaker]):
            raise PolicyError(
                file,
                f"{criterion.key}.{stricter}",
                f"{limits[stricter]:g} is laxer than {weaker} ({limits[weaker]:g}); "
                "expected limits that grow stricter from low to high",
            )
