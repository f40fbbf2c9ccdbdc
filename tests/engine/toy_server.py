"""A server on this machine that hands out a toy pack, and misbehaves when told to.

Test modules take the fixtures by ``pytest_plugins`` and the rest by import, hence
PYTEST_DONT_REWRITE (pytest cannot rewrite the assertions of what is imported already).
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.engine.catalogue import Download, Licence, ModelFile, Pack, Words
from core.engine.download import DownloadError, Timeout, fetch_pack

FREE = Licence("MIT", True, Words("Yes.", "可以。"))
NOTE = Words("a fake", "假的")
QUICK = Timeout(10, 3)
"""Long enough for a busy machine, short enough for a test of a server that stalls."""
DET = os.urandom(300_000)
REC = os.urandom(700_000)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zipped(entries: dict[str, bytes], kind: int = 0) -> bytes:
    """A zip with these entries, stored; ``kind`` is the file type written for each."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (kind | 0o644) << 16
            archive.writestr(info, content)
    return out.getvalue()


class Server(ThreadingHTTPServer):
    """Serves ``files`` by path; the other attributes are the ways in which it misbehaves."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[str | None] = []
        self.cut_after: int | None = None
        self.stall_after: int | None = None
        self.ranges = True
        self.lengths = True
        self.etag = True
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        content = self.server.files.get(self.path.lstrip("/"))
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        if content is None:
            self.send_error(404)
            return
        etag = f'"{sha256(content)[:16]}"'
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if not self.server.ranges or self.headers.get("If-Range", etag) != etag:
            start = 0
        if start >= len(content):
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if self.server.lengths:
            self.send_header("Content-Length", str(len(content) - start))
        if self.server.etag:
            self.send_header("ETag", etag)
        self.end_headers()
        self.send_body(content[start:])

    def send_body(self, body: bytes) -> None:
        stop = self.server.cut_after or self.server.stall_after
        try:
            self.wfile.write(body[:stop])
            self.wfile.flush()
        except OSError:
            return  # the client had enough
        if self.server.stall_after:
            self.server.released.wait(20)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def running_server() -> Iterator[Server]:
    """A server while the block runs."""
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield running
        running.released.set()
        running.shutdown()
        thread.join(5)


@pytest.fixture
def toy_server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture
def toy_models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def files(*, known: bool = True) -> tuple[ModelFile, ...]:
    return (
        ModelFile("det.onnx", "detector", len(DET), sha256(DET) if known else None),
        ModelFile("rec.onnx", "recogniser", len(REC), sha256(REC) if known else None),
    )


def zip_pack(server: Server, content: bytes | None = None, *, known: bool = True) -> Pack:
    """A pack whose archive the server hands out; ``known``: by size and SHA-256."""
    content = zipped({"det.onnx": DET, "rec.onnx": REC}) if content is None else content
    server.files["toy.zip"] = content
    archive = Download("toy.zip", (f"{server.url}/toy.zip",), len(content), sha256(content))
    if not known:
        archive = dataclasses.replace(archive, sha256=None)
    return Pack("toy", "insightface", files(known=known), FREE, NOTE, archive)


def file_pack(server: Server) -> Pack:
    """A pack of two single files."""
    server.files |= {"det.onnx": DET, "rec.onnx": REC}
    parts = (dataclasses.replace(f, urls=(f"{server.url}/{f.name}",)) for f in files())
    return Pack("toy", "opencv", tuple(parts), FREE, NOTE)


def fetch(pack: Pack, models: Path, mirror: str | None = None, force: bool = False) -> Path:
    return fetch_pack(
        pack, models, lambda now, total: None, mirror=mirror, force=force, timeout=QUICK
    )


def refusal(pack: Pack, models: Path, mirror: str | None = None) -> str:
    """The sentence with which fetching fails; nothing of the pack may be visible then."""
    with pytest.raises(DownloadError) as caught:
        fetch(pack, models, mirror)
    assert not (models / pack.name).exists()
    return str(caught.value)


def leftovers(models: Path) -> list[str]:
    return sorted(p.name for p in models.rglob("*"))
