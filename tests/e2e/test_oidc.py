"""Signing in with OIDC: a small provider of our own, a real server and a real browser."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from bench.visiting import settle, visitor
from core.desktop.server import free_port
from tests.e2e.hands import press
from tests.web.servers import STREAMLIT, started, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

jwk = pytest.importorskip("joserfc.jwk", reason="Authlib is not installed")
jwt = pytest.importorskip("joserfc.jwt", reason="Authlib is not installed")


class Provider(ThreadingHTTPServer):
    """Signs everybody in as ``person``, a dict of claims."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}"
        self.key = jwk.RSAKey.generate_key(2048, {"kid": "1"})
        self.person: dict[str, Any] = {}
        self.nonce = ""


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        issuer = self.server.issuer
        if address.path == "/authorize":
            self.server.nonce = asked.get("nonce", "")
            back = urlencode({"code": "c", "state": asked["state"]})
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()
        elif address.path == "/jwks":
            self.answer({"keys": [self.server.key.as_dict(private=False)]})
        else:
            self.answer(
                {
                    "issuer": issuer,
                    "authorization_endpoint": f"{issuer}/authorize",
                    "token_endpoint": f"{issuer}/token",
                    "jwks_uri": f"{issuer}/jwks",
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
            )

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        now = int(time.time())
        claims = {"iss": self.server.issuer, "aud": "facedesk", "sub": "1", "iat": now}
        claims |= {"exp": now + 600, "nonce": self.server.nonce, **self.server.person}
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.server.key)
        self.answer({"access_token": "a", "token_type": "Bearer", "id_token": token})

    def answer(self, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture
def guarded_server(provider: Provider, tmp_path: Path) -> Iterator[str]:
    port = free_port()
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(
        f"""[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "{base64.b64encode(bytes(range(32))).decode()}"
client_id = "facedesk"
client_secret = "s"
server_metadata_url = "{provider.issuer}/.well-known/openid-configuration"
"""
    )
    words = [*STREAMLIT, "--server.port", str(port), "--secrets.files", str(secrets)]
    knobs = {"FACEDESK_ACCESS": "oidc", "FACEDESK_ROLES": "ann@example.org=operator"}
    with started(words, tmp_path / "data", **knobs):
        wait_for(port)
        yield f"http://127.0.0.1:{port}"


def sign_in(browser: Browser, address: str) -> Page:
    page = visitor(browser).new_page()
    page.goto(f"{address}/identities")
    page.get_by_role("button", name="Sign in").wait_for()
    settle(page)
    page.get_by_role("button", name="Sign in").click()
    return page


def menu(page: Page) -> None:
    """Open the menu of who is signed in."""
    who = page.get_by_test_id("stPopover").get_by_role("button")
    who.wait_for()
    press(page, who)


def test_the_providers_word_opens_the_pages(
    browser: Browser, guarded_server: str, provider: Provider
) -> None:
    provider.person = {"email": "ann@example.org", "email_verified": True}
    page = sign_in(browser, guarded_server)
    menu(page)
    # An invisible sign in the address keeps it from becoming a link.
    page.get_by_text("ann@").and_(page.get_by_text("operator")).first.wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").wait_for()

    provider.person = {"email": "eve@example.org", "email_verified": True}
    stranger = sign_in(browser, guarded_server)
    stranger.get_by_text("You have no role here").wait_for()

    provider.person = {"email": "ann@example.org", "email_verified": False}
    liar = sign_in(browser, guarded_server)
    liar.get_by_text("does not vouch").wait_for()

    provider.person = {"email": "eve@example.org", "roles": ["viewer", "staff"]}
    viewer = sign_in(browser, guarded_server)
    menu(viewer)
    viewer.get_by_text("eve@").and_(viewer.get_by_text("viewer")).first.wait_for()
