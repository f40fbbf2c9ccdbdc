"""The catalogue: complete, consistent, official addresses only."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from core.engine.catalogue import PACKS, Download, ModelFile, Pack, Role, find_pack

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / ".." / "shared" / "models"
EVERY = [pytest.param(pack, id=pack.name) for pack in PACKS]


def test_names_are_the_agreed_ones() -> None:
    names = [pack.name for pack in PACKS]
    assert names == [
        "buffalo_l",
        "buffalo_m",
        "buffalo_s",
        "buffalo_sc",
        "antelopev2",
        "opencv_zoo",
    ]


@pytest.mark.parametrize("pack", EVERY)
def test_every_download_has_official_addresses_size_and_hash(pack: Pack) -> None:
    for download in pack.downloads:
        assert len(download.urls) >= 2
        assert all(url.endswith("/" + download.name) for url in download.urls)
        assert all(re.match(r"https://[a-z.]+/", url) for url in download.urls)
        assert download.size
        assert re.fullmatch(r"[0-9a-f]{64}", download.sha256 or "")


@pytest.mark.parametrize("pack", EVERY)
def test_every_network_has_size_and_hash(pack: Pack) -> None:
    assert all(
        file.size and re.fullmatch(r"[0-9a-f]{64}", file.sha256 or "") for file in pack.files
    )
    assert len({file.name for file in pack.files}) == len(pack.files)
    assert pack.installed_size is not None
    assert pack.download_size is not None
    assert 0.7 < pack.download_size / pack.installed_size <= 1


@pytest.mark.parametrize("pack", EVERY)
def test_every_pack_has_one_detector_and_one_recogniser(pack: Pack) -> None:
    roles: list[Role] = [file.role for file in pack.files if file.needed]
    assert roles == ["detector", "recogniser"]


@pytest.mark.parametrize("pack", EVERY)
def test_every_licence_is_answered_in_both_languages(pack: Pack) -> None:
    yes = pack.licence.commercial
    assert yes == (pack.backend == "opencv")
    assert pack.licence.words.en.startswith("Yes" if yes else "No")
    assert pack.licence.words.zh.startswith("可以" if yes else "不可以")
    assert pack.note.en
    assert pack.note.zh


def test_a_size_that_is_not_known_makes_the_sum_unknown() -> None:
    pack = find_pack("opencv_zoo")
    assert pack
    some = (ModelFile("a.onnx", "detector", 5), ModelFile("b.onnx", "recogniser"))
    unknown = Pack("x", "opencv", some, pack.licence, pack.note)
    assert unknown.installed_size is None
    assert unknown.downloads == (Download("a.onnx", (), 5), Download("b.onnx", ()))


def test_unknown_name_is_none() -> None:
    assert find_pack("buffalo_xl") is None


def test_every_pack_is_in_the_readme() -> None:
    text = (ROOT / "models" / "README.md").read_text(encoding="utf-8")
    for pack in PACKS:
        size = f"{(pack.download_size or 0) / 1e6:.0f} MB"
        use = "**yes**" if pack.licence.commercial else "**no**"
        assert re.search(rf"`{pack.name}` \| {size} \| {re.escape(use)}", text), pack.name


@pytest.mark.parametrize("name", ["det_500m.onnx", "face_detection_yunet_2023mar.onnx"])
def test_known_hashes_are_those_of_the_real_files(name: str) -> None:
    found = list(SHARED.glob(f"*/{name}"))
    if not found:
        pytest.skip("the shared model files are not here")
    content = found[0].read_bytes()
    entries = [file for pack in PACKS for file in pack.files if file.name == name]
    assert entries
    for file in entries:
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
