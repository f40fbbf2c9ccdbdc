"""What the OpenAPI document promises, held against the routes with requests made from it."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounds
from schemathesis.specs.openapi import checks as promised
from starlette.applications import Starlette

from core.web.api import make_routes
from core.web.openapi import openapi_document
from tests.bad_inputs.bench import Bench

DOCUMENTED_5XX = (503, 507)
CHECKS = [
    promised.response_schema_conformance,
    promised.status_code_conformance,
    promised.content_type_conformance,
]
OPERATIONS = [
    (path, method) for path, item in openapi_document()["paths"].items() for method in item
]


@pytest.fixture(scope="session")
def document(bench: Bench) -> Any:
    """The document as it is served, with the application behind it; no socket is opened."""
    app = Starlette(routes=make_routes(bench.desk.settings, lambda: bench.desk))
    return schemathesis.openapi.from_asgi("/sophon/openapi.json", app)


@pytest.mark.hypothesis
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_answers_are_as_documented(
    document: Any, path: str, method: str, mode: schemathesis.GenerationMode
) -> None:
    """Requests as the document has them, and requests that it forbids."""
    if method == "get" and mode is schemathesis.GenerationMode.NEGATIVE:
        pytest.skip("the document forbids no photo id: any string may be asked for")
    operation = document[path][method]

    @bounds(
        max_examples=15,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def ask(case: Any) -> None:
        response = case.call()
        assert response.status_code < 500 or response.status_code in DOCUMENTED_5XX
        case.validate_response(response, checks=CHECKS)

    ask()
