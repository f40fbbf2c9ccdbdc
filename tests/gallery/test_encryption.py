from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import BadFeature, FaceDeskError, NotReady
from core.gallery.cipher import MAGIC, Broken, Cipher, is_sealed, new_key, read_key, write_key
from core.gallery.search import SearchMatrix
from core.gallery.store import Gallery
from tests.gallery.material import (
    ACTOR,
    ENGINE,
    add,
    create,
    entry,
    marks_of,
    new_photo,
    swap,
    traces,
    unit,
    verified,
)

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))


@pytest.fixture
def sealed(url: str) -> Iterator[Gallery]:
    with Gallery.open(url, 20, 3, key=KEY) as opened:
        yield opened


def change(file: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(file, timeout=20)) as connection, connection:
        connection.execute(sql, values)


def test_a_value_opens_in_its_own_place_only() -> None:
    cipher = Cipher(new_key())
    stored = cipher.seal(b"face", "t/1/jpeg")
    assert cipher.open(stored, "t/1/jpeg") == b"face"
    assert stored != cipher.seal(b"face", "t/1/jpeg"), "never the same nonce"
    wrong = [(cipher, "t/2/jpeg"), (cipher, "t/1/crop"), (Cipher(new_key()), "t/1/jpeg")]
    for other, place in wrong:
        with pytest.raises(Broken):
            other.open(stored, place)
    for length in range(len(stored)):
        assert is_sealed(stored[:length])
        with pytest.raises(Broken):
            cipher.open(stored[:length], "t/1/jpeg")
    assert not is_sealed(b"\xff\xd8\xff")


@pytest.mark.parametrize("text", ["", "abc", "é" * 10, "AAAA", write_key(KEY)[:-2], "=" * 44])
def test_a_bad_key_is_said(text: str) -> None:
    with pytest.raises(NotReady, match="key new"):
        read_key(text)
    assert read_key(f" {write_key(KEY)}\n") == KEY


def test_nothing_plain_is_stored_and_everything_comes_back(sealed: Gallery, file: Path) -> None:
    first = create(sealed, seed=1).new
    swap(sealed, first.id, 2)
    add(sealed, 3)
    assert not traces(file, *marks_of(1, 2, 3))
    assert len(verified(sealed)) == 2
    ids = [first.id, *(photo.id for photo in sealed.identity("p").photos)]
    for photo_id, seed in zip(ids, (1, 2, 3), strict=True):
        new = new_photo(seed)
        assert sealed.photo_jpeg(photo_id) == new.jpeg
        assert sealed.crop_jpeg(photo_id) == new.crop_jpeg
        assert sealed.thumbs([photo_id]) == {photo_id: new.thumb_jpeg}
    assert SearchMatrix(sealed, ENGINE).nearest(unit(3), 1)[0].cosine == pytest.approx(1)
    restored = sealed.restore(first.id, entry("restore")).new
    assert sealed.photo_jpeg(restored.id) == new_photo(1).jpeg
    assert sealed.embedding(restored.id)[0].tobytes() == unit(1).tobytes()
    sealed.reembed(restored.id, unit(77), "toy-2")
    assert sealed.embedding(restored.id)[0].tobytes() == unit(77).tobytes()
    assert not traces(file, unit(77).tobytes())


def test_without_the_key_or_with_another_the_gallery_does_not_open(
    sealed: Gallery, url: str
) -> None:
    create(sealed)
    for key, sentence in ((None, "is encrypted"), (OTHER, "does not fit")):
        with pytest.raises(NotReady, match=sentence):
            Gallery.open(url, 20, 3, key=key)


def test_who_opened_it_plain_cannot_write_or_read_once_it_is_encrypted(
    gallery: Gallery, url: str
) -> None:
    plain = create(gallery, "plain").new
    with Gallery.open(url, 20, 3, key=KEY) as keyed:
        hidden = create(keyed, "hidden", 2).new
        assert keyed.photo_jpeg(plain.id) == new_photo(1).jpeg, "plain and sealed side by side"
        assert len(SearchMatrix(keyed, ENGINE)) == 2
    with pytest.raises(NotReady):
        gallery.photo_jpeg(hidden.id)
    with pytest.raises(NotReady):
        SearchMatrix(gallery, ENGINE).nearest(unit(1), 1)
    with pytest.raises(NotReady, match="restart"):
        swap(gallery, plain.id, 3, "plain")
    assert gallery.photo_jpeg(plain.id) == new_photo(1).jpeg


FAULTS = {
    "cut short": "UPDATE {t} SET {c} = substr({c}, 1, length({c}) - 1) WHERE photo_id = :a",
    "cut to nothing": "UPDATE {t} SET {c} = x'' WHERE photo_id = :a",
    "cut to three": "UPDATE {t} SET {c} = substr({c}, 1, 3) WHERE photo_id = :a",
    "another person's": "UPDATE {t} SET {c} = (SELECT {c} FROM {t} WHERE photo_id = :b)"
    " WHERE photo_id = :a",
    "another photo's": "UPDATE {t} SET {c} = (SELECT {c} FROM {t} WHERE photo_id = :c)"
    " WHERE photo_id = :a",
    "plain": "UPDATE {t} SET {c} = zeroblob(64) WHERE photo_id = :a",
    "person moved": "UPDATE registered_photo SET identity_id = 'q', position = 5 WHERE id = :a",
    "key gone": "DELETE FROM person_key WHERE identity_id = 'p'",
    "keys swapped": "UPDATE person_key SET wrapped = (SELECT wrapped FROM person_key"
    " WHERE identity_id = 'q') WHERE identity_id = 'p'",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_was_damaged_or_moved_is_an_error_and_is_never_compared(
    sealed: Gallery, file: Path, fault: str
) -> None:
    own, other, second = create(sealed).new, create(sealed, "q", 2).new, add(sealed, 3).new
    for table, column in (("photo_file", "jpeg"), ("face_embedding", "vector")):
        sql = FAULTS[fault].format(t=table, c=column)
        with closing(sqlite3.connect(file, timeout=20)) as connection, connection:
            connection.execute(sql, {"a": own.id, "b": other.id, "c": second.id})
    with pytest.raises(NotReady):
        sealed.photo_jpeg(own.id)
    with pytest.raises(BadFeature):
        sealed.embedding(own.id)
    matrix = SearchMatrix(sealed, ENGINE)
    assert own.id not in {match.photo_id for match in matrix.nearest(unit(1), 9)}
    assert matrix.stale >= 1
    assert sealed.photo_jpeg(other.id) == new_photo(2).jpeg
    with pytest.raises(FaceDeskError):
        sealed.restore(own.id, entry("restore"))


def test_an_engine_name_is_part_of_the_seal(sealed: Gallery, file: Path) -> None:
    photo = create(sealed).new
    change(file, "UPDATE face_embedding SET engine_id = 'toy-2'")
    with pytest.raises(BadFeature):
        sealed.embedding(photo.id)


def test_encrypt_converts_is_resumed_and_leaves_nothing_plain(
    gallery: Gallery, url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.gallery.converting.BATCH", 2)
    old = create(gallery).new
    swap(gallery, old.id, 2)
    for seed in (3, 4):
        create(gallery, f"n{seed}", seed)
    with pytest.raises(NotReady, match="key new"):
        next(gallery.encrypt(ACTOR))
    gallery.close()
    with Gallery.open(url, 20, 3, key=KEY) as first:
        assert first.count_plain() == 4
        steps = first.encrypt(ACTOR)
        assert next(steps) == 2
        steps.close()  # stopped half way
    with Gallery.open(url, 20, 3, key=KEY) as second:
        assert second.count_plain() == 2
        assert not second.vault.all_sealed
        assert len(SearchMatrix(second, ENGINE)) == 3
        assert list(second.encrypt(ACTOR)) == [2]
        assert not traces(file, *marks_of(1, 2, 3, 4))
        assert second.vault.all_sealed
        assert len(verified(second)) == 1
        assert second.photo_jpeg(old.id) == new_photo(1).jpeg
        assert len(SearchMatrix(second, ENGINE)) == 3


def test_rekey_changes_the_master_and_no_photo(sealed: Gallery, url: str, file: Path) -> None:
    photo = create(sealed).new
    with closing(sqlite3.connect(file)) as connection:
        stored = connection.execute("SELECT jpeg FROM photo_file").fetchall()
    with Gallery.open(url, 20, 3, key=KEY) as running:
        assert sealed.rekey(OTHER, ACTOR) == 1
        assert sealed.photo_jpeg(photo.id) == new_photo(1).jpeg
        with pytest.raises(NotReady, match="restart"):
            running.photo_jpeg(photo.id)
        with pytest.raises(NotReady, match="restart"):
            create(running, "q", 2)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT jpeg FROM photo_file").fetchall() == stored
    with pytest.raises(NotReady, match="does not fit"):
        Gallery.open(url, 20, 3, key=KEY)
    with Gallery.open(url, 20, 3, key=OTHER) as again:
        assert len(verified(again)) == 1


def test_erasing_takes_the_key(sealed: Gallery, file: Path) -> None:
    create(sealed)
    create(sealed, "q", 2)
    with closing(sqlite3.connect(file, timeout=20)) as connection:
        query = "SELECT wrapped FROM person_key WHERE identity_id = 'p'"
        wrapped = connection.execute(query).fetchone()[0]
    assert wrapped.startswith(MAGIC)
    assert traces(file, wrapped)
    sealed.erase("p", ACTOR)
    assert not traces(file, wrapped)
    assert len(verified(sealed, "q")) == 1
