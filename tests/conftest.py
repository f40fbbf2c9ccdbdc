"""Fixtures for every room's tests."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from core.settings import Settings
from tests import databases

# Every run of the suite tries the same examples, or a change could fail for what it did not touch;
# `make fuzz` looks for new ones.
hypothesis.settings.register_profile(
    "same",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile("fuzz", max_examples=1000, deadline=None)
hypothesis.settings.load_profile("same")

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give browser tests a second try, told in the summary (decision 34); mix files (37)."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))
    places = mixed({item.path for item in items}, {i.path for i in items if takes_long(i)})
    items.sort(key=lambda item: places[item.path])


def takes_long(item: pytest.Item) -> bool:
    return any(item.iter_markers("browser")) or any(item.iter_markers("slow"))


def mixed(files: set[Path], slow: set[Path]) -> dict[Path, float]:
    """Where each file's turn comes, from 0 to 1, for workers that take file after file.

    The slow ones, which mostly wait, are spread evenly among the others, which compute; of both
    the largest sources come first, so that nothing long is left for the end.
    """
    places = {}
    for some in (slow, files - slow):
        largest_first = sorted(some, key=lambda file: (-file.stat().st_size, file))
        places |= {file: place / len(some) for place, file in enumerate(largest_first)}
    return places


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real models and photos that may lie beside the repository."""
    folder = (ROOT / ".." / "shared").resolve()
    if not folder.is_dir():
        pytest.skip("there is no folder `shared` beside the repository: no real material here")
    return folder


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Makes settings whose data lie in a fresh folder; this machine's own are left out."""
    for name in [name for name in os.environ if name.upper().startswith("FACEDESK_")]:
        monkeypatch.delenv(name)

    def make(**knobs: Any) -> Settings:
        knobs.setdefault("data", tmp_path / "data")
        return Settings(_env_file=None, **knobs)

    return make


@pytest.fixture(autouse=True)
def own_databases() -> Iterator[None]:
    """Let the next test have the server's databases that this one took."""
    before = len(databases.taken)
    yield
    databases.free_since(before)
