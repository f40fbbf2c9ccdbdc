"""One file over HTTP: goes on where it stopped, never larger than agreed."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import requests
import urllib3

from core.engine.address import (
    Address,
    DownloadError,
    Timeout,
    UnreachableError,
    open_address,
    public_address,
    status_line,
)
from core.engine.catalogue import Download

MAX_BYTES = 2 << 30  # of a download whose size is not known
SLACK = 1.2
BLOCK = 1 << 16  # what a stall may lose

Report = Callable[[int, "int | None"], None]


class Transfer:
    """A download into ``<folder>/<name>.part``, with what is needed to go on beside it.

    Attributes:
        part: what has arrived.
        origin: where it came from, once ``run`` has succeeded; no user name, no query.
    """

    def __init__(self, download: Download, folder: Path) -> None:
        self.download = download
        self.part = folder / f"{download.name}.part"
        self._mark = folder / f"{download.name}.part.from"
        self.origin = ""

    @property
    def arrived(self) -> int:
        """Bytes that are there."""
        return self.part.stat().st_size if self.part.is_file() else 0

    def discard(self) -> None:
        """Remove what has arrived."""
        self.part.unlink(missing_ok=True)
        self._mark.unlink(missing_ok=True)

    def run(self, addresses: tuple[Address, ...], report: Report, timeout: Timeout) -> None:
        """Fetch from the first address that hands the file out.

        Raises DownloadError: no address did, the connection ended, too large, too slow.
        """
        refusals = []
        for address in addresses:
            try:
                self._fetch(address, report, timeout)
            except UnreachableError as error:
                refusals.append(str(error))
            else:
                self.origin = self._noted()[0] or public_address(address.url)
                return
        raise DownloadError("; ".join(dict.fromkeys(refusals)), "network")

    def _fetch(self, address: Address, report: Report, timeout: Timeout) -> None:
        have = self._reusable(address)
        if have and have == self.download.size and self.download.sha256:
            report(have, have)
            return
        with open_address(address, self._range(address, have), timeout) as response:
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
                self.discard()  # what is here is not a beginning of what is there
            elif response.status_code in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
                self._receive(response, address, have, report)
                return
            else:
                raise UnreachableError(f"{address.host} answered {status_line(response)}")
        self._fetch(address, report, timeout)

    def _reusable(self, address: Address) -> int:
        """Bytes to go on from: only when a known hash or the server can tell them from others."""
        if not (self.download.sha256 or self._validator(address)):
            self.discard()
        return self.arrived

    def _validator(self, address: Address) -> str:
        """What the server called the content that has arrived (ETag or date), or nothing."""
        origin, validator = self._noted()
        return validator if origin == public_address(address.url) else ""

    def _noted(self) -> tuple[str, str]:
        """Origin and validator of what has arrived, each empty when not known."""
        text = self._mark.read_text(encoding="utf-8") if self._mark.is_file() else ""
        origin, _, validator = text.partition("\n")
        return origin, validator

    def _range(self, address: Address, have: int) -> dict[str, str]:
        if not have:
            return {}
        validator = self._validator(address)
        return {"Range": f"bytes={have}-"} | ({"If-Range": validator} if validator else {})

    def _receive(
        self, response: requests.Response, address: Address, have: int, report: Report
    ) -> None:
        if response.status_code == HTTPStatus.OK:
            have = 0  # the whole file comes, also when only the rest was asked for
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            self.discard()
            raise DownloadError(f"{address.host} sent another part than was asked for")
        length = response.headers.get("Content-Length", "")
        total = have + int(length) if length.isdigit() else None
        self._check_size(total, address)
        self._note(address, response)
        try:
            have = self._write(response, have, total, report)
        except urllib3.exceptions.ReadTimeoutError as error:
            raise self._cut("stalled", total) from error
        except urllib3.exceptions.HTTPError as error:
            raise self._cut("ended", total) from error
        if total is None and self.download.sha256 and have < (self.download.size or 0):
            raise self._cut("ended", total)

    def _write(
        self, response: requests.Response, have: int, total: int | None, report: Report
    ) -> int:
        """Append the body as it is on the wire; returns the bytes that are there then."""
        with self.part.open("ab" if have else "wb") as out:
            report(have, total)
            for block in response.raw.stream(BLOCK, decode_content=False):
                have += len(block)
                self._check_limit(have)
                out.write(block)
                report(have, total)
        return have

    def _note(self, address: Address, response: requests.Response) -> None:
        headers = response.headers
        etag = headers.get("ETag", "")
        validator = headers.get("Last-Modified", "") if etag.startswith("W/") or not etag else etag
        self._mark.write_text(f"{public_address(address.url)}\n{validator}", encoding="utf-8")

    def _check_size(self, total: int | None, address: Address) -> None:
        size = self.download.size
        if total is None:
            return
        self._check_limit(total)
        if size is not None and self.download.sha256 and total != size:
            raise UnreachableError(
                f"{address.host} has another file under this name ({_mb(total)}, not {_mb(size)})"
            )

    def _check_limit(self, amount: int) -> None:
        size = self.download.size
        limit = MAX_BYTES if size is None else int(size * SLACK)
        if amount > limit:
            self.discard()
            raise DownloadError(
                f"{self.download.name} is larger than the {_mb(limit)} it may have; it was deleted"
            )

    def _cut(self, what: str, total: int | None) -> DownloadError:
        size = total or self.download.size
        so_far = f"{_mb(self.arrived)[:-3]} of {_mb(size)}" if size else _mb(self.arrived)
        return DownloadError(
            f"the connection {what} after {so_far}; start it again to go on", "cut"
        )


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
