"""The bench, once for the whole table: its rows must leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.assessment import Look
from core.engine.slot import EngineSlot
from core.gallery.records import Actor
from core.settings import Settings
from core.vision import Vision
from tests.bad_inputs.bench import Bench, Remembering, served
from tests.desk.conftest import (  # noqa: F401 - fixtures
    ROOTS,
    looks,
    open_desk,
    pictures,
    settings,
    vision,
)
from tests.web.material import guarded, token_of


@pytest.fixture(scope="session")
def bench(
    settings: Settings,  # noqa: F811
    vision: Vision,  # noqa: F811
    looks: dict[str, Look],  # noqa: F811
    pictures: dict[str, bytes],  # noqa: F811
) -> Iterator[Bench]:
    # A short patience: the row of the locked database waits it out.
    url = f"sqlite:///{settings.data / 'gallery.db'}?timeout=0.3"
    engine = Remembering(vision.engine)
    quick = Vision(settings, EngineSlot(lambda: engine), vision.policy)
    desk = open_desk(url, settings, quick, looks)
    knobs = {"lockout_failures": 1000, "max_photos_each": settings.max_photos_each}
    closed = guarded(desk, **knobs)
    roots = settings.data / ROOTS
    (roots / "jing.jpg").write_bytes(pictures["jing"])
    with served(desk) as port, served(closed) as closed_port:
        bench = Bench(desk, closed, pictures, engine, port, closed_port, roots)
        for role in ("viewer", "operator", "admin"):
            bench.tokens[role] = token_of(desk, role)
        bench.tokens["expired"] = token_of(desk, "admin", days=1e-9)
        bench.tokens["revoked"] = token_of(desk, "admin")
        desk.gallery.revoke_token(bench.tokens["revoked"].split("_")[1], Actor())
        yield bench
    desk.gallery.close()
