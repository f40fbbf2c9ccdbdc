"""The OpenAPI document, made from the very models that validate."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from core.calls.table import CALLS, Call
from core.contract.answers import ErrorAnswer
from core.errors import code_table

FAMILY = "/sophon/v2/face"
OLD_ADDRESS = "/SophonFogSys/api/users"


def openapi_document() -> dict[str, Any]:
    """OpenAPI 3.1 of every route."""
    models = [(call.request, "validation") for call in CALLS]
    models += [(call.answer, "serialization") for call in CALLS]  # type: ignore[misc]
    models.append((ErrorAnswer, "serialization"))  # type: ignore[arg-type]
    names, schemas = models_json_schema(
        list(dict.fromkeys(models)),  # type: ignore[arg-type]
        ref_template="#/components/schemas/{model}",
    )
    del names
    paths = {f"{FAMILY}/{call.name}": {"post": _operation(call)} for call in CALLS}
    del paths[f"{FAMILY}/getregisterimage"]
    paths[f"{FAMILY}/getregisterimage/{{register_image_id}}"] = {"get": _picture_operation()}
    old = _operation(CALLS[0]) | {"operationId": "update_image_old_spelling"}
    old["summary"] = "The original page's spelling: info, identity_id, reg_photo."
    old["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
    paths[OLD_ADDRESS] = {"post": old}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "FaceDesk",
            "version": "0.1.0",
            "description": "Replace a person's registered face photo safely.",
        },
        "paths": paths,
        "components": {"schemas": schemas["$defs"]},
    }


def _operation(call: Call) -> dict[str, Any]:
    return {
        "operationId": call.function,
        "summary": (call.run.__doc__ or "").strip().splitlines()[0],
        "requestBody": {"required": True, "content": _json(call.request.__name__)},
        "responses": {
            "200": {"description": "Done.", "content": _json(call.answer.__name__)},
            **_failures(),
        },
    }


def _picture_operation() -> dict[str, Any]:
    identifier = {
        "name": "register_image_id",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
    }
    picture = {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}
    return {
        "operationId": "get_register_image",
        "summary": "A registered photo's file.",
        "parameters": [identifier],
        "responses": {"200": {"description": "The photo.", "content": picture}, **_failures()},
    }


def _failures() -> dict[str, Any]:
    by_http: dict[int, list[str]] = {}
    for error in code_table():
        by_http.setdefault(error.http, []).append(f"{error.code} {error.status}")
    return {
        str(http): {"description": ", ".join(rows), "content": _json("ErrorAnswer")}
        for http, rows in sorted(by_http.items())
    }


def _json(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}
