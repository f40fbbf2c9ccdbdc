"""Fixtures for every room's tests."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from core.settings import Settings
from tests import databases
from tests.components import share_registry

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

share_registry()  # before any page is imported

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give browser tests a second try, told in the summary (decision 34)."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


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
