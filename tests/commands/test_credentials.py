"""``python -m core token`` and ``user``: what a person at the machine does with them."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.__main__ import main
from core.access.door import Door, Visitor
from core.commands.said import at_the_terminal
from core.errors import Unauthorized
from core.gallery.store import Gallery
from core.settings import Settings, get_settings

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FACEDESK_DATA", str(tmp_path))
    monkeypatch.setenv("FACEDESK_DATABASE", "")
    get_settings.cache_clear()

    def call(line: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = main(line.split())
        said = capsys.readouterr()
        return code, said.out, said.err

    yield call
    get_settings.cache_clear()


@pytest.fixture
def door(run: Run, tmp_path: Path) -> Iterator[Door]:
    with Gallery.open(f"sqlite:///{tmp_path / 'gallery.db'}", 5, 3) as gallery:
        yield Door(Settings(_env_file=None, access="accounts"), gallery)


def test_a_token_is_shown_once_works_and_is_revoked(run: Run, door: Door) -> None:
    code, text, hint = run("token create --role operator --name door-3 --days 30")
    text = text.strip()
    assert code == 0 and "not shown again" in hint
    visitor = Visitor("192.0.2.1", f"Bearer {text}")
    assert (door.admit(visitor).name, door.admit(visitor).role) == ("door-3", "operator")
    token_id = text.split("_")[1]
    listed = run("token list")[1]
    assert token_id in listed and "until" in listed and text.split("_", 2)[2] not in listed
    assert "never" not in listed
    assert run(f"token revoke {token_id}")[0] == 0
    assert "revoked" in run("token list")[1]
    with pytest.raises(Unauthorized):
        door.admit(visitor)
    assert run("token revoke nothing")[::2] == (1, "There is no token with this id.\n")


def test_an_account_from_first_to_last(run: Run, door: Door) -> None:
    assert run("user create ann --role admin", "short\n")[0] == 1
    assert run("user create ann --role admin", "correct horse battery\n")[0] == 0
    assert "exists" in run("user create ann --role viewer", "correct horse battery\n")[2]
    session = door.sign_in("ann", "correct horse battery", Visitor("192.0.2.1"))
    assert door.resume(session).role == "admin"
    assert run("user role ann --role viewer")[0] == 0
    assert door.resume(session).role == "viewer"
    assert run("user password ann", "an even better one\n")[0] == 0
    with pytest.raises(Unauthorized):
        door.resume(session)
    assert run("user disable ann")[0] == 0 and "disabled" in run("user list")[1]
    assert run("user enable ann")[0] == 0 and "disabled" not in run("user list")[1]
    assert run("user disable bob")[0] == 1


@pytest.mark.parametrize(
    "line",
    [
        "token create --role boss --name x",
        "token create --role viewer",
        "token create --role viewer --name x --days 0",
        "token create --role viewer --name x --days nan",
        "user create ann",
        "user",
        "token",
    ],
)
def test_what_is_not_understood(run: Run, line: str) -> None:
    with pytest.raises(SystemExit):
        run(line)


def test_every_change_is_audited(run: Run, tmp_path: Path) -> None:
    run("user create ann --role admin", "correct horse battery\n")
    run("token create --role viewer --name t")
    with Gallery.open(f"sqlite:///{tmp_path / 'gallery.db'}", 5, 3) as gallery:
        rows = [row.entry for row in gallery.audit_rows(10)]
        assert [(row.action, row.facts["change"]) for row in rows] == [
            ("token", "create"),
            ("account", "create"),
        ]
        assert {row.actor for row in rows} == {at_the_terminal()}
        assert gallery.verify_chain() is None
