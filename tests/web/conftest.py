"""The routes on the same small gallery that the desk's tests use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.desk import Desk
from core.settings import Settings
from core.web.api import make_routes
from tests.desk.conftest import (  # noqa: F401 - fixtures
    b64,
    desk,
    looks,
    pictures,
    settings,
    snapshot,
    vision,
)


@pytest.fixture
def client(settings: Settings, desk: Desk) -> Iterator[TestClient]:  # noqa: F811
    with TestClient(
        Starlette(routes=make_routes(settings, lambda: desk)), raise_server_exceptions=False
    ) as client:
        yield client
