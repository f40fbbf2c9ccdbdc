"""Search inside PostgreSQL: exact in spite of half precision, its index, what it must not hold."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from bench.crowd import ENGINE as GENERATED
from bench.crowd import fill, vectors
from core.errors import NotReady
from core.gallery import search_builder, search_query, search_table
from core.gallery.records import IdentityChange
from core.gallery.search import SearchMatrix
from core.gallery.search_database import DatabaseSearch, open_search
from core.gallery.search_table import MAKING, State, name_of, write_state
from core.gallery.store import Gallery
from core.house import build_desk
from core.settings import Settings
from tests import databases
from tests.gallery.material import ACTOR, ENGINE, add, create, entry, new_photo, swap, unit

ROOT = Path(__file__).resolve().parents[2]
KEY = bytes(range(32))
CROWD, D = 1200, 64


@pytest.fixture
def url(tmp_path: Path) -> str:
    return databases.url_of(tmp_path / "gallery.pg")


@pytest.fixture
def gallery(url: str) -> Iterator[Gallery]:
    with Gallery.open(url, 20, 3) as opened:
        yield opened


def rows(gallery: Gallery, engine_id: str = ENGINE) -> int:
    with gallery.database.read() as session:
        return int(session.scalar(text(f"SELECT count(*) FROM {name_of(engine_id)}")) or 0)


def test_half_precision_never_changes_an_answer(gallery: Gallery) -> None:
    """Faces that lie nearer together than half precision can tell."""
    base = unit(1)
    for i in range(12):
        near = base + 2e-5 * i * unit(100 + i)
        photo = new_photo(i, vector=near)
        gallery.create_identity(f"n{i:02}", IdentityChange(name=f"N{i}"), photo, entry("create"))
    inside, outside = DatabaseSearch(gallery, ENGINE), SearchMatrix(gallery, ENGINE)
    for top in (1, 3, 12):
        for excluded in (None, "n00"):
            found = inside.nearest(base, top, excluded)
            assert found == outside.nearest(base, top, excluded)
    assert inside.recall is None


def test_the_index_is_used_only_with_a_measured_recall(gallery: Gallery) -> None:
    fill(gallery, CROWD, D)
    exact, indexed = DatabaseSearch(gallery, GENERATED), DatabaseSearch(gallery, GENERATED, True)
    assert exact.recall is None
    assert len(exact) == len(indexed) == CROWD
    recall = indexed.recall
    assert recall is not None and recall >= search_builder.MIN_RECALL
    queries = vectors(60, D, seed=77)
    same = [indexed.nearest(q, 1) == exact.nearest(q, 1) for q in queries]
    print(f"recall measured {recall:.3f}; here, in all directions, {np.mean(same):.3f}")
    assert np.mean(same) >= 0.95
    first = exact.nearest(vectors(1, D, seed=0)[0], 1)[0]
    assert indexed.nearest(vectors(1, D, seed=0)[0], 1) == (first,)
    others = indexed.nearest(vectors(1, D, seed=0)[0], 5, exclude_identity=first.identity_id)
    assert len(others) == 5 and first.identity_id not in {m.identity_id for m in others}


def test_an_index_that_misses_too_much_is_not_used(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(gallery, CROWD, D)
    for name, value in (("INDEX_M", 2), ("INDEX_BUILD", 4), ("INDEX_SEARCH", 1)):
        monkeypatch.setattr(search_query, name, value)
    poor, exact = DatabaseSearch(gallery, GENERATED, True), DatabaseSearch(gallery, GENERATED)
    assert poor.recall is None
    with gallery.database.read() as session:
        state = search_table.read_state(session, GENERATED)
    assert state is not None and state.recall is not None
    assert state.recall < search_builder.MIN_RECALL
    for query in vectors(10, D, seed=5):
        assert poor.nearest(query, 3) == exact.nearest(query, 3)


def test_the_recall_is_measured_again_when_the_gallery_grew(gallery: Gallery) -> None:
    create(gallery, "a", 1)
    search = DatabaseSearch(gallery, ENGINE, True)
    assert search.recall == 1
    for i in range(9):
        create(gallery, f"n{i}", 10 + i)
    assert search.nearest(unit(12), 1)[0].identity_id == "n2"
    with gallery.database.read() as session:
        state = search_table.read_state(session, ENGINE)
    assert state is not None and state.measured == 10


def test_what_is_erased_or_deleted_leaves_the_table_at_once(gallery: Gallery) -> None:
    for i in range(3):
        create(gallery, f"n{i}", i)
    search = DatabaseSearch(gallery, ENGINE)
    assert len(search) == rows(gallery) == 3
    gallery.erase("n0", ACTOR)
    gallery.delete_identities(["n1"], ACTOR)
    assert rows(gallery) == 1, "without any search"
    assert [m.identity_id for m in search.nearest(unit(0), 5)] == ["n2"]


def test_several_processes_share_one_table(gallery: Gallery, url: str) -> None:
    create(gallery)
    search = DatabaseSearch(gallery, ENGINE)
    assert len(search) == 1
    code = (
        "import sys\n"
        "from tests.gallery.material import *\n"
        "from core.gallery.search_database import DatabaseSearch\n"
        "with Gallery.open(sys.argv[1], 20, 3) as gallery:\n"
        "    create(gallery, 'q', 2); swap(gallery, gallery.identity('p').photos[0].id, 3)\n"
        "    assert DatabaseSearch(gallery, ENGINE).nearest(unit(3), 1)[0].identity_id == 'p'\n"
    )
    subprocess.run([sys.executable, "-c", code, url], check=True, cwd=ROOT, timeout=60)
    start = time.perf_counter()
    assert [search.nearest(unit(s), 1)[0].identity_id for s in (2, 3)] == ["q", "p"]
    assert time.perf_counter() - start < 1
    assert rows(gallery) == 2


def test_a_build_that_was_cut_short_begins_anew(gallery: Gallery) -> None:
    for i in range(3):
        create(gallery, f"n{i}", i)
    search = DatabaseSearch(gallery, ENGINE)
    assert len(search) == 3
    with gallery.database.beside() as session:
        search_table.take_out(session, ENGINE, [gallery.identity("n1").photos[0].id])
        write_state(session, ENGINE, State(MAKING, None, None, None))
    assert len(DatabaseSearch(gallery, ENGINE)) == 3


def test_while_another_process_builds_it_is_not_ready(gallery: Gallery) -> None:
    create(gallery)
    search = DatabaseSearch(gallery, ENGINE)
    other = DatabaseSearch(gallery, ENGINE)
    with other._builder.alone(), pytest.raises(NotReady, match="being built"):
        search.nearest(unit(1), 1)
    assert search.nearest(unit(1), 1)


def test_a_photo_that_goes_during_the_build_is_left_out(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(3):
        create(gallery, f"n{i}", i)
    copy_in = search_builder.copy_in

    def late(*arguments: object) -> None:
        gallery.delete_identities(["n1"], ACTOR)
        copy_in(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(search_builder, "copy_in", late)
    assert len(DatabaseSearch(gallery, ENGINE)) == 2


def test_other_engines_tables_go(gallery: Gallery) -> None:
    photo = create(gallery).new
    assert len(DatabaseSearch(gallery, ENGINE)) == 1
    gallery.reembed(photo.id, unit(7, 64), "toy-2")
    assert len(DatabaseSearch(gallery, "toy-2")) == 1
    with gallery.database.read() as session:
        assert session.scalar(text(f"SELECT to_regclass('{name_of(ENGINE)}')")) is None


def test_encryption_and_a_search_inside_exclude_each_other(gallery: Gallery, url: str) -> None:
    create(gallery)
    search = DatabaseSearch(gallery, ENGINE)
    assert len(search) == 1
    with Gallery.open(url, 20, 3, key=KEY) as sealed:
        with pytest.raises(NotReady, match="encrypted"):
            open_search(sealed, ENGINE, "database")
        with sealed.database.read() as session:
            assert session.scalar(text(f"SELECT to_regclass('{name_of(ENGINE)}')")) is None
        assert len(open_search(sealed, ENGINE, "memory")) == 1
    with pytest.raises(NotReady):
        DatabaseSearch(gallery, ENGINE).nearest(unit(1), 1)


def test_without_pgvector_it_says_what_to_do(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gallery.database.beside() as session:
        session.execute(text("DROP EXTENSION IF EXISTS vector CASCADE"))
    statement = search_table.EXTENSION.replace("vector", "no_such_extension")
    monkeypatch.setattr(search_table, "EXTENSION", statement)
    with pytest.raises(NotReady, match="pgvector"):
        DatabaseSearch(gallery, ENGINE)


def test_sqlite_has_no_search_inside(tmp_path: Path) -> None:
    if databases.FORCED:
        pytest.skip("SQLite is not under test")
    with Gallery.open(f"sqlite:///{tmp_path / 'g.db'}", 5, 3) as gallery:
        for where in ("database", "hnsw"):
            with pytest.raises(NotReady, match="needs a gallery in PostgreSQL"):
                open_search(gallery, ENGINE, where)


def test_more_photos_of_one_person(gallery: Gallery) -> None:
    create(gallery, "p", 1)
    add(gallery, 2)
    search = DatabaseSearch(gallery, ENGINE)
    old = gallery.identity("p").photos[1]
    assert search.nearest(unit(2), 1)[0].photo_id == old.id
    new = swap(gallery, old.id, 3).new
    assert search.nearest(unit(3), 1)[0].photo_id == new.id
    assert len(search) == 2


@pytest.mark.parametrize(("knobs", "words"), [
    ({}, "needs a gallery in PostgreSQL"),
    ({"key": "A" * 43 + "="}, "encrypted"),
])  # fmt: skip
def test_the_house_does_not_open_with_a_search_it_cannot_make(
    tmp_path: Path, url: str, knobs: dict[str, str], words: str
) -> None:
    database = url if knobs else f"sqlite:///{tmp_path / 'g.db'}"
    settings = Settings(
        _env_file=None, data=tmp_path, database=database, search="database", **knobs
    )
    with pytest.raises(NotReady, match=words):
        build_desk(settings)
