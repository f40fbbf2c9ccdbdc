"""From a caller's dict to a request model, with errors a caller can act on."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from core.contract.requests import (
    OldUpdateImageRequest,
    Request,
    UpdateImageRequest,
    is_sent,
)
from core.errors import BadRequest, EmptyRequest, ParameterError

R = TypeVar("R", bound=Request)

MAX_FIELDS = 100
"""A request with more fields than that is not looked at one by one."""

MAX_PROBLEMS = 20
"""So many wrong fields are named."""

_WORDS = {
    "missing": "is required",
    "extra_forbidden": "is not a known field",
    "string_type": "must be a string",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "string_too_short": "must not be empty",
}
_OLD_INFO = {"name": "identity_name", "type": "user_type", "permission_ids": "permission_ids"}


def parse(model: type[R], data: object) -> R:
    """A valid request of this model.

    Raises BadRequest (not an object), EmptyRequest, ParameterError (naming every wrong field).
    """
    if not isinstance(data, dict):
        raise BadRequest()
    if not data and not model.may_be_empty:
        raise EmptyRequest()
    if len(data) > MAX_FIELDS:
        raise ParameterError(f"The request has more than {MAX_FIELDS} fields.")
    if not all(isinstance(key, str) for key in data):
        raise ParameterError("Every field's name must be a string.")
    chosen: type[Request] = model
    if model is UpdateImageRequest and ("info" in data or "reg_photo" in data):
        chosen, data = OldUpdateImageRequest, modern_spelling(data)
    try:
        return cast(R, chosen.model_validate(data))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[:MAX_PROBLEMS]
    problems = {_field(e): _sentence(e) for e in found}
    message = "; ".join(f"{field} {why}" for field, why in problems.items())
    raise ParameterError(f"{message}.", fields=problems)


def modern_spelling(data: dict[str, Any]) -> dict[str, Any]:
    """The old spelling's ``info`` and ``reg_photo`` under today's names, which win over them."""
    if "reg_photo" in data and not is_sent(data["reg_photo"]):
        problem = {"reg_photo": "must not be empty"}
        raise ParameterError("reg_photo must not be empty.", fields=problem)
    info = data["info"] if is_sent(data.get("info")) else {}
    if not isinstance(info, dict):
        raise ParameterError("info must be an object.", fields={"info": "must be an object"})
    sent = {key: value for key, value in data.items() if is_sent(value)}
    old = {name: info[key] for key, name in _OLD_INFO.items() if key in info}
    if "reg_photo" in sent:
        old["register_image"] = sent.pop("reg_photo")
    sent.pop("info", None)
    extra = {key: value for key, value in info.items() if key not in _OLD_INFO}
    ext_info = sent.get("ext_info", {})
    if extra and isinstance(ext_info, dict):
        sent["ext_info"] = {**extra, **ext_info}
    return {**old, **sent}


def _field(error: ErrorDetails) -> str:
    """Where it went wrong; a caller's own name in printable characters, of bounded length."""
    return ".".join(_printable(str(part)[:64]) for part in error["loc"][:4]) or "request"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def _sentence(error: ErrorDetails) -> str:
    kind = error["type"]
    context = error.get("ctx", {})
    if kind in _WORDS:
        return _WORDS[kind]
    if kind == "literal_error":
        return f"must be one of {context['expected']}"
    if kind == "string_too_long":
        return f"may have at most {context['max_length']} characters"
    if kind in ("greater_than_equal", "less_than_equal"):
        return (
            f"must be {'at least' if kind[0] == 'g' else 'at most'} {next(iter(context.values()))}"
        )
    if kind == "too_short":
        return "must not be empty"
    if kind == "too_long":
        return f"may have at most {context['max_length']} entries"
    if kind == "value_error":
        return f"is not accepted: {context['error']}"
    return "has the wrong form"
