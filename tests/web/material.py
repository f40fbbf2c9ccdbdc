"""A guarded desk, its callers, and routes behind the gate."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from core.access.secrets import new_token
from core.contract.fields import ROLES, Role
from core.desk import Desk
from core.gallery.records import Actor, ApiToken
from core.settings import Settings
from core.web.api import make_routes
from core.web.gate import Gate

CALLERS: tuple[str, ...] = ("anonymous", *ROLES)

REGISTERING: list[tuple[str, dict[str, Any], Role]] = [
    ("a good photo", {}, "operator"),
    ("level no", {"fiqa_level": "no"}, "admin"),
    ("a red card", {"photo": "ming"}, "admin"),
]
"""What is registered, how it differs from the good request, and the weakest role that may."""


def reaches(role: str, least: Role) -> bool:
    """Whether a caller has at least that role."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(least)  # type: ignore[arg-type]


HERE = "http://127.0.0.1:8501"
STRANGER = ("203.0.113.9", 4711)


def guarded(desk: Desk, access: str = "accounts", **knobs: Any) -> Desk:
    """The same gallery and models behind other settings."""
    own = {"data": desk.settings.data, "engine": "dlib", "image_roots": desk.settings.image_roots}
    settings = Settings(_env_file=None, access=access, **{**own, **knobs})
    return Desk(settings, desk.gallery, desk.vision)


def make_client(desk: Desk, client: tuple[str, int] = STRANGER, base_url: str = HERE) -> TestClient:
    """The routes behind the gate, called from that address."""
    gate = Middleware(Gate, settings=desk.settings, desk=lambda: desk)
    app = Starlette(routes=make_routes(desk.settings, lambda: desk), middleware=[gate])
    return TestClient(app, base_url=base_url, raise_server_exceptions=False, client=client)


def token_of(desk: Desk, role: Role, days: float | None = None) -> str:
    token_id, secret_sha256, text = new_token()
    now = datetime.now(timezone.utc)
    expires = now + timedelta(days=days) if days else None
    desk.gallery.create_token(
        ApiToken(token_id, f"a {role}", role, secret_sha256, now, expires, None, None), Actor()
    )
    return text


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def refusal_rows(desk: Desk, count: int = 1) -> list[tuple[str, int, str, str]]:
    """Action, outcome, operator and address of the newest audit rows, newest first."""
    return [
        (e.action, e.outcome, e.actor.operator, e.actor.address)
        for e in (row.entry for row in desk.gallery.audit_rows(count))
    ]
