"""Python reads this at its start when its folder is on PYTHONPATH: no socket leaves the machine.

Every attempt to reach another machine, or to look its name up, is one line in the file that
``FENCE_LOG`` names, and fails as it would without a network. Child processes inherit it.
"""

import errno
import os
import sys
from ipaddress import ip_address
from pathlib import Path

REACHING = ("socket.connect", "socket.sendto", "socket.sendmsg")
NAMING = ("socket.getaddrinfo", "socket.gethostbyname")


def is_here(address: object) -> bool:
    """Whether an address is this machine's; a path is a local socket's, None is the connected."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    try:
        ip = ip_address(host.partition("%")[0])
        return ip.is_loopback or ip.is_unspecified  # 0.0.0.0 as a goal is this machine
    except ValueError:
        return host == "localhost"


def is_known(host: object) -> bool:
    """Whether nobody has to be asked where it is: an address, this machine, or no host at all."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        return bool(ip_address(str(name)))
    except ValueError:
        return False


def watch(event: str, args: tuple[object, ...]) -> None:
    """Let through what stays here; note and refuse the rest."""
    if event in REACHING and not is_here(args[1]):
        note(f"{event} {args[1]!r}")
    elif event in NAMING and not is_known(args[0]):
        note(f"{event} {args[0]!r}")


def note(attempt: str) -> None:
    """Write it down, and fail as without a network."""
    with Path(os.environ["FENCE_LOG"]).open("a", encoding="utf-8") as log:
        log.write(f"{attempt}\n")
    raise OSError(errno.ENETUNREACH, "no network")


sys.addaudithook(watch)
