"""Verification of what is installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.engine.pack_manifest import verify_folder
from tests.engine.toy_server import (
    DET,
    Server,
    fetch,
    sha256,
    zip_pack,
)

pytest_plugins = ("tests.engine.toy_server",)


# verification of what is installed


def test_verify(toy_server: Server, toy_models: Path) -> None:
    pack = zip_pack(toy_server)
    folder = fetch(pack, toy_models)
    assert verify_folder(folder, pack).checked == 2
    (folder / "manifest.json").unlink()
    assert verify_folder(folder, pack).checked == 2
    (folder / "det.onnx").write_bytes(DET[:-1] + bytes([DET[-1] ^ 1]))
    (folder / "rec.onnx").unlink()
    assert verify_folder(folder, pack).problems == (
        "rec.onnx is missing",
        "det.onnx is not the official file",
    )
    assert verify_folder(folder, None).checked == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": [1]}', "\xff"])
def test_damaged_manifest(text: str, toy_server: Server, toy_models: Path) -> None:
    pack = zip_pack(toy_server)
    folder = fetch(pack, toy_models)
    (folder / "manifest.json").write_bytes(text.encode("latin-1"))
    assert verify_folder(folder, pack).problems == ("manifest.json is damaged",)


def test_manifest_is_plain_json(toy_server: Server, toy_models: Path) -> None:
    folder = fetch(zip_pack(toy_server), toy_models)
    raw = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert raw["pack"] == "toy"
    assert raw["files"][0]["sha256"] == sha256(DET)
    assert raw["fetched"].endswith("+00:00")
