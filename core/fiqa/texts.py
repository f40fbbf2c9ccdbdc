"""The sentences of ``texts.toml``, read once: every one in English and simplified Chinese."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.fiqa.report import Text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_DATA: dict[str, Any] = tomllib.loads(
    (Path(__file__).resolve().parent / "texts.toml").read_text("utf-8")
)


def _texts(tables: Mapping[str, Mapping[str, str]]) -> dict[str, Text]:
    return {name: Text(table["en"], table["zh"]) for name, table in tables.items()}


LEVEL_NAMES: Mapping[str, Text] = _texts(_DATA["levels"])
ITEM_NAMES: Mapping[str, Text] = _texts(_DATA["items"])
NO_MODEL: Text = _texts(_DATA["missing"])["no_model"]
NOT_MEASURED: Text = _texts(_DATA["missing"])["not_measured"]

ADVICE: Mapping[str, Mapping[str, Text]] = {
    measure: _texts(kinds) for measure, kinds in _DATA["advice"].items()
}
"""What is wrong and what to do, by measure and by kind (see ``wording.kind_of``)."""

PASSED: Mapping[str, Text] = _texts(_DATA["passed"])
"""That an item passes, by the measure that decides it."""
