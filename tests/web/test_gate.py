"""The gate: other machines, other names, other people's headers; for pages as well as routes."""

from __future__ import annotations

from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.desk import Desk
from core.web.gate import Gate, believe_no_proxy
from tests.web.material import HERE, STRANGER, guarded, refusal_rows

Peer = tuple[str, int]


async def tell(request: Request) -> Response:
    headers = request.headers
    return JSONResponse(
        {
            "client": request.client.host if request.client else None,
            "user": headers.getlist("x-forwarded-user"),
        }
    )


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(",".join(socket.headers.getlist("x-forwarded-user")))
    await socket.close()


def behind_gate(desk: Desk, peer: Peer = ("127.0.0.1", 5), base_url: str = HERE) -> TestClient:
    gate = Middleware(Gate, settings=desk.settings, desk=lambda: desk)
    routes = [Route("/page", tell), WebSocketRoute("/socket", talk)]
    app = Starlette(routes=routes, middleware=[gate])
    return TestClient(app, base_url=base_url, client=peer)


def hears(client: TestClient, headers: dict[str, str]) -> str | None:
    """What the socket says; None when it does not open."""
    try:
        address = str(client.base_url).replace("http", "ws", 1)
        with client.websocket_connect(f"{address}/socket", headers=headers) as socket:
            return socket.receive_text()
    except WebSocketDisconnect:
        return None


@pytest.mark.parametrize(
    ("access", "local", "served"),
    [
        ("open", "127.0.0.1:8501", True),
        ("open", "[::1]:8501", True),
        ("open", "192.0.2.2:8501", False),
        ("open", "testserver", False),
        ("accounts", "192.0.2.2:8501", True),
    ],
)
def test_open_access_serves_this_machine_only(
    desk: Desk, access: str, local: str, served: bool
) -> None:
    """``local`` is the server's end of the connection, whatever the Host header claims."""
    here = guarded(desk, access)
    client = behind_gate(here, base_url=f"http://{local}")
    host = {"Host": "localhost"}
    answer = client.get("/page", headers=host)
    assert answer.status_code == (200 if served else 403)
    assert (hears(client, host) is not None) is served
    if not served:
        assert answer.json()["error"]["code"] == 40300
        assert "FACEDESK_ACCESS" in answer.json()["error"]["message"]
        assert refusal_rows(here, 2) == [("connect", 40300, "", "127.0.0.1")] * 2


HOSTS: list[tuple[str, dict[str, Any], str, bool]] = [
    ("open", {}, "localhost:8501", True),
    ("open", {}, "127.0.0.1:8501", True),
    ("open", {}, "[::1]:8501", True),
    ("open", {}, "evil.example:8501", False),
    ("open", {}, "127.0.0.1.evil.example", False),
    ("open", {}, "", False),
    ("open", {"allowed_hosts": "desk.local"}, "desk.local:8501", True),
    ("open", {"allowed_hosts": "desk.local"}, "localhost:8501", False),
    ("accounts", {}, "any.example", True),
    ("accounts", {"allowed_hosts": "desk.example.org"}, "desk.example.org", True),
    ("accounts", {"allowed_hosts": "desk.example.org"}, "evil.example", False),
]


@pytest.mark.parametrize(("access", "knobs", "host", "served"), HOSTS)
def test_host_names(
    desk: Desk, access: str, knobs: dict[str, Any], host: str, served: bool
) -> None:
    client = behind_gate(guarded(desk, access, **knobs))
    assert client.get("/page", headers={"Host": host}).status_code == (200 if served else 403)
    assert (hears(client, {"Host": host}) is not None) is served


@pytest.mark.parametrize("access", ["open", "accounts"])
@pytest.mark.parametrize(
    ("origin", "opens"),
    [
        ("http://localhost:8501", True),
        ("", False),
        ("null", False),
        ("http://evil.example", False),
        ("http://localhost:3000", False),
        ("http://localhost:8501.evil.example", False),
        ("http://[", False),
    ],
)
def test_a_socket_is_for_our_own_pages(desk: Desk, access: str, origin: str, opens: bool) -> None:
    here = guarded(desk, access)
    headers = {"Host": "localhost:8501", "Origin": origin}
    assert (hears(behind_gate(here), headers) is not None) is opens
    assert opens or refusal_rows(here) == [("connect", 40300, "", "127.0.0.1")]


def test_other_sites_cannot_frame_a_page(desk: Desk) -> None:
    answer = behind_gate(guarded(desk, "open")).get("/page")
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    ("access", "peer", "client", "user"),
    [
        ("proxy", ("10.0.0.1", 1), "198.51.100.7", ["ann"]),
        ("proxy", STRANGER, STRANGER[0], []),
        ("proxy", ("127.0.0.1", 1), "127.0.0.1", []),
        ("accounts", ("10.0.0.1", 1), "198.51.100.7", []),
        ("open", ("127.0.0.1", 1), "127.0.0.1", []),
    ],
)
def test_what_a_proxy_says(
    desk: Desk, access: str, peer: Peer, client: str, user: list[str]
) -> None:
    gated = behind_gate(guarded(desk, access, trusted_proxies="10.0.0.0/8"), peer)
    headers = {"x-forwarded-USER": "ann", "X-Forwarded-For": "6.6.6.6, 198.51.100.7"}
    assert gated.get("/page", headers=headers).json() == {"client": client, "user": user}
    assert hears(gated, headers) == ",".join(user)


def test_a_user_named_twice_is_nobody(desk: Desk) -> None:
    gated = behind_gate(guarded(desk, "proxy", trusted_proxies="10.0.0.1"), ("10.0.0.1", 1))
    twice = [("X-Forwarded-User", "ann"), ("X-Forwarded-User", "boss")]
    assert gated.get("/page", headers=twice).json()["user"] == []


def test_uvicorn_leaves_the_sockets_address_alone() -> None:
    """It would believe ``X-Forwarded-For`` of every program on this machine."""
    believe_no_proxy()
    config = uvicorn.Config(tell, proxy_headers=True, forwarded_allow_ips="*", log_config=None)
    config.load()
    seen = config.loaded_app
    while hasattr(seen, "app"):
        assert "Proxy" not in type(seen).__name__
        seen = seen.app
    assert seen is tell
