"""``python -m core batch``: words and exit codes, on a desk whose models cost nothing."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import house
from core.__main__ import main
from core.batch.shelf import FOLDER, shelf_of
from core.desk import Desk
from core.settings import get_settings
from tests.batch.material import face, fill, good_files, hashes, toy_desk, zip_of

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    (tmp_path / "data").mkdir()
    made = toy_desk(tmp_path / "data" / "gallery.db")
    fill(made)
    monkeypatch.setattr(house, "_desk", made)
    yield made
    made.gallery.close()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: object) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["batch", *(str(word) for word in words)])
        told = capsys.readouterr()
        return code, told.out + told.err

    return call


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    file = tmp_path / "new.zip"
    file.write_bytes(zip_of(good_files()))
    return file


def test_without_run_nothing_is_written(desk: Desk, run: Run, archive: Path) -> None:
    before = hashes(desk)
    code, said = run(archive, "--level", "no")
    assert code == 0 and "5 to replace" in said and "Nothing was written" in said
    assert hashes(desk) == before and len(shelf_of(desk).listed()) == 1


def test_checked_then_run_then_undone(desk: Desk, run: Run, archive: Path, tmp_path: Path) -> None:
    before = hashes(desk)
    run(archive, "--level", "no")
    (batch,) = shelf_of(desk).listed()
    code, said = run("--resume", batch.id, "--result", tmp_path / "out.csv")
    assert code == 0 and "5 replaced, 0 failed, 0 left out" in said
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8-sig") as lines:
        assert [line["result"] for line in csv.DictReader(lines)] == ["replaced"] * 5
    assert batch.id in run("--list")[1]
    code, said = run("--undo", batch.id)
    assert code == 0 and "5 restored" in said and hashes(desk) == before
    assert run("--undo", batch.id)[0] == run("--resume", batch.id)[0] == 2


def test_a_folder_at_once_with_a_csv(desk: Desk, run: Run, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.jpg").write_bytes(face("003", 1))
    (tmp_path / "new" / "b.jpg").write_bytes(b"junk")
    table = tmp_path / "map.csv"
    table.write_text("identity_id;register_image_index;file\n003;1;a.jpg\n001;;b.jpg\n")
    code, said = run(tmp_path / "new", "--csv", table, "--level", "no", "--run")
    assert code == 1 and "1 replaced, 0 failed, 1 left out" in said
    assert "b.jpg" in said and "not a readable photo" in said


def test_an_objection_takes_its_number_and_a_reason(desk: Desk, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "new.zip"
    file.write_bytes(zip_of([("001.jpg", face("002", 1))]))
    code, said = run(file, "--level", "no", "--run")
    assert code == 1 and "wrong_person, double_person (nearest: 002)" in said
    words = (file, "--level", "no", "--run", "--accept", "1")
    assert run(*words)[0] == 2
    code, said = run(*words, "--reason", "seen in person")
    assert code == 0 and "1 replaced" in said


def test_discard(desk: Desk, run: Run, archive: Path) -> None:
    run(archive, "--level", "no")
    (batch,) = shelf_of(desk).listed()
    assert run("--discard", batch.id)[0] == 0
    assert not list((desk.settings.data / FOLDER).iterdir())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "Name a folder or a ZIP"),
        (("none.zip",), "no such folder or ZIP"),
        (("--resume", "20261124-101112-123456"), "no such batch"),
        (("--undo", "../data"), "no such batch"),
        (("new.zip", "--csv", "none.csv"), "none.csv cannot be read"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    desk: Desk, run: Run, archive: Path, words: tuple[str, ...], says: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(archive.parent)
    code, said = run(*words)
    assert code == 2 and says in said and "Traceback" not in said


def test_what_all_fails_leaves_nothing_behind(desk: Desk, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "new.zip"
    file.write_bytes(zip_of([("999.jpg", b"x")]))
    assert run(file)[0] == 1
    assert not list((desk.settings.data / FOLDER).iterdir())


def test_interrupted_it_says_how_to_go_on(
    desk: Desk, run: Run, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(archive, "--level", "no")
    (batch,) = shelf_of(desk).listed()
    replace, done = desk.replace, 0

    def stop(*args: object, **named: object) -> object:
        nonlocal done
        done += 1
        if done == 3:
            raise KeyboardInterrupt
        return replace(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(desk, "replace", stop)
    code, said = run("--resume", batch.id)
    assert code == 130 and f"--resume {batch.id}" in said
    monkeypatch.setattr(desk, "replace", replace)
    code, said = run("--resume", batch.id)
    assert code == 0 and "5 replaced" in said


def test_erase_reaches_the_batches(
    desk: Desk, run: Run, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(archive, "--level", "no")
    (batch,) = shelf_of(desk).listed()
    monkeypatch.setenv("FACEDESK_DATA", str(desk.settings.data))
    monkeypatch.delenv("FACEDESK_DATABASE", raising=False)
    get_settings.cache_clear()
    assert main(["erase", "001", "--yes"]) == 0
    get_settings.cache_clear()
    left = shelf_of(desk).open(batch.id).load().rows
    assert [row.identity_id for row in left] == ["", "002", "003", "003", "003"]
