"""What checks, audit, the stored photo's hash and encryption together add to an update_image."""

from __future__ import annotations

import base64
import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydantic import SecretStr

from bench.material import engine_settings, photo
from core.calls.perform import perform
from core.calls.table import BY_FUNCTION
from core.desk import Desk, new_photo
from core.gallery import base
from core.gallery.cipher import new_key, write_key
from core.gallery.records import Actor, AuditEntry, IdentityChange
from core.gallery.transaction import Transaction
from core.house import build_desk, open_gallery

SIZE_WH = (4000, 3000)
OTHERS = 500
TARGET = 1.10
OFF = {"identity_check": "off", "duplicate_check": "off"}


class Spent(NamedTuple):
    """Milliseconds of one run."""

    wall_ms: float
    cpu_ms: float


class Unaudited(Transaction):
    """A transaction that leaves no audit row: the measure's other side, nowhere else."""

    def audit(self, entry: AuditEntry) -> int:
        return 0


def report(rounds: int) -> list[str]:
    """One row an engine: with and without, interleaved in one run."""
    text = base64.b64encode(photo(*SIZE_WH)).decode("ascii")
    lines = [
        f"### Checks, audit, hash, encryption in update_image, 12 MP, {OTHERS} others, "
        f"{rounds} rounds",
        "",
        "With all four and without any, medians, ms: wall time, and CPU time of all threads.",
        "",
        f"| engine | with | without | ratio | CPU with | without | ratio | hash | ≤ {TARGET:.2f} |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, settings) in enumerate(engine_settings(Path(folder))):
            plain = settings.model_copy(update={"data": Path(folder) / f"{number}-plain"})
            key = SecretStr(write_key(new_key()))
            sealed = plain.model_copy(update={"data": Path(folder) / str(number), "key": key})
            with_all = build_desk(sealed)
            without = Desk(plain, open_gallery(plain), with_all.vision)
            lines.append(_row(name, with_all, without, text, rounds))
    return lines


def _row(name: str, with_all: Desk, without: Desk, text: str, rounds: int) -> str:
    full: list[Spent] = []
    bare: list[Spent] = []
    sides = [(full, with_all, {}), (bare, without, OFF)]
    for _, desk, _ in sides:
        _fill(desk, text)
    for number in range(rounds + 3):
        for times, desk, fields in sides if number % 2 else reversed(sides):
            with _unaudited() if fields else _as_it_is():
                spent = _timed(lambda desk=desk, fields=fields: _update(desk, text, fields))
            if number >= 3:
                times.append(spent)
    stored = desk.gallery.photo_jpeg(desk.gallery.identity("b").photos[0].id)
    hashing = min(_timed(lambda: hashlib.sha256(stored).digest()).wall_ms for _ in range(9))
    wall = [statistics.median(spent.wall_ms for spent in side) for side in (full, bare)]
    cpu = [statistics.median(spent.cpu_ms for spent in side) for side in (full, bare)]
    ratios = [more / (less - hashing) for more, less in (wall, cpu)]
    met = "met" if max(ratios) <= TARGET else "**missed**"
    return (
        f"| {name} | {wall[0]:.1f} | {wall[1] - hashing:.1f} | {ratios[0]:.3f} "
        f"| {cpu[0]:.1f} | {cpu[1] - hashing:.1f} | {ratios[1]:.3f} | {hashing:.1f} | {met} |"
    )


def _update(desk: Desk, text: str, fields: dict[str, str]) -> None:
    request = {
        "identity_id": "b",
        "register_image": text,
        "register_image_id": desk.gallery.identity("b").photos[0].id,
        "fiqa_level": "low",
        **fields,
    }
    answer = perform(BY_FUNCTION["update_image"], request, Actor(), lambda: desk)
    assert "identity" in answer, answer


def _fill(desk: Desk, text: str) -> None:
    """The person, and others with embeddings at random."""
    look = desk.vision.look(base64.b64decode(text))
    chance, new = np.random.default_rng(0), new_photo(look, "no")
    fields = {name: getattr(new, name) for name in new.__slots__} | {"jpeg": new.thumb_jpeg}
    for number in range(OTHERS):
        vector = chance.normal(size=len(new.vector)).astype(np.float32)
        fields["vector"] = vector / np.linalg.norm(vector)
        desk.gallery.create_identity(
            f"o{number}", IdentityChange(), type(new)(**fields), AuditEntry("create")
        )
    desk.gallery.create_identity("b", IdentityChange(), new, AuditEntry("create"))


@contextmanager
def _unaudited() -> Iterator[None]:
    base.Transaction = Unaudited  # type: ignore[misc]
    try:
        yield
    finally:
        base.Transaction = Transaction  # type: ignore[misc]


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


def _timed(work: Callable[[], object]) -> Spent:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)
