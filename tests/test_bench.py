"""The benches' arithmetic, and that each runs; never how long anything takes."""

import base64
import io
import sqlite3
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench import accuracy, engines, serve, side
from bench.accuracy import Seen
from bench.gallery import fill
from bench.rivals import floor
from bench.rounds import WARM_UP, Spent, interleave, ratio
from bench.scenes import CLOSE, make_scenes, make_small
from bench.side import Rival, Row, tabulate
from bench.update import caller
from bench.writing import draw, write_block
from core.engine.base import Embedding
from core.house import build_desk
from core.settings import Settings


@pytest.mark.parametrize(
    ("same", "different", "area"),
    [
        ([0.9, 0.8], [0.1, 0.2], 1.0),
        ([0.1], [0.9], 0.0),
        ([0.5], [0.5], 0.5),
        ([0.9, 0.1], [0.5], 0.5),
    ],
)
def test_area_under_curve(same: list[float], different: list[float], area: float) -> None:
    assert engines.area_under_curve(same, different) == area


@pytest.mark.parametrize("bench", [engines, accuracy])
def test_without_photos_nothing_is_measured(bench, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(bench, "PEOPLE", engines.SHARED / "no such folder")
    assert "Not measured" in bench.report(1)[-1]


def test_each_round_has_every_work_once_and_none_always_follows_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bench.rounds.PAUSE_S", 0)  # of the order, not of the times
    seen: list[str] = []
    times = interleave({name: partial(seen.append, name) for name in "abc"}, 30)
    assert {name: len(found) for name, found in times.items()} == dict.fromkeys("abc", 30)
    rounds = ["".join(seen[at : at + 3]) for at in range(0, len(seen), 3)]
    assert len(rounds) == 30 + WARM_UP
    assert {"".join(sorted(each)) for each in rounds} == {"abc"} and len(set(rounds)) == 6


def test_ratio_is_of_medians_with_the_quartiles_of_the_rounds() -> None:
    slow = [Spent(wall, 30.0) for wall in (10.0, 20.0, 90.0)]
    found = ratio(slow, [Spent(10.0, 20.0)] * 3)
    assert (found.wall, found.low, found.high, found.cpu) == (2.0, 1.0, 9.0, 1.5)


def row(name: str, ours: float, theirs: float, target: float | None, faster: bool) -> Row:
    rival = Rival(name, lambda: None, target, faster)
    return Row("e", "p", rival, [Spent(ours, 1.0)] * 2, [Spent(theirs, 1.0)] * 2)


@pytest.mark.parametrize(
    ("ours", "theirs", "target", "faster", "verdict"),
    [
        (10, 20, 2.0, True, "≥ 2 met"),
        (11, 20, 2.0, True, "≥ 2 **missed**"),
        (11, 10, 1.1, False, "≤ 1.1 met"),
        (12, 10, 1.1, False, "≤ 1.1 **missed**"),
        (12, 10, None, False, "–"),
    ],
)
def test_a_missed_target_says_so(
    ours: float, theirs: float, target: float | None, faster: bool, verdict: str
) -> None:
    assert row("x", ours, theirs, target, faster).verdict == verdict


def test_table_and_picture(tmp_path: Path) -> None:
    rows = [row("floor", 11, 10, 1.1, False), row("other", 10, 40, 2.0, True)]
    lines = tabulate(rows, 2)
    assert any("| floor | 11 | 10 | ours / other 1.10" in line for line in lines)
    assert any("| other | 10 | 40 | other / ours 4.00" in line for line in lines)
    draw(rows, tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_results_are_written_between_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- bench: side -->\nold\n<!-- end -->\nb\n", encoding="utf-8")
    assert write_block("side", ["new", ""], tmp_path) == 1
    assert write_block("other", ["x"], tmp_path) == 0
    assert page.read_text(encoding="utf-8") == ("a\n<!-- bench: side -->\nnew\n<!-- end -->\nb\n")


def test_accuracy_table_tells_lost_faces() -> None:
    vector = Embedding(np.array([1.0, 0.0], np.float32), "e")
    pairs = dict.fromkeys(_paired(), vector)
    if not pairs:
        pytest.skip("no labelled pairs here")
    seen = [Seen(name, True, (1, 2), 1.0, vector, vector) for name in pairs]
    lines = accuracy.tabulate(seen, 0)
    assert any("with fewer" in line and "**missed**" in line for line in lines)
    assert any("lowest" in line and line.endswith("| met |") for line in lines)


def _paired() -> set[str]:
    if not engines.PAIRS.is_file():
        return set()
    lines = engines.PAIRS.read_text(encoding="utf-8").splitlines()[1:]
    return {name for line in lines for name in line.split(",")[:2]} | {
        path.name for path in engines.PEOPLE.iterdir()
    }


def test_percentile() -> None:
    assert serve.percentile([float(n) for n in range(100)], 95) == 95
    assert serve.percentile([3.0], 95) == 3


def test_scenes_are_of_their_size() -> None:
    scenes = make_scenes()
    assert scenes[0].name == CLOSE
    for scene in scenes:
        assert Image.open(io.BytesIO(scene.data)).size == scene.size_wh


def test_update_and_floor_run_on_a_filled_gallery(tmp_path: Path) -> None:
    """One round of the side-by-side's core, on a small photo, with the engine that is built in."""
    desk = build_desk(Settings(data=tmp_path / "data", engine="dlib"))
    small = make_small()
    fill(desk, small, others=20)
    assert len(desk.matrix) == desk.gallery.count() == 20
    answer = caller(desk, _text(small))()
    assert answer["replacement"]["timings_ms"]["commit"] > 0  # type: ignore[index]
    for tuned in (False, True):
        file = tmp_path / f"{tuned}.db"
        floor(desk, small, file, tuned)()
        with sqlite3.connect(file) as database:
            assert database.execute("SELECT count(*) FROM t").fetchone() == (1,)
        database.close()


def _text(photo: bytes) -> str:
    return base64.b64encode(photo).decode("ascii")


def test_a_server_under_a_small_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every part of the throughput bench, with as few requests as will do."""
    monkeypatch.setattr(serve, "CALLERS", (1, 2))
    monkeypatch.setattr(serve, "PER_ROUND", 2)
    monkeypatch.setattr(serve, "BURST", 3)
    lines = serve.report(1, requests=4)
    assert sum(line.startswith(("| 1 |", "| 2 |")) for line in lines) == 2
    assert any(line.startswith("A burst of 3") for line in lines)
    assert any(line.startswith("Memory over 4") for line in lines)


def test_targets_are_those_that_were_set() -> None:
    assert (side.FLOOR, side.HTTP, side.TWICE, side.TWENTY) == (1.10, 1.15, 2.0, 20.0)
    assert (serve.HEALTH_MS, accuracy.COSINE, accuracy.WITHIN) == (50.0, 0.9999, 0.02)
