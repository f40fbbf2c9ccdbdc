"""The live camera's socket: frames in, boxes, marks and one advice out; nothing is kept.

docs/camera.md has the protocol. One frame is in flight at a time: the next message is read only
after the answer to the last one, and not before the frame rate allows it, so that whoever sends
faster is held up by their own connection.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.access.roles import Principal, require
from core.answers import error_answer
from core.contract.live import LiveReady, LiveRequest
from core.contract.parse import parse
from core.errors import (
    AccessError,
    BadRequest,
    FaceDeskError,
    Forbidden,
    PayloadTooLarge,
    ServerError,
    TooManyRequests,
    Unauthorized,
)
from core.live import FRAME_BYTES, SIDE, glance
from core.settings import Settings
from core.web.answering import GetDesk
from core.web.body import parse_json, require_same_origin
from core.web.caller import Callers

log = logging.getLogger("facedesk")

RIGHT: Final = "camera"
GREETING_S: Final = 5.0
"""The ticket has to arrive within this time."""

IDLE_S: Final = 30.0
"""A socket that says nothing for so long is closed."""

OPEN_S: Final = 600.0
"""After this time a fresh ticket is asked for, so that a right that was taken away ends."""

MOST_FAULTS: Final = 20
"""Messages in a row that cannot be used; then the socket is closed."""

NORMAL, REFUSED, LATER = 1000, 1008, 1013
"""Numbers of RFC 6455 with which a socket is closed."""


class LiveSockets:
    """The sockets of all live cameras; frames are looked at in threads of their own limiter.

    Args:
        settings: frame rate, sockets at a time, cores.
        desk: gives the desk when a socket opens.
        callers: writes refusals down.
    """

    def __init__(self, settings: Settings, desk: GetDesk, callers: Callers) -> None:
        self._settings = settings
        self._desk = desk
        self._callers = callers
        self._limiter: anyio.CapacityLimiter | None = None
        self._open = 0

    async def endpoint(self, socket: WebSocket) -> None:
        """One socket, from its opening to its end; whatever happens the server goes on."""
        try:
            require_same_origin(socket)
        except Forbidden as error:
            await self._callers.refused(socket, RIGHT, error)
            await socket.close(REFUSED)
            return
        await socket.accept()
        try:
            try:
                await self._serve(socket)
            except FaceDeskError as error:
                await self._end(socket, error)
        except (WebSocketDisconnect, RuntimeError):
            return  # gone while something was on its way to it

    async def _serve(self, socket: WebSocket) -> None:
        wanted, who = await self._greeting(socket)
        with self._place(who):
            ready = LiveReady(fps=self._settings.camera_fps, side=SIDE, max_bytes=FRAME_BYTES)
            await socket.send_json(ready.as_dict())
            with anyio.move_on_after(OPEN_S) as until:
                await self._talk(socket, wanted)
        if until.cancelled_caught:
            raise Unauthorized("The socket was open long enough; come back with a fresh ticket.")

    async def _greeting(self, socket: WebSocket) -> tuple[LiveRequest, Principal]:
        """The first message. Raises BadRequest, ParameterError, Unauthorized, Forbidden."""
        try:
            with anyio.fail_after(GREETING_S):
                message = await _next(socket)
        except TimeoutError:
            raise BadRequest("The first message did not arrive in time.") from None
        who = None
        try:
            if isinstance(message, bytes):
                raise Unauthorized("The first message must hold the ticket.")
            wanted = self._wanted(message)
            desk = await anyio.to_thread.run_sync(self._desk, limiter=self._threads())
            who = desk.door.tickets.admit(wanted.ticket or "", RIGHT)
            require(who.role, RIGHT)
        except AccessError as error:
            await self._callers.refused(socket, RIGHT, error, who)
            raise
        return wanted, who

    @contextmanager
    def _place(self, who: Principal) -> Iterator[None]:
        """One of the places for cameras. Raises TooManyRequests."""
        if self._open >= self._settings.camera_sockets:
            raise TooManyRequests("Too many live cameras at the same time; try again shortly.")
        self._open += 1
        log.info("camera opened user=%r open=%d", who.name, self._open)
        try:
            yield
        finally:
            self._open -= 1
            log.info("camera closed user=%r open=%d", who.name, self._open)

    async def _talk(self, socket: WebSocket, wanted: LiveRequest) -> None:
        """Answer message by message, until the other side leaves or falls silent."""
        faults = 0
        while faults < MOST_FAULTS:
            with anyio.move_on_after(IDLE_S) as waiting:
                message = await _next(socket)
            if waiting.cancelled_caught:
                return await socket.close(NORMAL)
            start = time.monotonic()
            try:
                if isinstance(message, str):
                    wanted = self._wanted(message)
                    continue
                answer = await self._look(message, wanted)
                faults = 0
            except FaceDeskError as error:
                faults += 1
                answer = error_answer(error).as_dict()
            await socket.send_json(answer)
            await anyio.sleep(max(0.0, 1 / self._settings.camera_fps + start - time.monotonic()))
        raise TooManyRequests("Too many messages that cannot be used.")

    def _wanted(self, message: str) -> LiveRequest:
        """Raises BadRequest, ParameterError."""
        return parse(LiveRequest, parse_json(message.encode(), self._settings.max_json_depth))

    async def _look(self, frame: bytes, wanted: LiveRequest) -> dict[str, Any]:
        """The answer to a frame. Raises PayloadTooLarge and what ``glance`` raises."""
        if len(frame) > FRAME_BYTES:
            raise PayloadTooLarge(f"A frame may have {FRAME_BYTES / 1e6:g} MB.")
        camera_wh = (wanted.camera_width, wanted.camera_height)
        job = partial(self._glance, frame, camera_wh, wanted)
        answer: dict[str, Any] = await anyio.to_thread.run_sync(job, limiter=self._threads())
        return answer

    def _glance(
        self, frame: bytes, camera_wh: tuple[int, int], wanted: LiveRequest
    ) -> dict[str, Any]:
        try:
            vision = self._desk().vision
            return glance(vision, frame, camera_wh, wanted.fiqa_level).answer().as_dict()
        except FaceDeskError:
            raise
        except Exception as error:
            # The kind alone: a library's message may hold something of the picture.
            log.error("live look failed kind=%s", type(error).__name__)
            raise ServerError() from None

    def _threads(self) -> anyio.CapacityLimiter:
        """Half of the cores look at frames; the rest is for pages, calls and health."""
        if self._limiter is None:  # needs the running loop
            self._limiter = anyio.CapacityLimiter(max(1, self._settings.thread_count // 2))
        return self._limiter

    async def _end(self, socket: WebSocket, error: FaceDeskError) -> None:
        await socket.send_json(error_answer(error).as_dict())
        await socket.close(LATER if isinstance(error, TooManyRequests) else REFUSED)


async def _next(socket: WebSocket) -> str | bytes:
    """The next message. Raises WebSocketDisconnect."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", NORMAL))
    text: str | None = message.get("text")
    return message["bytes"] if text is None else text
