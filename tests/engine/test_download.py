"""Fetching a pack: good, refused, killed; what the machine may refuse."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.engine.catalogue import Pack
from core.engine.download import INCOMING, DownloadError, fetch_pack
from core.engine.pack_manifest import KNOWN, RECORDED, read_manifest, verify_folder
from tests.engine.toy_server import (
    DET,
    QUICK,
    REC,
    Server,
    fetch,
    file_pack,
    leftovers,
    refusal,
    sha256,
    zip_pack,
    zipped,
)

pytest_plugins = ("tests.engine.toy_server",)
ROOT = Path(__file__).resolve().parents[2]


# good downloads


@pytest.mark.parametrize("build", [zip_pack, file_pack])
def test_good_pack(build: object, toy_server: Server, toy_models: Path) -> None:
    assert callable(build)
    pack: Pack = build(toy_server)
    seen: list[tuple[int, int | None]] = []
    folder = fetch_pack(
        pack, toy_models, lambda now, total: seen.append((now, total)), timeout=QUICK
    )
    assert folder == toy_models / "toy"
    assert leftovers(toy_models) == ["det.onnx", "manifest.json", "rec.onnx", "toy"]
    assert (folder / "rec.onnx").read_bytes() == REC
    manifest = read_manifest(folder)
    assert manifest
    assert [(f.name, f.size, f.checked) for f in manifest.files] == [
        ("det.onnx", len(DET), KNOWN),
        ("rec.onnx", len(REC), KNOWN),
    ]
    assert (manifest.licence, manifest.commercial_use) == ("MIT", True)
    assert manifest.origin == tuple(d.urls[0] for d in pack.downloads)
    assert seen == sorted(seen)
    assert seen[-1] == (pack.download_size, pack.download_size)


def test_nested_folder_comes_out_flat_and_strangers_stay_out(
    toy_server: Server, toy_models: Path
) -> None:
    content = zipped({"toy/": b"", "toy/det.onnx": DET, "toy/rec.onnx": REC, "toy/x.py": b"1"})
    fetch(zip_pack(toy_server, content), toy_models)
    assert leftovers(toy_models) == ["det.onnx", "manifest.json", "rec.onnx", "toy"]


def test_unknown_hash_is_recorded_and_then_holds(toy_server: Server, toy_models: Path) -> None:
    pack = zip_pack(toy_server, known=False)
    folder = fetch(pack, toy_models)
    manifest = read_manifest(folder)
    assert manifest
    assert {f.checked for f in manifest.files} == {RECORDED}
    assert verify_folder(folder, pack).problems == ()
    (folder / "rec.onnx").write_bytes(REC[:-1] + bytes([REC[-1] ^ 1]))
    assert verify_folder(folder, pack).problems == ("rec.onnx is not the file that was installed",)


def test_mirror_replaces_the_address_and_its_password_is_not_written(
    toy_server: Server, toy_models: Path
) -> None:
    pack = zip_pack(toy_server)
    toy_server.files = {"internal/toy.zip": toy_server.files["toy.zip"]}
    folder = fetch(
        pack, toy_models, mirror=toy_server.url.replace("//", "//me:secret@") + "/internal/"
    )
    assert "secret" not in (folder / "manifest.json").read_text()
    manifest = read_manifest(folder)
    assert manifest
    assert manifest.origin == (f"{toy_server.url}/internal/toy.zip",)


def test_second_address_helps_when_the_first_has_nothing(
    toy_server: Server, toy_models: Path
) -> None:
    pack = zip_pack(toy_server)
    assert pack.archive
    urls = (f"{toy_server.url}/gone.zip", "http://127.0.0.1:9/toy.zip", *pack.archive.urls)
    fetch(
        dataclasses.replace(pack, archive=dataclasses.replace(pack.archive, urls=urls)), toy_models
    )
    assert len(toy_server.asked) == 2


def test_installed_pack_is_replaced_only_by_force(toy_server: Server, toy_models: Path) -> None:
    pack = zip_pack(toy_server)
    fetch(pack, toy_models)
    (toy_models / "toy" / "mine.txt").write_text("mine")
    with pytest.raises(DownloadError, match="installed already"):
        fetch(pack, toy_models)
    toy_server.cut_after = 1000
    with pytest.raises(DownloadError, match="ended"):
        fetch(pack, toy_models, force=True)
    assert (toy_models / "toy" / "mine.txt").exists()
    toy_server.cut_after = None
    fetch(pack, toy_models, force=True)
    assert leftovers(toy_models) == ["det.onnx", "manifest.json", "rec.onnx", "toy"]


# the machine


def test_no_space(toy_server: Server, toy_models: Path) -> None:
    pack = zip_pack(toy_server)
    huge = dataclasses.replace(pack.files[1], size=1 << 60)
    sentence = refusal(dataclasses.replace(pack, files=(pack.files[0], huge)), toy_models)
    assert "not enough space: toy needs 1152921" in sentence
    assert toy_server.asked == []


def test_models_folder_that_cannot_be_made(toy_server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DownloadError, match="cannot write into the models folder"):
        fetch(zip_pack(toy_server), tmp_path / "file" / "models")


CHILD = """
import sys
from pathlib import Path
from core.engine.catalogue import *
from core.engine.download import fetch_pack
words = Words("a", "b")
files = (ModelFile("det.onnx", "detector"), ModelFile("rec.onnx", "recogniser"))
archive = Download("toy.zip", (sys.argv[1] + "/toy.zip",), int(sys.argv[3]), sys.argv[4])
pack = Pack("toy", "insightface", files, Licence("MIT", True, words), words, archive)
fetch_pack(pack, Path(sys.argv[2]), lambda now, total: print(now, flush=True))
"""


def test_killed_process_leaves_no_half_pack(toy_server: Server, toy_models: Path) -> None:
    pack = zip_pack(toy_server)
    content = toy_server.files["toy.zip"]
    toy_server.stall_after = 600_000
    words = [toy_server.url, str(toy_models), str(len(content)), sha256(content)]
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, *words], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as child:
        assert child.stdout
        while int(child.stdout.readline()) < 500_000:
            pass
        child.send_signal(signal.SIGKILL)
    assert leftovers(toy_models) == [INCOMING, "toy.zip.part", "toy.zip.part.from"]
    arrived = (toy_models / INCOMING / "toy.zip.part").stat().st_size
    toy_server.stall_after = None
    fetch(pack, toy_models)
    assert toy_server.asked == [None, f"bytes={arrived}-"]


def test_what_a_killed_swap_left_comes_back(toy_server: Server, toy_models: Path) -> None:
    pack = zip_pack(toy_server)
    fetch(pack, toy_models)
    work = toy_models / INCOMING / "toy-work-1234"
    work.mkdir(parents=True)
    (toy_models / "toy").rename(work / "replaced")
    with pytest.raises(DownloadError, match="404"):
        fetch(pack, toy_models, mirror=f"{toy_server.url}/nothing", force=True)
    assert leftovers(toy_models) == ["det.onnx", "manifest.json", "rec.onnx", "toy"]
