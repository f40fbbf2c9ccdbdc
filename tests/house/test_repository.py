"""What the repository must not hold, and what its requirement files must say."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from streamlit import config

from core.settings import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LARGEST_BYTES = 1_000_000
FORBIDDEN_NAMES = re.compile(
    r"\.(onnx|dat|pth?|pkl|npz|db|sqlite)$|(^|/)(\.env|uv\.lock|pylock\..*)$"
)
REQUIREMENT_FILES = sorted(ROOT.glob("requirements*.txt"))
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]

# Written in pieces, so that this file does not contain what it looks for.
FORBIDDEN_TEXTS = {
    "a path of one machine": "/" + "work/|/" + "root/|/" + r"home/(?!<)\w+/|C:" + r"\\Users\\",
    "where packages come from": "--(extra-)?index" + "-url|--find" + "-links|/opt/" + "pypi",
    "a registry's host": r"(?<![\w.])(pypi|files\.pythonhosted)\." + r"org/(simple|packages)",
    "a tool's signature": "co-authored" + "-by:|generated " + "with \\[",
}


def tracked_files() -> list[Path]:
    """Files of the repository: committed ones, and new ones that are not ignored."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this copy is no git repository, or git is not installed")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def findings(text: str) -> list[str]:
    """Which kinds of forbidden text stand in it."""
    return [kind for kind, shape in FORBIDDEN_TEXTS.items() if re.search(shape, text, re.I)]


def test_no_large_files() -> None:
    large = [str(p.relative_to(ROOT)) for p in tracked_files() if p.stat().st_size > LARGEST_BYTES]
    assert not large


def test_no_weights_databases_or_lock_files() -> None:
    names = [p.relative_to(ROOT).as_posix() for p in tracked_files()]
    assert not [name for name in names if FORBIDDEN_NAMES.search(name)]


def test_no_machine_paths_or_registries() -> None:
    found = {}
    for path in tracked_files():
        content = path.read_bytes()
        if b"\0" not in content and (kinds := findings(content.decode("utf-8"))):
            found[path.relative_to(ROOT).as_posix()] = kinds
    assert not found


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("ordinary text about work/life and C: drives", []),
        ("see /" + "work/main/x.py", ["a path of one machine"]),
        ("pip install --index" + "-url http://127.0.0.1", ["where packages come from"]),
        ("https://pypi." + "org/simple/x", ["a registry's host"]),
    ],
)
def test_forbidden_text_is_found(text: str, kinds: list[str]) -> None:
    assert findings(text) == kinds


def requirements() -> list[Requirement]:
    lines = [line for file in REQUIREMENT_FILES for line in file.read_text().splitlines()]
    return [Requirement(li) for li in lines if li.strip() and not li.startswith(("#", "-r "))]


def test_every_requirement_is_pinned() -> None:
    loose = [str(r) for r in requirements() if not re.fullmatch(r"==[^*,]+", str(r.specifier))]
    assert not loose


@pytest.mark.parametrize("python", PYTHONS)
def test_one_pin_for_each_python(python: str) -> None:
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    taken = [r.name for r in requirements() if not r.marker or r.marker.evaluate(environment)]
    assert len(taken) == len(set(taken))
    always_needed = {r.name for r in requirements()} - {"tomli"}
    assert always_needed <= set(taken)


def options(table: dict[str, Any], section: str = "") -> Iterator[str]:
    """Full names of the options in a Streamlit configuration."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from options(value, f"{section}{key}.")
        else:
            yield section + key


def test_streamlit_knows_every_option() -> None:
    text = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    unknown = set(options(tomllib.loads(text))) - set(config.get_config_options())
    assert not unknown


def test_streamlit_listens_on_this_machine_only() -> None:
    text = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    server = tomllib.loads(text)["server"]
    assert server["address"] == "127.0.0.1"
