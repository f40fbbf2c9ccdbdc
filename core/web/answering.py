"""How the routes answer: the one error shape, and headers that keep answers private."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from core.answers import error_answer
from core.desk import Desk
from core.errors import FaceDeskError, NotReady, TooManyRequests, Unauthorized, code_table

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_HTTP_OF_CODE = {error.code: error.http for error in code_table()}
_RETRY_S = {TooManyRequests.code: 1, NotReady.code: 2}

GetDesk = Callable[[], Desk]


def json_response(answer: dict[str, Any]) -> Response:
    """A call's answer; its error code decides the HTTP number."""
    error = answer.get("error", {})
    code = error.get("code", 0)
    headers = dict(HEADERS)
    if code in _RETRY_S:
        wait = error.get("details", {}).get("retry_after_s", _RETRY_S[code])
        headers["Retry-After"] = str(wait)
    if code == Unauthorized.code:
        headers["WWW-Authenticate"] = "Bearer"
    text = json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    status = _HTTP_OF_CODE.get(code, 200) if code else 200
    return Response(text, status, headers, "application/json")


def error_response(error: FaceDeskError) -> Response:
    """A refusal."""
    return json_response(error_answer(error).as_dict())
