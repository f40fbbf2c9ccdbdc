"""``python -m core fiqa calibrate`` on small folders of pictures that packages carry."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from core.__main__ import main
from core.calibration.walk import study_photos
from core.house import build_desk
from core.imaging.read import encode_jpeg
from core.imaging.samples import PORTRAITS, blurred, portrait
from core.settings import Settings

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photos each of three people, one of them blurred, one file broken and one empty."""
    place = tmp_path_factory.mktemp("faces")
    (place / "deeper").mkdir()
    for index in range(3):
        for shot, around in (("a", 2.4), ("b", 2.8)):
            photo = portrait(PORTRAITS[index], 200, around)
            (place / f"{index}{shot}.jpg").write_bytes(encode_jpeg(photo))
    soft = blurred(portrait(PORTRAITS[0], 200, 2.4), 9)
    (place / "deeper" / "soft.jpg").write_bytes(encode_jpeg(soft))
    (place / "broken.png").write_bytes(PNG + b"nothing")
    (place / "empty.jpg").touch()
    (place / "notes.txt").write_text("no photo", "utf-8")
    return place


@pytest.fixture(scope="module")
def couples(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photos of the pairs below and no others."""
    place = tmp_path_factory.mktemp("couples")
    for name in ("0a.jpg", "0b.jpg", "1a.jpg", "1b.jpg"):
        (place / name).write_bytes((folder / name).read_bytes())
    (place / "empty.jpg").touch()
    return place


PAIRS = "file_x,file_y,Decision\n0a.jpg,0b.jpg,Yes\n1a.jpg,1b.jpg,yes\n0a.jpg,1b.jpg,No\n"


@pytest.fixture
def call(
    settings: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, str, str]]:
    """Runs the command with the built-in engine: exit code, output, complaints."""
    monkeypatch.setattr("core.commands.fiqa.get_settings", lambda: settings(engine="dlib"))

    def run(*words: object) -> tuple[int, str, str]:
        code = main(["fiqa", "calibrate", *map(str, words)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


def test_a_folder_is_judged_printed_and_written(call, folder: Path, tmp_path: Path):
    code, out, _ = call(folder, "--out", tmp_path / "here")
    assert code == 0
    assert "9 photos, 7 judged, policy default" in out
    assert re.search(r"^\| clarity \| 8\d\.\d % \| 8\d", out, re.M)
    assert re.search(r"^\| occlusion \| - \| - \| - \| - \| 100.0 % \|", out, re.M)
    assert re.search(r"^\| deeper/soft.jpg \| no \| \d+ \| clarity: .*not sharp", out, re.M)
    assert re.search(r"^\| broken.png \| .*(damaged|cut off|not an image)", out, re.M)
    assert re.search(r"^\| empty.jpg \| .*empty", out, re.M)
    assert re.search(r"^\| FaceShortSide \| px \| substitute \| 7 \|", out, re.M)
    written = (tmp_path / "here" / "calibration-builtin.md").read_text("utf-8")
    assert written in out
    figure = tmp_path / "here" / "limits-builtin.png"
    assert figure.name in written
    assert figure.read_bytes()[:8] == PNG and figure.stat().st_size < 300_000
    assert "Error versus discard" not in written


def test_pairs_give_curves(call, couples: Path, tmp_path: Path):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(PAIRS, "utf-8")
    code, out, _ = call(couples, "--pairs", pairs, "--out", tmp_path)
    assert code == 0 and "2 comparisons of the same person, 1 of others" in out
    assert "cannot resolve" in out


def test_spoiled_copies_give_a_curve_for_each_defect(call, couples: Path, tmp_path: Path):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(PAIRS, "utf-8")
    code, out, _ = call(couples, "--pairs", pairs, "--degrade", 1, "--seed", 5, "--out", tmp_path)
    assert code == 0
    for name in ("our overall verdict", "detection score", "embedding norm", "random"):
        assert re.search(rf"^\| {name} \| [\d.]+ % \|", out, re.M)
    for defect in ("none", "blur", "motion", "small", "dark", "bright", "jpeg", "cut"):
        assert re.search(rf"^\| {defect} \|", out, re.M)
    figure = tmp_path / "discard-builtin.png"
    assert figure.read_bytes()[:8] == PNG and figure.stat().st_size < 300_000


def test_the_same_seed_spoils_the_copies_in_the_same_way(
    settings: Callable[..., Settings], couples: Path
):
    vision = build_desk(settings(engine="dlib")).vision

    def overalls(seed: int) -> list[float]:
        (study,) = study_photos(vision, couples, [couples / "0a.jpg"], 1, seed, {"0a.jpg"})
        return [sample.qualities["our overall verdict"] for sample in study.samples]

    assert overalls(5) == overalls(5) != overalls(6)


def test_half_of_the_people_can_be_compared_alone(call, couples: Path, tmp_path: Path):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(PAIRS, "utf-8")
    code, out, _ = call(couples, "--pairs", pairs, "--half", "a", "--out", tmp_path)
    assert code == 0
    assert "half a of the people; 1 comparisons of the same person, 1 of others" in out
    code, _, complaint = call(couples, "--half", "a", "--out", tmp_path)
    assert code == 2 and "--half needs --pairs" in complaint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b,Decision\n0a.jpg,0b.jpg,Yes\n", "has no column file_x; expected file_x, file_y"),
        ("", "has no column file_x"),
        ("file_x,file_y,Decision\n", "holds no pairs"),
        (PAIRS + "0a.jpg,gone.jpg,No\n", "1 photo(s) that are not in"),
        (PAIRS + "0a.jpg,2a.jpg,perhaps\n", "line 5: Decision is 'perhaps'; expected Yes or No"),
        (PAIRS + "0a.jpg\n", "line 5: Decision is ''"),
        (PAIRS.replace("No", "Yes"), "hold no comparison of different people"),
        (PAIRS.replace("es\n", "es\n").replace("Yes", "No").replace("yes", "No"), "same person"),
        ("file_x,file_y,Decision\nempty.jpg,0a.jpg,No\n", "No pair could be compared"),
    ],
)
def test_pairs_that_cannot_be_used(call, couples: Path, tmp_path: Path, text: str, says: str):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(text, "utf-8")
    code, _, complaint = call(couples, "--pairs", pairs, "--out", tmp_path)
    assert code == 2 and says in complaint and "Traceback" not in complaint


def test_what_cannot_be_done_is_said(call, folder: Path, tmp_path: Path):
    code, _, complaint = call(tmp_path / "gone")
    assert code == 2 and "There is no folder" in complaint
    code, _, complaint = call(tmp_path)
    assert code == 2 and "There are no photos in" in complaint
    code, _, complaint = call(folder, "--degrade")
    assert code == 2 and "--degrade needs --pairs" in complaint
    code, _, complaint = call(folder, "--pairs", tmp_path / "gone.csv")
    assert code == 2 and "cannot be read as CSV" in complaint
    (tmp_path / "file").touch()
    code, _, complaint = call(folder / "deeper", "--out", tmp_path / "file" / "below")
    assert code == 2 and "cannot be written" in complaint


def test_a_folder_without_a_single_face_lists_each_photo(call, tmp_path: Path):
    (tmp_path / "a.jpg").touch()
    (tmp_path / "b.png").write_bytes(b"text")
    code, _, complaint = call(tmp_path)
    assert code == 2
    assert "None of the 2 photo(s) could be judged" in complaint
    assert "a.jpg: The photo is empty" in complaint and "b.png: " in complaint


def test_a_policy_of_ones_own_is_used(call, settings, folder: Path, tmp_path: Path, monkeypatch):
    policy = tmp_path / "ours.toml"
    policy.write_text("[face_size.FaceShortSide]\nlow = 60\nnormal = 80\nhigh = 4000\n", "utf-8")
    ours = settings(engine="dlib", fiqa_policy=policy)
    monkeypatch.setattr("core.commands.fiqa.get_settings", lambda: ours)
    code, out, _ = call(folder / "deeper", "--out", tmp_path)
    assert code == 0 and "policy ours" in out and "high needs 4000" in out
    policy.write_text("[beauty.Face]\nlow = 1\n", "utf-8")
    code, _, complaint = call(folder / "deeper", "--out", tmp_path)
    assert code == 2 and "unknown item" in complaint
