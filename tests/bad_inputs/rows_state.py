"""F. State and faults: what the house itself is not up to at that moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event

from core.engine.base import Embedding, unit_embedding
from core.engine.slot import EngineSlot
from core.errors import NotReady
from tests.bad_inputs.bench import FAMILY, Bench, Prepare, Reply, Row, as_base64, field_row


def engine_that(embeds: Any) -> Prepare:
    """The engine's embedding comes out wrong."""

    def prepare(bench: Bench, patch: pytest.MonkeyPatch) -> None:
        engine = bench.desk.vision.engine

        def embed(self: object, pixels: object, face: object) -> Embedding:
            return embeds(engine.info.engine_id)  # type: ignore[no-any-return]

        patch.setattr(type(engine), "embed", embed)

    return prepare


def engine_falls(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    def detect(*_: object) -> None:
        raise RuntimeError("CUDA error at /opt/engine/run.cc:12")

    patch.setattr(type(bench.desk.vision.engine), "detect", detect)


def engine_missing(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    def load() -> Any:
        raise NotReady()

    patch.setattr(bench.desk.vision, "engine_slot", EngineSlot(load))


def out_of_memory(_: str) -> Embedding:
    raise MemoryError


@contextmanager
def locked(bench: Bench) -> Iterator[None]:
    """Another process writes, and goes on writing."""
    with closing(sqlite3.connect(bench.desk.gallery.database.engine.url.database)) as rival:
        rival.isolation_level = None
        rival.execute("BEGIN IMMEDIATE")
        yield
        rival.execute("ROLLBACK")


@contextmanager
def failing(bench: Bench, words: str, on: str) -> Iterator[None]:
    """The driver refuses such a statement of the gallery."""
    engine = bench.desk.gallery.database.engine

    def fault(_cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().upper().startswith(on):
            raise sqlite3.OperationalError(words)

    event.listen(engine, "do_execute", fault)
    try:
        yield
    finally:
        event.remove(engine, "do_execute", fault)


def full(on: str) -> Prepare:
    return lambda bench, patch: failing(bench, "database or disk is full", on)


def gone(bench: Bench) -> str:
    """The id of a person who was here."""
    if "gone" not in bench.kept:
        photo = as_base64(bench.pictures["fang"])
        request = {"identity_id": "gone", "register_image": photo, "fiqa_level": "no"}
        bench.call("create_identity", request)
        bench.kept["gone_photo"] = bench.photo_id("gone")
        bench.call("delete_identities", {"identity_ids": ["gone"]})
        bench.kept["gone"] = True
    return "gone"


def repeated(bench: Bench, **changes: Any) -> Reply:
    """The second time that this request id is used; the first answer is kept."""
    bench.kept.setdefault("request", {**bench.good(request_id="twice"), "identity_id": "002",
                                      "register_image": as_base64(bench.pictures["ming"]),
                                      "register_image_id": bench.photo_id("002")})  # fmt: skip
    if "answer" not in bench.kept:
        bench.kept["answer"] = bench.ask(bench.kept["request"]).json
    return bench.ask({**bench.kept["request"], **changes})


def of_another_engine(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    """As if another engine had been put in: its embeddings compare with none that are stored."""
    engine = bench.desk.vision.engine
    patch.setattr(
        type(engine), "embed",
        lambda self, pixels, face: Embedding(np.eye(1, 128, dtype=np.float32)[0], "another"),
    )  # fmt: skip


def last_photo(bench: Bench) -> Reply:
    request = {"identity_id": "002", "register_image_id": bench.photo_id("002")}
    return bench.ask(request, f"{FAMILY}/deleteface")


def registered_again(bench: Bench) -> Reply:
    request = {"identity_id": "001", "register_image": as_base64(bench.pictures["jing"])}
    return bench.ask(request, f"{FAMILY}/createidentity")


def fault(name: str, code: int, prepare: Prepare, trace: Any = "audit") -> Row:
    return field_row(name, code, trace, prepare)


ROWS = [
    field_row("F101 stale version", 40901, "audit", expected_version=1),
    field_row("F101 a version to come", 40901, "audit", expected_version=99_999),
    Row("F103 the same request again", 0, repeated, "nothing", prime=repeated),
    Row("F104 the same request id, other content", 40905,
        lambda bench: repeated(bench, reason="another"), "audit", prime=repeated),
    field_row("F105 a deleted person", 40401, "audit", prime=gone, identity_id=gone),
    field_row("F105 a deleted person's photo", 40401, "audit", prime=gone,
              register_image_id=lambda bench: bench.kept["gone_photo"]),
    Row("F105 the last photo", 40091, last_photo, "audit"),
    Row("F105 a person who exists", 40011, registered_again, "audit"),
    fault("F106 locked database", 50300, lambda bench, patch: locked(bench), "unaudited"),
    fault("F107 disk full at INSERT", 50700, full("INSERT INTO PHOTO")),
    fault("F107 disk full at UPDATE", 50700, full("UPDATE"), "unaudited"),
    fault("F107 disk full at the audit as well", 50700, full("INSERT"), "unaudited"),
    Row("F108 disk that cannot be read", 50300, lambda bench: bench.ask(bench.kept["ready"]),
        "unaudited", lambda bench, patch: failing(bench, "disk I/O error", "SELECT"),
        lambda bench: bench.kept.update(ready=bench.good())),
    fault("F109 no engine", 50300, engine_missing),
    fault("F110 the engine falls", 50072, engine_falls),
    fault("F110 out of memory", 50072, engine_that(out_of_memory)),
    fault("F110 NaN for an embedding", 40010,
          engine_that(lambda name: unit_embedding(np.full(128, np.nan), name))),
    fault("F110 zeros for an embedding", 40010,
          engine_that(lambda name: unit_embedding(np.zeros(128), name))),
    fault("F110 NaN past the engine's own check", 40010,
          engine_that(lambda name: Embedding(np.full(128, np.nan, np.float32), name))),
    fault("F110 an embedding of 7 numbers", 50072,
          engine_that(lambda name: Embedding(np.ones(7, np.float32), name))),
    fault("F111 another engine's embedding", 50300, of_another_engine),
]  # fmt: skip
