"""Server, pages, commands and engines ask no other machine for anything.

The browser's half is in tests/e2e: its ``page`` fixture fails every test whose page asks
elsewhere.
"""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.demo import sample_photo
from core.desktop.server import serving
from tests.outside.conftest import Fence

PACKS = {"dlib": "", "insightface": "insightface-lite", "opencv": "permissive"}
FAR = "192.0.2.1"  # an address for documentation, nobody's
ASKING = f"""
import socket, urllib.request
for ask in (
    lambda: socket.create_connection(("{FAR}", 80)),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("{FAR}", 9)),
    lambda: urllib.request.urlopen("http://telemetry.example/"),
):
    try:
        ask()
    except OSError:
        continue
    raise SystemExit("reached")
"""
ASKING_BELOW = f"""
import ctypes, socket, struct
c = ctypes.CDLL(None)
far = struct.pack("=HH4s8x", socket.AF_INET, socket.htons(9), socket.inet_aton("{FAR}"))
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
assert c.connect(one.fileno(), far, len(far)) == -1
assert c.sendto(one.fileno(), b"x", 1, 0, far, len(far)) == -1
assert c.getaddrinfo(b"telemetry.example", None, None, ctypes.byref(ctypes.c_void_p())) != 0
"""


def test_the_fence_sees_what_python_asks_for(fence: Fence) -> None:
    done = fence.run("-c", ASKING)
    assert done.returncode == 0, done.stderr
    found = [line for line in fence.attempts() if line.startswith("socket.")]
    assert found == [
        f"socket.connect ('{FAR}', 80)",
        f"socket.sendto ('{FAR}', 9)",
        "socket.getaddrinfo 'telemetry.example'",
    ]


def test_the_fence_sees_what_compiled_code_asks_for(fence: Fence) -> None:
    if "LD_PRELOAD" not in fence.env:
        pytest.skip("no C compiler here, or no Linux: compiled code is not watched")
    done = fence.run("-c", ASKING_BELOW)
    assert done.returncode == 0, done.stderr
    assert fence.attempts() == [
        f"connect {FAR}", f"sendto {FAR}", "getaddrinfo telemetry.example",
    ]  # fmt: skip


def engine_of(kind: str, request: pytest.FixtureRequest) -> dict[str, str]:
    if kind == "dlib":
        return {"FACEDESK_ENGINE": "dlib"}
    models: Path = request.getfixturevalue("shared") / "models"
    if not (models / PACKS[kind]).is_dir():
        pytest.skip(f"no pack {PACKS[kind]} here")
    return {
        "FACEDESK_ENGINE": kind,
        "FACEDESK_MODELS": str(models),
        "FACEDESK_PACK": PACKS[kind],
    }


@pytest.mark.parametrize("kind", PACKS)
def test_nothing_is_asked_of_another_machine(
    fence: Fence, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    """Demo, re-embedding, pages, a replacement, search, backup and verification."""
    knobs = engine_of(kind, request)
    command(fence, "demo", **knobs)
    command(fence, "reembed", **knobs)
    with served(fence, tmp_path, knobs) as address:
        for page in ("", "health", "verify"):
            assert shows_a_page(address, page) > 5, page
        photo = base64.b64encode(sample_photo("001", "good")).decode("ascii")
        person = call(address, "getidentity", identity_id="001")
        replaced = call(
            address,
            "updateimage",
            identity_id="001",
            register_image_id=person["identity"]["reg_pic_ids"][0],
            register_image=photo,
            fiqa_level="low",
        )
        assert replaced["replacement"]["current"], replaced
        assert call(address, "search", image=photo)["matches"]
    command(fence, "backup", str(tmp_path / "backup.tar"))
    command(fence, "verify")
    assert fence.attempts() == []


def test_a_foreign_page_makes_the_server_ask_nobody(fence: Fence, tmp_path: Path) -> None:
    """Streamlit would ask a server on the internet for this machine's address, to compare."""
    sockets = pytest.importorskip("websockets.sync.client")
    evil = "http://evil.example"
    with served(fence, tmp_path, {"FACEDESK_ENGINE": "dlib"}) as address:
        for path in ("/", "/_stcore/health", "/_stcore/host-config"):
            asked = urllib.request.Request(address + path, headers={"Origin": evil})
            with urllib.request.urlopen(asked, timeout=60) as answer:
                assert answer.headers["Access-Control-Allow-Origin"] not in ("*", evil)
        with pytest.raises(Exception, match="403"):
            sockets.connect(socket_of(address), subprotocols=["streamlit"], origin=evil, proxy=None)
    assert fence.attempts() == []


def test_a_server_for_the_network_asks_nobody_for_its_address(fence: Fence, tmp_path: Path) -> None:
    knobs = {"FACEDESK_ENGINE": "dlib", "FACEDESK_ACCESS": "accounts"}
    with served(fence, tmp_path, knobs | {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0"}) as address:
        assert shows_a_page(address) > 0
    assert fence.attempts() == []


def command(fence: Fence, *words: str, **knobs: str) -> None:
    done = fence.run("-m", "core", *words, **knobs)
    assert done.returncode == 0, done.stderr + done.stdout


@contextmanager
def served(fence: Fence, folder: Path, knobs: dict[str, str]) -> Iterator[str]:
    """A server behind the fence, as ``make run`` starts it."""
    with (
        (folder / "server.log").open("wb") as log,
        serving({**fence.env, **knobs}, log) as server,
    ):
        yield server.address


def call(address: str, name: str, **fields: object) -> dict[str, Any]:
    asked = urllib.request.Request(
        f"{address}/sophon/v2/face/{name}",
        json.dumps(fields).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:
        found: dict[str, Any] = json.loads(answer.read())
        return found


def shows_a_page(address: str, page: str = "") -> int:
    """Run a page, the first one if none is named, as a browser has it run; returns how many
    elements came.
    """
    sockets = pytest.importorskip("websockets.sync.client")
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    asked = BackMsg()
    asked.rerun_script.query_string = ""
    asked.rerun_script.page_name = page
    elements = 0
    options = {"subprotocols": ["streamlit"], "proxy": None, "max_size": None}
    with sockets.connect(socket_of(address), **options) as connection:
        connection.send(asked.SerializeToString())
        while True:
            said = ForwardMsg.FromString(connection.recv(timeout=60))
            elements += said.WhichOneof("type") == "delta"
            if said.WhichOneof("type") == "script_finished":
                return elements


def socket_of(address: str) -> str:
    return address.replace("http:", "ws:") + "/_stcore/stream"
