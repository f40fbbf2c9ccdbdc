"""Wrong and hostile content: refused, and nothing of it stays."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from tests.engine.toy_server import (
    DET,
    REC,
    Server,
    leftovers,
    refusal,
    zip_pack,
    zipped,
)

pytest_plugins = ("tests.engine.toy_server",)


# wrong and hostile content


def test_wrong_hash(toy_server: Server, toy_models: Path) -> None:
    pack = zip_pack(toy_server)
    toy_server.files["toy.zip"] = toy_server.files["toy.zip"][::-1]
    assert "toy.zip is not the official file" in refusal(pack, toy_models)
    assert leftovers(toy_models) == []


def test_wrong_size_is_refused_before_it_is_read(toy_server: Server, toy_models: Path) -> None:
    pack = zip_pack(toy_server)
    toy_server.files["toy.zip"] = b"version https://git-lfs.github.com/spec/v1\n"
    assert "another file under this name" in refusal(pack, toy_models)
    assert leftovers(toy_models) == []


@pytest.mark.parametrize("lengths", [True, False])
def test_too_large(lengths: bool, toy_server: Server, toy_models: Path) -> None:
    pack = zip_pack(toy_server, known=False)
    toy_server.files["toy.zip"] += b"x" * 400_000
    toy_server.lengths = lengths
    assert "toy.zip is larger than the 1.2 MB it may have" in refusal(pack, toy_models)
    assert leftovers(toy_models) == []


GOOD = {"det.onnx": DET, "rec.onnx": REC}
HOSTILE = {
    "no zip": (b"x" * 1_000_000, "damaged"),
    "cut short": (zipped(GOOD)[:-50], "damaged"),
    "flipped bit": (zipped(GOOD).replace(REC[:40], bytes(40)), "damaged"),
    "climbs out": (zipped(GOOD | {"../evil.onnx": b""}), "leads out"),
    "climbs out later": (zipped(GOOD | {"a/../../det.onnx": b""}), "leads out"),
    "absolute": (zipped(GOOD | {"/tmp/evil.onnx": b""}), "leads out"),
    "backslash": (zipped(GOOD | {"..\\evil.onnx": b""}), "leads out"),
    "drive": (zipped(GOOD | {"C:evil.onnx": b""}), "leads out"),
    "link": (zipped(GOOD, stat.S_IFLNK), "link"),
    "bomb": (zipped({"det.onnx": DET, "rec.onnx": bytes(1_000_000)}), "unpacks to"),
    "many": (zipped(GOOD | {f"{i}": b"" for i in range(1_000)}), "entries"),
    "twice": (zipped(GOOD | {"a/det.onnx": b"1"}), "twice"),
    "incomplete": (zipped({"det.onnx": DET}), "lacks rec.onnx"),
}


@pytest.mark.parametrize(("content", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_bad_archive(content: bytes, reason: str, toy_server: Server, toy_models: Path) -> None:
    sentence = refusal(zip_pack(toy_server, content), toy_models)
    assert sentence.startswith("toy was not installed: ")
    assert reason in sentence
    assert leftovers(toy_models) == []
    assert not list(toy_models.parent.rglob("evil.onnx"))


def test_zip_bomb_that_lies_about_its_size(toy_server: Server, toy_models: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("det.onnx", DET)
        archive.writestr("rec.onnx", bytes(50_000_000))
    content = out.getvalue().replace((50_000_000).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    assert "damaged" in refusal(zip_pack(toy_server, content), toy_models)


def test_network_with_another_hash_in_a_good_archive(toy_server: Server, toy_models: Path) -> None:
    pack = zip_pack(toy_server, zipped({"det.onnx": DET, "rec.onnx": REC[::-1]}))
    assert "rec.onnx is not the official file" in refusal(pack, toy_models)
    assert leftovers(toy_models) == []
