"""Repeats of one request: the same id and content get the first answer again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.gallery.records import Receipt


@dataclass(frozen=True, slots=True)
class Repeat:
    """A caller's ``request_id``, kept with its answer in the change's own transaction.

    Attributes:
        request_id: the caller's.
        content_sha256: hash of what was asked; another content under the id is refused.
        answer: makes the JSON text to keep; called once, before the commit, so it must be quick.
    """

    request_id: str
    content_sha256: str
    answer: Callable[[Receipt], str]


class AlreadyAnswered(Exception):  # noqa: N818 - not an error, the change is done
    """This request was carried out before: nothing was changed now.

    Attributes:
        answer: the JSON text that was given the first time.
    """

    def __init__(self, answer: str) -> None:
        super().__init__("answered before")
        self.answer = answer
