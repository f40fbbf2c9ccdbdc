"""Real servers on real sockets: what starts, what does not, and whom it serves."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from core.desktop.server import free_port
from core.settings import ROOT
from tests.web.servers import (
    STREAMLIT,
    ask,
    environment,
    own_address,
    started,
    wait_for,
)


def addresses_in_audit(data: Path) -> list[tuple[str, int, str]]:
    with closing(sqlite3.connect(data / "gallery.db")) as connection:
        rows = connection.execute("SELECT action, outcome, address FROM audit ORDER BY id")
        return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("words", "knobs", "says"),
    [
        ([*STREAMLIT, "--server.address", "0.0.0.0"], {}, "does not start on 0.0.0.0"),
        ([*STREAMLIT, "--server.address="], {}, "does not start on every address"),
        (STREAMLIT, {"STREAMLIT_SERVER_ADDRESS": "::"}, "does not start on ::"),
        (STREAMLIT, {"FACEDESK_ACCESS": "proxy"}, "FACEDESK_TRUSTED_PROXIES"),
    ],
)
def test_a_server_without_access_control_does_not_start(
    tmp_path: Path, words: list[str], knobs: dict[str, str], says: str
) -> None:
    port = str(free_port())
    with started([*words, "--server.port", port], tmp_path, **knobs) as process:
        assert process.wait(60) == 1
        assert process.stdout
        output = process.stdout.read()
    assert says in output and "docs/access.md" in output and "Traceback" not in output


def test_another_servers_choice_of_address_opens_nothing(tmp_path: Path) -> None:
    address, port = own_address(), free_port()
    words = ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", str(port)]
    with started(words, tmp_path):
        wait_for(port)
        for path in ("/", "/identities", "/_stcore/health", "/sophon/openapi.json"):
            status, text = ask(f"http://{address}:{port}{path}")
            assert status == 403 and "FACEDESK_ACCESS" in text
            status, text = ask(f"http://{address}:{port}{path}", Host="localhost")
            assert status == 403
        assert ask(f"http://127.0.0.1:{port}/sophon/openapi.json")[0] == 200
        assert ask(f"http://127.0.0.1:{port}/", Host="evil.example")[0] == 403
        forged = {"Host": "evil.example", "X_Forwarded_For": "198.51.100.7"}
        assert ask(f"http://127.0.0.1:{port}/", **forged)[0] == 403
        with socket.create_connection((address, port), timeout=20) as line:
            line.sendall(
                b"GET /_stcore/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: aGVsbG8gd29ybGQgaGVsbA==\r\n\r\n"
            )
            assert line.recv(100).startswith(b"HTTP/1.1 403")
    refused = addresses_in_audit(tmp_path)
    assert {row[:2] for row in refused} == {("connect", 40300)}
    assert {row[2] for row in refused} == {address, "127.0.0.1"}  # never the forged one


def test_with_accounts_any_address_is_served_but_asks_who_you_are(tmp_path: Path) -> None:
    address, port = own_address(), free_port()
    words = [*STREAMLIT, "--server.address", "0.0.0.0", "--server.port", str(port)]
    with started(words, tmp_path, FACEDESK_ACCESS="accounts"):
        wait_for(port)
        assert ask(f"http://{address}:{port}/")[0] == 200  # the page, whose script asks
        status, text = ask(f"http://{address}:{port}/sophon/openapi.json")
        assert status == 401 and '"code":40100' in text
        made = subprocess.run(
            [sys.executable, "-m", "core", "token", "create", "--role", "viewer", "--name", "t"],
            cwd=ROOT,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        bearer = {"Authorization": f"Bearer {made.stdout.strip()}"}
        assert ask(f"http://{address}:{port}/sophon/openapi.json", **bearer)[0] == 200
