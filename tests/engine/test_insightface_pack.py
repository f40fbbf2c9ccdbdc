"""insightface's path on a pack without weights: no material from outside is needed."""

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.engine.backend_insightface import InsightFaceEngine
from core.engine.base import Face, Pixels
from core.engine.finder import find_faces
from core.errors import BadFeature, NotReady
from tests.engine.weight_free_pack import BOX, CELL, write_head, write_pack


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pack(tmp_path_factory.mktemp("models") / "fake")


@pytest.fixture(scope="module")
def engine(pack: Path) -> InsightFaceEngine:
    return InsightFaceEngine.load(pack, 1)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []

    def refuse(self: socket.socket, address: Any) -> None:
        calls.append(address)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return calls


def lamp(column: int = 5, row: int = 5, side: int = 320) -> Pixels:
    """Black but for one white cell: one face for the weight-free detector."""
    pixels = np.zeros((side, side, 3), np.uint8)
    pixels[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL] = 255
    return pixels


def test_one_large_face_takes_one_pass(engine: InsightFaceEngine) -> None:
    finding = find_faces(engine, lamp())
    assert (len(finding.faces), finding.steps, finding.turn_deg) == (1, (), 0)
    corner, reach = 5 * CELL, BOX * CELL
    assert finding.faces[0].box_xyxy == pytest.approx(
        [corner - reach, corner - reach, corner + reach, corner + reach]
    )


def test_an_embedding_is_unit_and_repeatable(engine: InsightFaceEngine) -> None:
    (face,) = find_faces(engine, lamp()).faces
    first, second = engine.embed(lamp(), face), engine.embed(lamp(), face)
    assert first.vector.dtype == np.float32 and first.vector.shape == (512,)
    assert np.linalg.norm(first.vector) == pytest.approx(1, abs=1e-6)
    assert np.array_equal(first.vector, second.vector)
    assert first.engine_id == engine.info.engine_id


def test_one_session_serves_every_size(engine: InsightFaceEngine) -> None:
    for side in (128, 320, 640):
        engine.detect(lamp(), side)
    assert len({id(s) for s in engine.detector.resolution_sessions.values()}) == 1


def test_the_engine_says_what_it_is(engine: InsightFaceEngine) -> None:
    backend, name, digest, dimension = engine.info.engine_id.split(":")
    assert (backend, name, dimension) == ("insightface", "fake", "512") and len(digest) == 12
    assert "non-commercial" in engine.info.licence


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), 0.0])
def test_a_useless_answer_is_a_bad_feature(tmp_path: Path, weight: float) -> None:
    broken = InsightFaceEngine.load(write_pack(tmp_path / "broken", weight=weight), 1)
    pixels = np.random.default_rng(0).integers(0, 255, (320, 320, 3), np.uint8)
    points = np.array([[130, 130], [190, 130], [160, 160], [135, 190], [185, 190]], np.float32)
    with pytest.raises(BadFeature):
        broken.embed(pixels, Face(np.array([100, 100, 220, 220], np.float32), points, 0.9))


def test_another_112_px_model_does_not_pass_for_the_recogniser(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "p")
    write_head(pack / "a_quality.onnx", 112, 1)  # such as eDifFIQA, first in the alphabet
    assert InsightFaceEngine.load(pack, 1).info.dimension == 512


def test_the_catalogues_manifest_does_no_harm(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "p")
    (pack / "manifest.json").write_text(json.dumps({"pack": "p", "files": []}))
    assert InsightFaceEngine.load(pack, 1).info.pack == "p"


def test_the_id_follows_the_recogniser_not_the_detector(tmp_path: Path, pack: Path) -> None:
    def engine_id(folder: Path) -> str:
        return InsightFaceEngine.load(folder, 1).info.engine_id

    same = shutil.copytree(pack, tmp_path / "one" / "fake")
    detector = same / "det_fake.onnx"
    detector.rename(same / "det_other.onnx")
    other = write_pack(tmp_path / "two" / "fake", weight=0.5)
    assert engine_id(same) == engine_id(pack) != engine_id(other)


def _empty(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


def _without(name: str) -> Any:
    return lambda folder: (folder / name).unlink()


def _damaged(name: str, size: int) -> Any:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


@pytest.mark.parametrize(
    "harm",
    [
        _empty,
        shutil.rmtree,
        _without("det_fake.onnx"),
        _without("w_fake.onnx"),
        _damaged("det_fake.onnx", 0),
        _damaged("det_fake.onnx", 700),
        _damaged("w_fake.onnx", 2000),
        _damaged("genderage_fake.onnx", 100),
    ],
)
def test_a_bad_pack_is_not_ready_and_never_downloaded(
    tmp_path: Path, pack: Path, no_network: list[Any], harm: Any
) -> None:
    folder = shutil.copytree(pack, tmp_path / "bad")
    harm(folder)
    with pytest.raises(NotReady, match="bad") as caught:
        InsightFaceEngine.load(folder, 1)
    assert len(caught.value.message) > 20 and str(tmp_path) not in caught.value.message
    assert not no_network


def test_a_bare_name_never_downloads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_network: list[Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(NotReady, match="models get buffalo_l"):
        InsightFaceEngine.load(Path("buffalo_l"), 1)
    assert not no_network and not list(tmp_path.iterdir())
