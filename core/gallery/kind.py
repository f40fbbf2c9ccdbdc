"""What differs between databases; nothing above ``database.py`` asks which one it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from core.errors import FaceDeskError


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of database.

    Attributes:
        name: SQLAlchemy's.
        make_engine: opens it. Raises ``NotReady``.
        trouble: what an error of the driver means; None: it is a mistake of ours.
        erase_traces: removes the bytes that deletions left, as far as the database does; with
            ``wait`` it may take a while. False: not yet.
        reads, writes: execution options of a connection on one snapshot, and of the one writer.
        row_by_row: whether a value may be unreadable, so that rows are fetched singly where it
            matters which one it is.
    """

    name: str
    make_engine: Callable[[URL], Engine]
    trouble: Callable[[DBAPIError], FaceDeskError | None]
    erase_traces: Callable[[Engine, bool], bool]
    reads: Mapping[str, Any]
    writes: Mapping[str, Any]
    row_by_row: bool
