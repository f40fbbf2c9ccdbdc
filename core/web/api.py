"""The HTTP routes of the contract; each calls the same function that ``core`` offers."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from core.answers import error_answer
from core.calls.perform import perform
from core.calls.table import BY_NAME, CALLS, Call
from core.desk import Desk
from core.errors import (
    FaceDeskError,
    MethodNotAllowed,
    NotFound,
    ServerError,
    TooManyRequests,
    code_table,
)
from core.gallery.records import Actor
from core.settings import Settings
from core.web.body import parse_json, read_body, require_json, require_same_origin
from core.web.openapi import openapi_document

security = logging.getLogger("facedesk.security")

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_HTTP_OF_CODE = {error.code: error.http for error in code_table()}
_RETRY = {TooManyRequests.code: "1", 50300: "2"}

GetDesk = Callable[[], Desk]
Endpoint = Callable[[Request], Awaitable[Response]]


def make_routes(settings: Settings, desk: GetDesk) -> list[BaseRoute]:
    """The mounts that hang the API beside the pages.

    Args:
        settings: limits and the number of workers.
        desk: gives the desk when a call needs it.
    """
    kitchen = Kitchen(settings, desk)
    family = [
        Route(f"/v2/face/{call.name}", kitchen.endpoint(call), methods=["POST"])
        for call in CALLS
        if call.name != "getregisterimage"
    ]
    family += [
        Route("/v2/face/getregisterimage/{register_image_id}", kitchen.picture, methods=["GET"]),
        Route("/openapi.json", kitchen.openapi, methods=["GET"]),
    ]
    old = [Route("/api/users", kitchen.endpoint(BY_NAME["updateimage"]), methods=["POST"])]
    return [
        Mount("/sophon", app=_application(family)),
        Mount("/SophonFogSys", app=_application(old)),
    ]


def _application(routes: list[Route]) -> Starlette:
    handlers: Mapping[Any, Any] = {HTTPException: _on_http, FaceDeskError: _on_error}
    return Starlette(routes=routes, exception_handlers=handlers)


class Kitchen:
    """Runs calls in worker threads, a bounded number at a time and a bounded number waiting.

    Streamlit serves its pages and files from threads of its own limiter; with this one beside it
    a slow inference never keeps a page or a health check waiting.
    """

    def __init__(self, settings: Settings, desk: GetDesk) -> None:
        self._settings = settings
        self._desk = desk
        self._limiter: anyio.CapacityLimiter | None = None
        self._under_way = 0

    def endpoint(self, call: Call) -> Endpoint:
        """The route of one call."""

        async def handle(request: Request) -> Response:
            require_same_origin(request)
            require_json(request)
            body = await read_body(request, int(self._settings.max_body_mb * 1e6))
            return _json_response(await self._work(partial(self._answer, call, body)))

        return handle

    async def picture(self, request: Request) -> Response:
        """A registered photo's JPEG file."""
        require_same_origin(request)
        photo_id = request.path_params["register_image_id"]
        found = await self._work(partial(self._jpeg, photo_id))
        return Response(found, media_type="image/jpeg", headers=HEADERS)

    async def openapi(self, request: Request) -> Response:
        """The OpenAPI document."""
        return JSONResponse(openapi_document(), headers=HEADERS)

    def _answer(self, call: Call, body: bytes) -> dict[str, Any]:
        data = parse_json(body, self._settings.max_json_depth)
        return perform(call, data, Actor(source="api"), self._desk)

    def _jpeg(self, photo_id: str) -> bytes:
        return self._desk().gallery.photo_jpeg(photo_id)

    async def _work(self, job: Callable[[], Any]) -> Any:
        if self._limiter is None:  # needs the running loop
            self._limiter = anyio.CapacityLimiter(self._settings.workers)
        if self._under_way >= self._settings.workers + self._settings.queue:
            raise TooManyRequests()
        self._under_way += 1
        try:
            return await anyio.to_thread.run_sync(job, limiter=self._limiter)
        finally:
            self._under_way -= 1


def _json_response(answer: dict[str, Any]) -> Response:
    code = answer["error"]["code"] if "error" in answer else 0
    headers = HEADERS | ({"Retry-After": _RETRY[code]} if code in _RETRY else {})
    text = json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    status = _HTTP_OF_CODE.get(code, 200) if code else 200
    return Response(text, status, headers, "application/json")


async def _on_error(request: Request, error: Exception) -> Response:
    """A refusal before any call could be made out: nobody to hold it against, so it is logged."""
    known = error if isinstance(error, FaceDeskError) else ServerError()
    client = request.client.host if request.client else ""
    # %r: a decoded path may hold line breaks, and a log stays one line an event.
    security.warning("refused path=%.100r client=%s code=%d", request.url.path, client, known.code)
    return _json_response(error_answer(known).as_dict())


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
