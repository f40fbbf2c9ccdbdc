"""The door: sessions, tokens, claims, lock-outs; and that refusals are written down."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from core.access import door as door_module
from core.access import secrets
from core.access.door import REFUSALS_PER_MINUTE, Door, Session, Visitor
from core.access.roles import LEAST, may, require
from core.contract.fields import ROLES
from core.errors import Forbidden, TooManyRequests, Unauthorized
from core.gallery.records import Actor, ApiToken
from core.gallery.store import Gallery
from core.settings import Settings
from tests.databases import only_sqlite, url_of

Make = Callable[..., Settings]
PASSWORD = "correct horse battery"
HERE = Visitor("192.0.2.7")


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    with Gallery.open(url_of(tmp_path / "g.db"), 5, 3) as opened:
        yield opened


@pytest.fixture
def make_door(gallery: Gallery, settings: Make) -> Callable[..., Door]:
    def make(access: str = "accounts", **knobs: Any) -> Door:
        return Door(settings(access=access, **knobs), gallery)

    return make


def add_user(gallery: Gallery, name: str = "ann", role: Any = "operator") -> None:
    gallery.create_account(name, role, secrets.hash_password(PASSWORD), Actor())


def add_token(gallery: Gallery, role: Any = "operator", days: float | None = None) -> str:
    token_id, secret_sha256, text = secrets.new_token()
    now = datetime.now(timezone.utc)
    expires = now + timedelta(days=days) if days else None
    token = ApiToken(token_id, f"t-{role}", role, secret_sha256, now, expires, None, None)
    gallery.create_token(token, Actor())
    return text


def with_token(text: str, address: str = "192.0.2.7") -> Visitor:
    return Visitor(address, f"Bearer {text}")


def test_roles_include_each_other_and_the_unknown_is_the_admins() -> None:
    for right, least in LEAST.items():
        allowed = [may(role, right) for role in ROLES]
        assert allowed == sorted(allowed) and allowed[ROLES.index(least)]
    assert [may(role, "something new") for role in ROLES] == [False, False, True]
    with pytest.raises(Forbidden, match="operator"):
        require("viewer", "replace")


def test_passwords_are_hashed_slowly_and_salted() -> None:
    one, other = secrets.hash_password(PASSWORD), secrets.hash_password(PASSWORD)
    assert one != other and one.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert secrets.is_password(one, PASSWORD) and not secrets.is_password(one, PASSWORD + " ")
    assert not secrets.is_password("damaged", PASSWORD)
    for wrong in ("short", "x" * 201):
        with pytest.raises(Exception, match="characters"):
            secrets.hash_password(wrong)


def test_an_unknown_name_takes_as_long_as_a_wrong_password() -> None:
    stored = secrets.hash_password(PASSWORD)
    secrets.is_password(None, PASSWORD)  # makes nobody's hash once

    def seconds(hash_: str | None) -> float:
        start = time.perf_counter()
        assert not secrets.is_password(hash_, "something else altogether")
        return time.perf_counter() - start

    pairs = [(seconds(stored), seconds(None)) for _ in range(3)]  # others compute too
    assert max(nobody / known for known, nobody in pairs) > 1 / 2


def test_secrets_are_compared_in_constant_time() -> None:
    assert "compare_digest" in inspect.getsource(secrets.is_same)
    source = inspect.getsource(door_module)
    assert source.count("is_same(") == 2  # a token's secret, a session's stamp
    assert "secret_sha256 ==" not in source and "== secret_sha256" not in source


@only_sqlite
def test_only_hashes_are_stored(gallery: Gallery, tmp_path: Path) -> None:
    add_user(gallery)
    secret = add_token(gallery).split("_", 2)[2].encode()
    gallery.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("g.db*"))
    assert b"ann" in stored
    assert secret not in stored and PASSWORD.encode() not in stored


def test_sign_in_and_what_ends_a_session(gallery: Gallery, make_door: Callable[..., Door]) -> None:
    add_user(gallery)
    door = make_door()
    session = door.sign_in("ann", PASSWORD, HERE)
    assert door.resume(session).name == "ann" and door.resume(session).role == "operator"
    account = gallery.account("ann")
    assert account is not None and account.last_used_at is not None
    gallery.set_role("ann", "viewer", Actor())
    assert door.resume(session).role == "viewer"
    gallery.set_disabled("ann", True, Actor())
    assert _refuses(lambda: door.resume(session)) and _refuses(
        lambda: door.sign_in("ann", PASSWORD, HERE)
    )
    gallery.set_disabled("ann", False, Actor())
    assert door.resume(session)
    gallery.set_password("ann", secrets.hash_password("another good one"), Actor())
    assert _refuses(lambda: door.resume(session))
    fresh = door.sign_in("ann", "another good one", HERE)
    assert _refuses(lambda: door.resume(Session("ann", fresh.stamp, time.time() - 1)))
    assert _refuses(lambda: door.resume(Session("bob", fresh.stamp, fresh.until)))
    assert _refuses(lambda: make_door("oidc").resume(fresh))


def _refuses(job: Callable[[], object]) -> bool:
    with pytest.raises(Unauthorized):
        job()
    return True


def test_wrong_passwords_lock_the_name_out(
    gallery: Gallery, make_door: Callable[..., Door]
) -> None:
    add_user(gallery)
    door = make_door(lockout_failures=2)
    for number in range(2):
        assert _refuses(lambda n=number: door.sign_in("ann", "wrong", Visitor(f"192.0.2.{n}")))
    with pytest.raises(TooManyRequests) as caught:
        door.sign_in("ann", PASSWORD, HERE)
    assert 0 < caught.value.details["retry_after_s"] <= 900
    row = gallery.audit_rows(1)[0].entry
    assert (row.action, row.outcome, row.actor.operator) == ("lock_out", 42900, "user:ann")


def test_an_address_that_guesses_is_locked_out_but_its_valid_token_is_not(
    gallery: Gallery, make_door: Callable[..., Door]
) -> None:
    door, good = make_door(lockout_failures=3), add_token(gallery)
    for _ in range(3):
        assert _refuses(lambda: door.admit(with_token("facedesk_a_b")))
    with pytest.raises(TooManyRequests):
        door.admit(with_token("facedesk_a_b"))
    assert door.admit(with_token(good)).via == "token"
    assert _refuses(lambda: door.admit(with_token("facedesk_a_b", "192.0.2.8")))


def test_tokens(gallery: Gallery, make_door: Callable[..., Door]) -> None:
    door, text = make_door(lockout_failures=100), add_token(gallery, "viewer", days=1)
    principal = door.admit(with_token(text))
    assert (principal.name, principal.role) == ("t-viewer", "viewer")
    assert gallery.tokens()[0].last_used_at is not None
    mark, token_id, secret = text.split("_", 2)
    for wrong in (
        "",
        text,
        f"Basic {text}",
        f"Token {text}",
        f"Bearer {text}x",
        f"Bearer {text[:-1]}",
        f"Bearer {mark}_{token_id}_",
        f"Bearer {mark}__{secret}",
        f"Bearer {secret}",
        f"Bearer {token_id}",
        f"Bearer {text} {text}",
        f"Bearer {text.upper()}",
        "Bearer",
        "Bearer \x00",
        "Bearer facedesk_' OR 1=1 --_x",
    ):
        assert _refuses(lambda w=wrong: door.admit(Visitor("192.0.2.7", w))), wrong
    assert door.admit(Visitor("192.0.2.7", f"bearer  {text}"))
    gallery.revoke_token(token_id, Actor())
    assert _refuses(lambda: door.admit(with_token(text)))
    assert _refuses(lambda: door.admit(with_token(add_token(gallery, days=1e-9))))


def test_the_rate_is_counted_for_each_token(
    gallery: Gallery, make_door: Callable[..., Door]
) -> None:
    door = make_door(rate_per_minute=1, rate_burst=2, lockout_failures=100)
    one, other = add_token(gallery), add_token(gallery)
    for _ in range(2):
        door.admit(with_token(one))
    with pytest.raises(TooManyRequests) as caught:
        door.admit(with_token(one, "192.0.2.99"))
    assert caught.value.details["retry_after_s"] > 50
    assert door.admit(with_token(other))
    for _ in range(2):
        assert _refuses(lambda: door.admit(Visitor("192.0.2.50")))
    with pytest.raises(TooManyRequests):
        door.admit(Visitor("192.0.2.50"))
    assert _refuses(lambda: door.admit(Visitor("192.0.2.51")))


CLAIMS: list[tuple[dict[str, Any], object]] = [
    ({"email": "ann@x.org"}, "admin"),
    ({"email": "ann@x.org", "email_verified": True}, "admin"),
    ({"email": "ann@x.org", "email_verified": False}, Forbidden),
    ({"email": "eve@x.org"}, Forbidden),
    ({"email": "eve@x.org", "roles": ["other", "viewer", "operator"]}, "operator"),
    ({"email": "eve@x.org", "roles": "viewer"}, "viewer"),
    ({"email": "eve@x.org", "roles": "superadmin"}, Forbidden),
    ({"email": "eve@x.org", "roles": {"admin": True}}, Forbidden),
    ({"email": "eve@x.org", "roles": 3}, Forbidden),
    ({"email": ["ann@x.org"]}, Forbidden),
    ({"email": ""}, Unauthorized),
    ({"email": "ann@x.org\n"}, Unauthorized),
    ({"sub": "ann@x.org"}, Forbidden),
    ({}, Forbidden),
]


@pytest.mark.parametrize(("claims", "expected"), CLAIMS)
def test_claims(make_door: Callable[..., Door], claims: dict[str, Any], expected: Any) -> None:
    door = make_door("oidc", roles="ann@x.org=admin")
    if isinstance(expected, str):
        assert door.claimed(claims | {"iat": time.time()}).role == expected
    else:
        with pytest.raises(expected):
            door.claimed(claims | {"iat": time.time()})
    for old in (time.time() - 13 * 3600, None, "now"):
        assert _refuses(lambda o=old: door.claimed(claims | {"iat": o}))
    assert _refuses(lambda: make_door("accounts").claimed(claims | {"iat": time.time()}))


def test_a_proxys_users(make_door: Callable[..., Door]) -> None:
    door = make_door("proxy", roles="ann=admin, *=viewer")
    assert door.proxied("ann").role == "admin" and door.proxied("eve").role == "viewer"
    assert door.admit(Visitor("10.0.0.1", proxy_user="eve")).name == "eve"
    with pytest.raises(Forbidden):
        make_door("proxy", roles="ann=admin").proxied("eve")
    for name in ("", " ", "a\nb", "x" * 201):
        assert _refuses(lambda n=name: door.proxied(n))
    assert _refuses(lambda: make_door("accounts").proxied("ann"))
    assert _refuses(lambda: make_door("accounts").admit(Visitor("10.0.0.1", proxy_user="ann")))


def test_refusals_are_written_down_but_not_without_end(
    gallery: Gallery, make_door: Callable[..., Door]
) -> None:
    door, start = make_door(), time.monotonic()
    for _ in range(2 * REFUSALS_PER_MINUTE):
        door.refused("replace", Unauthorized(), HERE)
    seconds = time.monotonic() - start
    rows = gallery.audit_rows(200)
    assert REFUSALS_PER_MINUTE <= len(rows) <= REFUSALS_PER_MINUTE + seconds + 1
    entry = rows[0].entry
    assert (entry.action, entry.outcome, entry.actor.source) == ("replace", 40100, "api")
    assert entry.actor.address == "192.0.2.7"
    assert gallery.verify_chain() is None


def test_open_access_asks_for_nothing(make_door: Callable[..., Door]) -> None:
    principal = make_door("open").admit(Visitor("127.0.0.1"))
    assert (principal.name, principal.role) == ("", "admin")
