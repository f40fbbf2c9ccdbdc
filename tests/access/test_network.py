"""Which addresses are this machine's, whose word counts, and which names are ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.access.network import (
    UnguardedError,
    client_address,
    is_host_allowed,
    is_loopback,
    require_guarded,
)
from core.settings import Settings

Make = Callable[..., Settings]


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("localhost", True),
        ("LocalHost", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("10.0.0.1", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("2130706433", False),
        ("testserver", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("access", "address", "starts"),
    [
        ("open", "127.0.0.1", True),
        ("open", "localhost", True),
        ("open", "::1", True),
        ("open", "0.0.0.0", False),
        ("open", "::", False),
        ("open", "", False),
        ("open", None, False),
        ("open", "192.168.1.5", False),
        ("open", "desk.example.org", False),
        ("accounts", "0.0.0.0", True),
        ("oidc", "", True),
        ("proxy", "127.0.0.1", False),
    ],
)
def test_start(settings: Make, access: str, address: str | None, starts: bool) -> None:
    made = settings(access=access)
    if starts:
        require_guarded(made, address)
        return
    with pytest.raises(UnguardedError, match="FACEDESK_"):
        require_guarded(made, address)


def test_a_proxy_that_is_named_may_start(settings: Make) -> None:
    require_guarded(settings(access="proxy", trusted_proxies="10.0.0.0/8"), "0.0.0.0")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("8.8.8.8", "1.1.1.1", "8.8.8.8"),
        ("127.0.0.1", "1.1.1.1", "127.0.0.1"),
        ("10.0.0.1", "1.1.1.1", "1.1.1.1"),
        ("::ffff:10.0.0.1", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("", "1.1.1.1", ""),
    ],
)
def test_only_a_believed_proxy_says_who_calls(
    settings: Make, peer: str, forwarded: str, client: str
) -> None:
    proxies = settings(trusted_proxies="10.0.0.0/8").proxy_networks
    assert client_address(peer, forwarded, proxies) == client


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("localhost:8501", True),
        ("127.0.0.1", True),
        ("[::1]:8501", True),
        ("LOCALHOST:8501", True),
        ("evil.example:8501", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example:8501", False),
        ("evil.example#localhost", False),
        ("[::1", True),
        ("", False),
        (":8501", False),
    ],
)
def test_host_names_while_open(settings: Make, host: str, allowed: bool) -> None:
    assert is_host_allowed(host, settings()) is allowed


def test_host_names_as_set(settings: Make) -> None:
    made = settings(access="accounts", allowed_hosts="desk.example.org, [2001:db8::1]")
    assert is_host_allowed("desk.example.org:443", made)
    assert is_host_allowed("[2001:db8::1]:443", made)
    assert not is_host_allowed("localhost", made)
    assert is_host_allowed("any.example", settings(access="accounts"))


@pytest.mark.parametrize(
    "knobs",
    [
        {"roles": "ann"},
        {"roles": "ann=boss"},
        {"roles": "=admin"},
        {"trusted_proxies": "proxy.example"},
        {"trusted_proxies": "10.0.0.0/99"},
        {"access": "closed"},
    ],
)
def test_what_is_wrongly_set_stops_the_start(settings: Make, knobs: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(knobs))):
        settings(**knobs)
