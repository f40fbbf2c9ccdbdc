"""Finding and blanking what names one person in text and JSON that is about somebody else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, or_
from sqlalchemy.orm import InstrumentedAttribute

ERASED = "erased"
"""What stands in the place of an erased person's id or name."""

_EDGES = ("(?<![A-Za-z0-9])", "(?![A-Za-z0-9])")


class Mentions:
    """A person's id and name as they may stand in text.

    They are found as whole words: an id ``12`` is not found in ``2012``. In Chinese text, where
    words have no borders, a name is found anywhere.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted({w for w in words if w.strip()}, key=len, reverse=True)
        shapes = [_EDGES[0] + re.escape(word) + _EDGES[1] for word in self._words]
        self._shape = re.compile("|".join(shapes), re.IGNORECASE)

    def within(self, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """The rows that may mention the person: never too few, sometimes too many."""
        escaped = {form for word in self._words for form in _written(word)}
        return or_(
            *(cast(c, Text).icontains(form, autoescape=True) for c in columns for form in escaped)
        )

    def blank(self, value: Any) -> Any:
        """The same text, or JSON value with all that is in it, without the person."""
        if isinstance(value, str):
            return self._shape.sub(ERASED, value)
        if isinstance(value, dict):
            return {self.blank(key): self.blank(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.blank(item) for item in value]
        return value


def _written(word: str) -> tuple[str, ...]:
    """As text, and as the two ways of writing JSON spell it."""
    return (word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1])
