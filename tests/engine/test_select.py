import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.engine.pack_manifest import (
    MANIFEST,
    RECORDED,
    FileRecord,
    Manifest,
    hash_file,
    write_manifest,
)
from core.engine.select import installed_packs, load_engine
from core.errors import NotReady
from core.settings import Settings
from tests.engine.weight_free_pack import write_head, write_pack

Make = Callable[..., Settings]


def _looks_like(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(b"x")


def test_packs_are_listed_best_first(tmp_path: Path) -> None:
    for name in ("buffalo_sc", "antelopev2", "acme", "buffalo_l"):
        _looks_like(tmp_path / name, "det.onnx", "w.onnx")
    _looks_like(tmp_path / "zoo", "face_detection_yunet_2023mar.onnx", "w.onnx")
    _looks_like(tmp_path / "empty")
    _looks_like(tmp_path / "single", "quality.onnx")
    _looks_like(tmp_path / ".partial", "det.onnx", "w.onnx")
    found = [(p.name, p.kind) for p in installed_packs(tmp_path)]
    assert found == [
        ("antelopev2", "insightface"),
        ("buffalo_l", "insightface"),
        ("buffalo_sc", "insightface"),
        ("acme", "insightface"),
        ("zoo", "opencv"),
    ]


def test_the_folder_itself_may_be_the_pack(tmp_path: Path) -> None:
    write_pack(tmp_path / "mine")
    assert [p.name for p in installed_packs(tmp_path / "mine")] == ["mine"]
    assert installed_packs(tmp_path / "nowhere") == ()


def test_auto_takes_the_installed_pack(tmp_path: Path, settings: Make) -> None:
    write_pack(tmp_path / "models" / "zzz")
    write_pack(tmp_path / "models" / "buffalo_s", dimension=128)
    info = load_engine(settings(models=tmp_path / "models", threads=1)).info
    assert (info.name, info.pack, info.dimension) == ("insightface", "buffalo_s", 128)
    info = load_engine(settings(models=tmp_path / "models", threads=1, pack="zzz")).info
    assert info.pack == "zzz"


@pytest.mark.parametrize("engine", ["auto", "dlib"])
def test_without_a_pack_the_built_in_engine_runs(
    tmp_path: Path, settings: Make, engine: str
) -> None:
    pytest.importorskip("dlib")
    info = load_engine(settings(models=tmp_path, engine=engine)).info
    assert (info.name, info.dimension) == ("dlib", 128)


def test_dlib_is_taken_when_asked_for(tmp_path: Path, settings: Make) -> None:
    pytest.importorskip("dlib")
    write_pack(tmp_path / "buffalo_s")
    assert load_engine(settings(models=tmp_path, engine="dlib")).info.name == "dlib"


@pytest.mark.parametrize(
    ("knobs", "sentence"),
    [
        ({"engine": "insightface", "models": "nothing"}, "python -m core models get buffalo_s"),
        ({"engine": "opencv"}, "python -m core models get opencv_zoo"),
        ({"pack": "buffalo_x"}, "installed: buffalo_s, damaged"),
        ({"pack": "buffalo_x", "models": "nothing"}, "installed: none"),
        ({"pack": "buffalo_s", "engine": "opencv"}, "for the engine insightface"),
        ({"pack": "damaged"}, "det.onnx"),
    ],
)
def test_what_cannot_be_had_is_said(
    tmp_path: Path, settings: Make, knobs: dict[str, str], sentence: str
) -> None:
    write_pack(tmp_path / "models" / "buffalo_s")
    _looks_like(tmp_path / "models" / "damaged", "det.onnx", "w.onnx")
    models = tmp_path / knobs.pop("models", "models")
    with pytest.raises(NotReady) as caught:
        load_engine(settings(models=models, threads=1, **knobs))
    assert sentence in caught.value.message and str(tmp_path) not in caught.value.message


def test_a_damaged_best_pack_is_not_replaced_silently(tmp_path: Path, settings: Make) -> None:
    _looks_like(tmp_path / "antelopev2", "det.onnx", "w.onnx")
    write_pack(tmp_path / "buffalo_s")
    with pytest.raises(NotReady, match="antelopev2"):
        load_engine(settings(models=tmp_path, threads=1))


def recorded(folder: Path) -> None:
    """As `models get` leaves a pack: with a manifest of its files."""
    files = tuple(
        FileRecord(file.name, file.stat().st_size, hash_file(file), RECORDED)
        for file in sorted(folder.glob("*.onnx"))
    )
    write_manifest(folder, Manifest("acme", "insightface", "own", True, (), "2026-11-24", files))


@pytest.mark.parametrize("fault", ["", "one byte", "missing", "manifest"])
def test_an_exchanged_file_is_not_loaded(tmp_path: Path, settings: Make, fault: str) -> None:
    folder = write_pack(tmp_path / "acme")
    recorded(folder)
    file = max(folder.glob("*.onnx"), key=lambda path: path.stat().st_size)
    if fault == "one byte":
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    elif fault == "missing":
        shutil.copy(file, folder / "other.onnx")
        file.unlink()
    elif fault == "manifest":
        (folder / MANIFEST).write_text("{}")
    made = settings(models=tmp_path, threads=1)
    if not fault:
        assert load_engine(made).info.name == "insightface"
        return
    with pytest.raises(NotReady, match="damaged or exchanged") as caught:
        load_engine(made)
    assert str(tmp_path) not in caught.value.message


def test_opencvs_pack_needs_both_models(tmp_path: Path, settings: Make) -> None:
    _looks_like(tmp_path / "zoo", "face_detection_yunet_x.onnx")
    write_head(tmp_path / "zoo" / "w.onnx", 112, 128)
    with pytest.raises(NotReady, match="face_detection_yunet_x"):
        load_engine(settings(models=tmp_path))


def test_the_permissive_pack_ignores_its_other_models(shared: Path, settings: Make) -> None:
    info = load_engine(settings(models=shared / "models", pack="permissive")).info
    assert (info.name, info.dimension) == ("opencv", 256)
    assert "commercial" in info.licence and "Apache" in info.licence


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, (0.45, 0.30)),
        ({"same_cosine": 0.6}, (0.6, 0.30)),
        ({"different_cosine": 0.1}, (0.45, 0.1)),
        ({"same_cosine": 0.2, "different_cosine": 0.1}, (0.2, 0.1)),
        ({"same_cosine": 0.2}, None),
        ({"different_cosine": 0.5}, None),
    ],
)
def test_the_settings_thresholds_stand_before_the_engines(
    tmp_path: Path,
    settings: Make,
    own: dict[str, float],
    expected: tuple[float, float] | None,
) -> None:
    write_pack(tmp_path / "models" / "acme")
    made = settings(models=tmp_path / "models", threads=1, **own)
    if expected is None:
        with pytest.raises(NotReady, match="FACEDESK_SAME_COSINE"):
            load_engine(made)
    else:
        info = load_engine(made).info
        assert (info.same_cosine, info.different_cosine) == expected
