"""The live camera's messages: what its socket takes and says (docs/camera.md)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.contract.answers import Answer
from core.contract.requests import LevelField, Request

LARGEST_CAMERA_PX = 8192
"""Longest side a camera may claim to have, px."""

Side = Annotated[int, Field(ge=32, le=LARGEST_CAMERA_PX)]


class LiveRequest(Request):
    """What is looked for: the first message of a socket, and again whenever it changes."""

    ticket: str | None = Field(None, max_length=2000, description="Who comes; with the first one.")
    fiqa_level: LevelField = Field("high", description="The level to reach.")
    camera_width: Side = Field(description="Of the camera's picture, px: what would be taken.")
    camera_height: Side = Field(description="The same, downwards.")


class LiveReady(Answer):
    """Frames may come: so many a second, so large."""

    fps: float
    side: int
    max_bytes: int


class LiveAnswer(Answer):
    """What one frame shows.

    ``faces`` are left, top, right, bottom in shares of the frame, largest first; ``items`` the
    verdict of every item; ``overall`` is -1 where it is not known; ``advice`` is a name of
    ``core.live.ADVICE``; ``side`` the long side, px, that the next frame should have.
    """

    faces: list[list[float]]
    items: dict[str, str]
    passed: bool
    overall: int
    advice: str
    side: int
