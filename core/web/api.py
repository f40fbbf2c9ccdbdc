"""The HTTP routes of the contract; each calls the same function that ``core`` offers."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from core.access.roles import require
from core.calls.perform import perform
from core.calls.table import BY_NAME, CALLS, Call
from core.errors import FaceDeskError, MethodNotAllowed, NotFound, ServerError, TooManyRequests
from core.gallery.records import Actor
from core.settings import Settings
from core.web.answering import HEADERS, GetDesk, error_response, json_response
from core.web.body import parse_json, read_body, require_json
from core.web.caller import Callers, visitor_of
from core.web.live import LiveSockets
from core.web.openapi import openapi_document
from core.web.priority import step_back

security = logging.getLogger("facedesk.security")

Endpoint = Callable[[Request], Awaitable[Response]]


def make_routes(settings: Settings, desk: GetDesk) -> list[BaseRoute]:
    """The mounts that hang the API beside the pages.

    Args:
        settings: limits and the number of workers.
        desk: gives the desk when a call needs it.
    """
    callers = Callers(settings, desk)
    kitchen = Kitchen(settings, desk, callers)
    family: list[BaseRoute] = [
        Route(f"/v2/face/{call.name}", kitchen.endpoint(call), methods=["POST"])
        for call in CALLS
        if call.name != "getregisterimage"
    ]
    family += [
        Route("/v2/face/getregisterimage/{register_image_id}", kitchen.picture, methods=["GET"]),
        Route("/openapi.json", kitchen.openapi, methods=["GET"]),
        WebSocketRoute("/v2/face/live", LiveSockets(settings, desk, callers).endpoint),
    ]
    old: list[BaseRoute] = [
        Route("/api/users", kitchen.endpoint(BY_NAME["updateimage"]), methods=["POST"])
    ]
    mounts = [
        Mount("/sophon", app=_application(family)),
        Mount("/SophonFogSys", app=_application(old)),
    ]
    for mount in mounts:  # else an address with a line break would fall through to the pages
        mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return [*mounts]


def _application(routes: list[BaseRoute]) -> Starlette:
    handlers: Mapping[Any, Any] = {HTTPException: _on_http, FaceDeskError: _on_error}
    return Starlette(routes=routes, exception_handlers=handlers)


class Kitchen:
    """Runs calls in worker threads, a bounded number at a time and a bounded number waiting.

    Streamlit serves its pages and files from threads of its own limiter; with this one beside it
    a slow inference never keeps a page or a health check waiting.
    """

    def __init__(self, settings: Settings, desk: GetDesk, callers: Callers) -> None:
        self._settings = settings
        self._desk = desk
        self._callers = callers
        self._limiter: anyio.CapacityLimiter | None = None
        self._under_way = 0

    def endpoint(self, call: Call) -> Endpoint:
        """The route of one call."""

        async def handle(request: Request) -> Response:
            principal = await self._callers.admit(request, call.action or call.name)
            require_json(request)
            body = await read_body(request, int(self._settings.max_body_mb * 1e6))
            actor = principal.actor("api", visitor_of(request).address)
            return json_response(await self._work(partial(self._answer, call, body, actor)))

        return handle

    async def picture(self, request: Request) -> Response:
        """A registered photo's JPEG file."""
        principal = await self._callers.admit(request, "getregisterimage")
        require(principal.role, "look")
        photo_id = request.path_params["register_image_id"]
        found = await self._work(partial(self._jpeg, photo_id))
        return Response(found, media_type="image/jpeg", headers=HEADERS)

    async def openapi(self, request: Request) -> Response:
        """The OpenAPI document."""
        await self._callers.admit(request, "openapi")
        return JSONResponse(openapi_document(), headers=HEADERS)

    def _answer(self, call: Call, body: bytes, actor: Actor) -> dict[str, Any]:
        data = parse_json(body, self._settings.max_json_depth)
        return perform(call, data, actor, self._desk)

    def _jpeg(self, photo_id: str) -> bytes:
        return self._desk().gallery.photo_jpeg(photo_id)

    async def _work(self, job: Callable[[], Any]) -> Any:
        if self._limiter is None:  # needs the running loop
            self._limiter = anyio.CapacityLimiter(self._settings.workers)
        if self._under_way >= self._settings.workers + self._settings.queue:
            raise TooManyRequests()
        self._under_way += 1
        try:
            return await anyio.to_thread.run_sync(partial(_behind, job), limiter=self._limiter)
        finally:
            self._under_way -= 1


def _behind(job: Callable[[], Any]) -> Any:
    step_back()
    return job()


async def _on_error(request: Request, error: Exception) -> Response:
    """A refusal before any call could be made out; logged, unless the audit holds it already."""
    known = error if isinstance(error, FaceDeskError) else ServerError()
    client = request.client.host if request.client else ""
    # %r: a decoded path may hold line breaks, and a log stays one line an event.
    if not known.audited:
        security.warning(
            "refused path=%.100r client=%s code=%d", request.url.path, client, known.code
        )
    return error_response(known)


async def _on_http(request: Request, error: Exception) -> Response:
    """Starlette's own refusals in the one error shape."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == MethodNotAllowed.http:
        response = await _on_error(request, MethodNotAllowed())
        response.headers.update(getattr(error, "headers", None) or {})
        return response
    return await _on_error(
        request, NotFound("No call has this address.") if status == 404 else ServerError()
    )
