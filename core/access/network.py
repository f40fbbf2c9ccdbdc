"""Addresses: this machine's own, a believed proxy's, and the names a Host header may hold."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from core.settings import Settings, listed

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

Networks = Sequence[IPv4Network | IPv6Network]


class UnguardedError(Exception):
    """The server would serve strangers; its text says what to set."""


def require_guarded(settings: Settings, address: str | None) -> None:
    """Raise UnguardedError when a server at this address would let everybody in.

    Args:
        settings: how access is set up.
        address: where the server is about to listen; none or empty is everywhere.
    """
    if settings.access == "proxy" and not settings.proxy_networks:
        raise UnguardedError(
            "FACEDESK_ACCESS=proxy needs FACEDESK_TRUSTED_PROXIES: the proxy's address, "
            "for example 127.0.0.1. See docs/access.md."
        )
    if settings.access == "open" and not is_loopback(address or ""):
        raise UnguardedError(
            f"FaceDesk does not start on {address or 'every address'} without access control: "
            "anybody in the network could change registered faces. Set FACEDESK_ACCESS to "
            "accounts, proxy or oidc (docs/access.md has five lines for each), or listen on "
            "127.0.0.1."
        )


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine's own."""
    address = parse_address(host)
    return address.is_loopback if address else host.lower() == "localhost"


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """An address, IPv4 also where it comes wrapped in IPv6; None when it is none."""
    try:
        address = ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_within(address: str, networks: Networks) -> bool:
    """Whether an address lies in one of the networks."""
    found = parse_address(address)
    return found is not None and any(found in network for network in networks)


def client_address(peer: str, forwarded: str, proxies: Networks) -> str:
    """Who really calls.

    Args:
        peer: the other end of the socket.
        forwarded: the ``X-Forwarded-For`` header; believed only from a proxy, and there from
            the right up to the first address that no proxy of ours has.
        proxies: where believed proxies are.
    """
    if not is_within(peer, proxies):
        return peer
    for hop in reversed(listed(forwarded)):
        if parse_address(hop) is None:
            break
        if not is_within(hop, proxies):
            return hop
    return peer


def is_host_allowed(host: str, settings: Settings) -> bool:
    """Whether a Host header names this server, so that no other name was led here."""
    allowed = {name.strip("[]").lower() for name in listed(settings.allowed_hosts)}
    if not allowed and settings.access != "open":
        return True
    return host_name(host) in (allowed or LOOPBACK_NAMES)


def host_name(host: str) -> str:
    """A Host header without its port and brackets, small letters."""
    name = host.lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].rstrip(".")
