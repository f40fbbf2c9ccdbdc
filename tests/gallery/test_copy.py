"""From one database into another and back: the same gallery, or none that opens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from core.commands import copy as command
from core.errors import NotReady, ParameterError
from core.gallery import copying
from core.gallery.copying import copy_gallery, url_of
from core.gallery.database import Database
from core.gallery.records import Actor
from core.gallery.repeat import Repeat
from core.gallery.store import Gallery
from tests import databases
from tests.gallery.material import ACTOR, add, create, swap, unit, verified

KEY = bytes(range(32))


@pytest.fixture
def target(tmp_path: Path, kind: str) -> str:
    """An empty database of the other kind."""
    other = "pg" if kind == "sqlite" else "db"
    return databases.url_of(tmp_path / f"copy.{other}")


@pytest.fixture
def filled(gallery: Gallery) -> Gallery:
    group = gallery.create_group("Gate A", ACTOR)
    old = create(
        gallery, name="陈静", permission_ids=(group.id,), ext_info={"a": [1, 2.5, None]}
    ).new
    swap(gallery, old.id, 2, repeat=Repeat("r", "c", lambda receipt: '{"say": "ok"}'))
    add(gallery, 3)
    create(gallery, "q", 4)
    gallery.create_account("ann", "admin", "hash", ACTOR)
    gallery.erase("q", ACTOR)
    return gallery


@pytest.fixture
def ends(url: str, target: str) -> Iterator[tuple[Database, Database]]:
    with closing(Database(url)) as old, closing(Database(target, for_copy=True)) as new:
        yield old, new


def test_the_copy_is_the_same_gallery(
    filled: Gallery, ends: tuple[Database, Database], target: str, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    done = copy_gallery(*ends, ACTOR, lambda now, of: told.append((now, of)))
    assert told[-1][0] == told[-1][1] and told == sorted(told)
    assert done.rows["registered_photo"] == 3
    with Gallery.open(target, 20, 3) as copied:
        assert copied.identity("p") == filled.identity("p")
        assert verified(copied) == verified(filled)
        assert copied.accounts() == filled.accounts()
        assert not list(copied.faults(lambda jpeg: True))
        newest, *earlier = copied.audit_rows(50)
        assert (newest.entry.action, newest.entry.actor) == ("copy", ACTOR)
        assert earlier == list(filled.audit_rows(50))
        assert (done.audit_id, newest.id) == (earlier[0].id, earlier[0].id + 1)
        swap(copied, copied.identity("p").photos[0].id, 9)
        place = tmp_path / f"back.{'db' if 'postgresql' in target else 'pg'}"
        with closing(Database(databases.url_of(place), for_copy=True)) as back:
            copy_gallery(copied.database, back, ACTOR)
        with Gallery.open(databases.url_of(place), 20, 3) as again:
            assert again.identity("p") == copied.identity("p")
            assert again.verify_chain() is None


def test_an_encrypted_gallery_is_copied_as_it_is(url: str, target: str) -> None:
    with Gallery.open(url, 20, 3, key=KEY) as sealed:
        create(sealed)
        with closing(Database(target, for_copy=True)) as new:
            copy_gallery(sealed.database, new, ACTOR)
    with pytest.raises(NotReady):
        Gallery.open(target, 20, 3)
    with Gallery.open(target, 20, 3, key=KEY) as copied:
        assert copied.embedding(copied.identity("p").photos[0].id)[0].tolist() == unit(1).tolist()


def test_an_interrupted_copy_opens_for_nobody_and_can_be_done_again(
    filled: Gallery, ends: tuple[Database, Database], target: str
) -> None:
    def stop(now: int, of: int) -> None:
        if now > 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_gallery(*ends, ACTOR, stop)
    with pytest.raises(NotReady, match="not finished"):
        Gallery.open(target, 20, 3)
    with closing(Database(target, for_copy=True)) as again:
        assert again.unfinished
        copy_gallery(ends[0], again, ACTOR)
    with Gallery.open(target, 20, 3) as copied:
        assert copied.identity("p") == filled.identity("p")


def test_a_copy_that_differs_stays_unusable(
    filled: Gallery,
    ends: tuple[Database, Database],
    target: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compare = copying._compare

    def spoil(new: Database, *others: object) -> None:
        with new.write() as session:
            session.execute(text("UPDATE registered_photo SET overall = 1"))
        compare(new, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(copying, "_compare", spoil)
    with pytest.raises(ParameterError, match="registered_photo"):
        copy_gallery(*ends, ACTOR)
    with pytest.raises(NotReady, match="not finished"):
        Gallery.open(target, 20, 3)


def test_a_gallery_that_is_there_is_left_alone(
    filled: Gallery, ends: tuple[Database, Database], target: str
) -> None:
    with Gallery.open(target, 20, 3) as there:
        create(there, "own", 7)
        with pytest.raises(ParameterError, match="not empty"):
            copy_gallery(*ends, ACTOR)
        assert there.count() == 1
    Gallery.open(target, 20, 3).close()


def test_a_broken_chain_is_not_copied(filled: Gallery, ends: tuple[Database, Database]) -> None:
    with filled.database.write() as session:
        session.execute(text("UPDATE audit SET operator = 'eve' WHERE id = 2"))
    with pytest.raises(ParameterError, match="row 2"):
        copy_gallery(*ends, ACTOR)


def test_what_the_command_says(
    filled: Gallery,
    url: str,
    target: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("OLD", url)
    monkeypatch.setenv("NEW", target)
    monkeypatch.setattr(command, "at_the_terminal", Actor)
    parser = __import__("argparse").ArgumentParser()
    command.add_arguments(parser)
    assert command.run(parser.parse_args(["env:OLD", "env:NEW"])) == 0
    assert "1 person(s), 3 photo(s)" in capsys.readouterr().out
    assert command.run(parser.parse_args(["env:OLD", "env:NEW"])) == 1
    assert "not empty" in capsys.readouterr().err


def test_what_words_mean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "g.db"
    assert url_of(str(file), exists=False) == f"sqlite:///{file}"
    monkeypatch.setenv("THERE", "postgresql://h/n")
    assert url_of("env:THERE", exists=True) == "postgresql://h/n"
    for word in (str(file), f"sqlite:///{file}", "env:NOT_THERE", "postgresql://h:port/n"):
        with pytest.raises(ParameterError):
            url_of(word, exists=True)
    assert not file.exists()
