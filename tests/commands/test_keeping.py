"""``python -m core`` purge, erase, backup, restore, encrypt, rekey, key: words and exit codes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import update

from core.__main__ import main
from core.gallery.cipher import new_key, write_key
from core.gallery.store import Gallery
from core.gallery.tables import PhotoRow
from core.house import open_gallery
from core.settings import get_settings
from tests.gallery.material import create, swap

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder of the settings in use, with two people; one has a kept photo of 100 days."""
    monkeypatch.chdir(tmp_path)  # no .env of this machine
    monkeypatch.setenv("FACEDESK_DATA", str(tmp_path / "data"))
    for name in ("FACEDESK_DATABASE", "FACEDESK_KEY", "FACEDESK_KEY_FILE", "FACEDESK_KEEP_DAYS"):
        monkeypatch.delenv(name, raising=False)
    get_settings.cache_clear()
    with the_gallery() as gallery:
        old = create(gallery, "p", 1, name="Marker Name").new
        swap(gallery, old.id, 2)
        create(gallery, "q", 3)
        then = datetime.now(timezone.utc) - timedelta(days=100)
        with gallery.database.write() as session:
            aged = update(PhotoRow).where(PhotoRow.id == old.id).values(superseded_at=then)
            session.execute(aged)
    yield tmp_path / "data"
    get_settings.cache_clear()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: object) -> tuple[int, str]:
        get_settings.cache_clear()
        capsys.readouterr()
        code = main([str(word) for word in words])
        told = capsys.readouterr()
        return code, told.out + told.err

    return call


def the_gallery() -> Gallery:
    return open_gallery(get_settings())


def test_purge_counts_and_deletes(data: Path, run: Run) -> None:
    assert "0 photo(s)" in run("purge", "--days", 101)[1]
    code, told = run("purge", "--dry-run")
    assert (code, "1 photo(s) were replaced more than 90" in told) == (0, True)
    assert "1 photo(s) replaced more than 90 day(s) ago were deleted." in run("purge")[1]
    assert "0 photo(s)" in run("purge", "--dry-run", "--days", 90)[1]
    with the_gallery() as gallery:
        row = gallery.audit_rows(1)[0].entry
        assert (row.action, row.identity_id, row.actor.source) == ("purge", "p", "cli")
    with pytest.raises(SystemExit):
        run("purge", "--days", "-1")


@pytest.mark.parametrize(("typed", "code"), [("p", 0), ("q", 1), ("", 1)])
def test_erase_wants_the_id_typed(
    data: Path, run: Run, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: typed)
    got, told = run("erase", "p")
    assert got == code
    assert ("pseudonym erased-" in told) is (code == 0)
    with the_gallery() as gallery:
        assert gallery.has_identity("p") is (code == 1)


def test_erase_says_what_to_do_about_backups(data: Path, run: Run) -> None:
    code, told = run("erase", "p", "--yes")
    assert code == 0
    assert "2 photo(s)" in told
    assert "Backups" in told
    assert b"Marker Name" not in b"".join(path.read_bytes() for path in data.iterdir())
    code, told = run("erase", "p", "--yes")
    assert (code, told.strip()) == (1, "No such identity, photo or face.")


def test_backup_and_restore(data: Path, run: Run, tmp_path: Path) -> None:
    file, into = tmp_path / "b.tar", tmp_path / "other"
    code, told = run("backup", file)
    assert code == 0
    assert "2 person(s), 3 photo(s)" in told
    assert run("backup", file)[0] == 1
    code, told = run("restore", file, "--into", into)
    assert code == 0
    assert "2 person(s)" in told
    assert (into / "gallery.db").exists()
    code, told = run("restore", file)
    assert (code, "--force" in told) == (1, True)
    run("erase", "q", "--yes")
    code, told = run("restore", file, "--force")
    assert code == 0
    assert "is kept as gallery.db.before-" in told
    with the_gallery() as gallery:
        assert gallery.count() == 2
    assert run("restore", tmp_path / "none.tar", "--into", tmp_path / "third")[0] == 1
    assert run("backup", file, "--keys-only")[0] == 1, "not encrypted"


def test_encryption_from_key_to_rekey(
    data: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = run("key", "new")[1]
    assert len(base64.b64decode(key)) == 32
    code, told = run("encrypt")
    assert (code, "key new" in told) == (1, True)
    monkeypatch.setenv("FACEDESK_KEY", key)
    assert "3 photo(s) were encrypted" in run("encrypt")[1]
    assert "0 photo(s) were encrypted" in run("encrypt")[1]
    monkeypatch.delenv("FACEDESK_KEY")
    code, told = run("purge")
    assert (code, "FACEDESK_KEY_FILE" in told) == (1, True)
    first, second = tmp_path / "first.key", tmp_path / "second.key"
    first.write_text(key)
    second.write_text(write_key(new_key()))
    monkeypatch.setenv("FACEDESK_KEY_FILE", str(first))
    code, told = run("backup", tmp_path / "b.tar")
    assert (code, "b.tar.keys" in told) == (0, True)
    assert "keys' backup anew" in run("rekey", "--new-key-file", second)[1]
    assert "does not fit" in run("purge")[1]
    monkeypatch.setenv("FACEDESK_KEY_FILE", str(second))
    assert run("purge")[0] == 0
    assert "--keys-only" in run("erase", "p", "--yes")[1]
    assert "keys of 1 person" in run("backup", "--keys-only", tmp_path / "b.tar.keys")[1]
    code, told = run("restore", tmp_path / "b.tar", "--into", tmp_path / "back")
    assert (code, "1 person(s) were erased since" in told) == (0, True)


@pytest.mark.parametrize("content", [None, "short", "ä"])
def test_a_bad_key_file_is_said_without_its_path(
    data: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    file = tmp_path / "some.key"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    monkeypatch.setenv("FACEDESK_KEY_FILE", str(file))
    code, told = run("purge")
    assert code == 1
    assert "key" in told
    assert str(tmp_path) not in told
    assert "Traceback" not in told
