"""An address on the web and the question for a file there; what can go wrong, in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import requests

Kind = Literal["network", "cut", "wrong", "space", "write", "address"]


class DownloadError(Exception):
    """A pack could not be fetched; the text is a sentence for the person who asked for it.

    Attributes:
        kind: ``network`` (not reached), ``cut`` (broken off, can go on), ``wrong`` (not what it
            has to be), ``space``, ``write`` (the models folder), ``address`` (cannot be used).
    """

    kind: Kind = "wrong"

    def __init__(self, sentence: str, kind: Kind | None = None) -> None:
        super().__init__(sentence)
        self.kind = kind or self.kind


class UnreachableError(DownloadError):
    """This address did not hand the file out; another one may."""

    kind: Kind = "network"


class Timeout(NamedTuple):
    """Seconds to wait."""

    connect: float = 10
    read: float = 30


PATIENCE = Timeout()


@dataclass(frozen=True, slots=True)
class Address:
    """An http or https address. Raises DownloadError for any other."""

    url: str

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            usable = False
        if not usable:
            raise DownloadError("only http:// and https:// addresses can be used", "address")

    @property
    def host(self) -> str:
        """Name of the server."""
        return urlsplit(self.url).hostname or ""


def public_address(url: str) -> str:
    """The address without user name, password, query and fragment, fit to be written down."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def open_address(address: Address, headers: dict[str, str], timeout: Timeout) -> requests.Response:
    """Ask for the file; environment proxies are honoured, the answer's body is not read yet."""
    ask = {"User-Agent": "facedesk", "Accept-Encoding": "identity"} | headers
    try:
        response = requests.get(
            address.url, headers=ask, stream=True, timeout=(timeout.connect, timeout.read)
        )
    except requests.exceptions.SSLError as error:
        raise UnreachableError(f"{address.host} could not prove who it is (certificate)") from error
    except requests.exceptions.ProxyError as error:
        raise UnreachableError(f"the proxy does not let {address.host} be reached") from error
    except requests.exceptions.Timeout as error:
        raise UnreachableError(f"{address.host} did not answer in time") from error
    except requests.exceptions.RequestException as error:
        raise UnreachableError(f"{address.host} cannot be reached") from error
    if urlsplit(address.url).scheme == "https" and urlsplit(response.url).scheme != "https":
        response.close()
        raise UnreachableError(f"{address.host} led to an address without encryption")
    return response


def status_line(response: requests.Response) -> str:
    """Status code and reason, as in ``404 Not Found``."""
    return f"{response.status_code} {response.reason or ''}".strip()
