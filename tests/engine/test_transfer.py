"""Broken connections: going on, starting again, giving up with a sentence."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from core.engine.download import INCOMING
from core.engine.pack_manifest import verify_folder
from tests.engine.toy_server import (
    DET,
    QUICK,
    REC,
    Server,
    fetch,
    file_pack,
    leftovers,
    refusal,
    zip_pack,
    zipped,
)

pytest_plugins = ("tests.engine.toy_server",)


# broken connections


@pytest.mark.parametrize("known", [True, False])
def test_cut_connection_goes_on_where_it_stopped(
    known: bool, toy_server: Server, toy_models: Path
) -> None:
    pack = zip_pack(toy_server, known=known)
    toy_server.cut_after = 500_000
    sentence = refusal(pack, toy_models)
    assert sentence == ("the connection ended after 0.5 of 1.0 MB; start it again to go on")
    assert (toy_models / INCOMING / "toy.zip.part").stat().st_size == 500_000
    toy_server.cut_after = None
    fetch(pack, toy_models)
    assert toy_server.asked == [None, "bytes=500000-"]
    assert leftovers(toy_models) == ["det.onnx", "manifest.json", "rec.onnx", "toy"]


@pytest.mark.parametrize("change", ["ranges", "etag"])
def test_starts_again_when_the_rest_cannot_be_had(
    change: str, toy_server: Server, toy_models: Path
) -> None:
    pack = zip_pack(toy_server, known=False)
    setattr(toy_server, change, False)
    toy_server.cut_after = 500_000
    refusal(pack, toy_models)
    toy_server.cut_after = None
    fetch(pack, toy_models)
    assert toy_server.asked == [None, None if change == "etag" else "bytes=500000-"]
    assert verify_folder(toy_models / "toy", pack).checked == 2


def test_content_that_changed_meanwhile_is_not_glued(toy_server: Server, toy_models: Path) -> None:
    toy_server.cut_after = 500_000
    refusal(zip_pack(toy_server, known=False), toy_models)
    toy_server.cut_after = None
    content = zipped({"a/det.onnx": DET[::-1], "a/rec.onnx": REC[::-1]})
    fetch(zip_pack(toy_server, content, known=False), toy_models)
    assert (toy_models / "toy" / "rec.onnx").read_bytes() == REC[::-1]


def test_a_part_that_is_no_beginning_is_fetched_anew(toy_server: Server, toy_models: Path) -> None:
    pack = zip_pack(toy_server)
    (toy_models / INCOMING).mkdir(parents=True)
    (toy_models / INCOMING / "toy.zip.part").write_bytes(
        b"x" * (len(toy_server.files["toy.zip"]) + 9)
    )
    fetch(pack, toy_models)
    assert toy_server.asked[1:] == [None]


def test_cut_without_a_length_is_noticed(toy_server: Server, toy_models: Path) -> None:
    pack = zip_pack(toy_server)
    toy_server.lengths, toy_server.cut_after = False, 500_000
    assert "ended after 0.5 of 1.0 MB" in refusal(pack, toy_models)


def test_file_pack_goes_on_with_the_second_file(toy_server: Server, toy_models: Path) -> None:
    pack = file_pack(toy_server)
    toy_server.cut_after = 400_000
    refusal(pack, toy_models)
    toy_server.cut_after = None
    fetch(pack, toy_models)
    assert toy_server.asked == [None, None, "bytes=400000-"]


def test_server_that_stalls(toy_server: Server, toy_models: Path) -> None:
    pack = zip_pack(toy_server)
    toy_server.stall_after = 300_000
    began = time.monotonic()
    assert "the connection stalled after 0.3 of 1.0 MB" in refusal(pack, toy_models)
    assert time.monotonic() - began < 4 * QUICK.read


def test_nobody_answers(toy_models: Path, toy_server: Server) -> None:
    assert refusal(zip_pack(toy_server), toy_models, "http://127.0.0.1:9") == (
        "127.0.0.1 cannot be reached"
    )
    assert leftovers(toy_models) == []


def test_missing_file(toy_server: Server, toy_models: Path) -> None:
    pack = zip_pack(toy_server)
    toy_server.files.clear()
    assert refusal(pack, toy_models) == "127.0.0.1 answered 404 Not Found"
    assert leftovers(toy_models) == []


def test_proxy_of_the_environment_is_used(
    toy_server: Server, toy_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert "proxy" in refusal(zip_pack(toy_server), toy_models, "http://models.invalid")


@pytest.mark.parametrize(
    "url", ["file:///etc", "ftp://127.0.0.1/", "models", "http://", "http://["]
)
def test_only_http_addresses(url: str, toy_server: Server, toy_models: Path) -> None:
    assert "only http:// and https://" in refusal(zip_pack(toy_server), toy_models, url)
