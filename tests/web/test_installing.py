"""The manifest that lets a browser install FaceDesk: complete, and its icons are what it says."""

from __future__ import annotations

import io
from urllib.parse import urljoin

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.manifest import ADDRESS, ICON_SIDES
from core.web.installing import installing_routes


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=[installing_routes()]))


def test_the_manifest_names_icons_that_are_there(client: TestClient) -> None:
    answer = client.get(f"/{ADDRESS}")
    assert answer.headers["content-type"] == "application/manifest+json"
    described = answer.json()
    assert described["name"] == "FaceDesk" and described["display"] == "standalone"
    assert urljoin(f"http://x/{ADDRESS}", described["start_url"]) == "http://x/"
    sides = []
    for icon in described["icons"]:
        picture = client.get(urljoin(f"/{ADDRESS}", icon["src"]))
        assert picture.headers["content-type"] == icon["type"]
        side = Image.open(io.BytesIO(picture.content)).size
        assert icon["sizes"] == f"{side[0]}x{side[1]}"
        sides.append(side[0])
    assert tuple(sides) == ICON_SIDES


@pytest.mark.parametrize("path", ["", "icon-1.png", "../api.py", "%2e%2e/api.py"])
def test_there_is_nothing_else(client: TestClient, path: str) -> None:
    assert client.get(f"/facedesk/{path}").status_code == 404
