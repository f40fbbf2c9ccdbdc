"""Which way the doors open (docs/architecture.md), held against every import in the house."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

GROUND = {"contract", "errors", "settings"}
WORKSHOP = {"imaging", "engine", "fiqa"}
MIDDLE = WORKSHOP | {"gallery"}

# room: the rooms, or single modules, it may import besides itself. `types` are the modules of
# TYPES below: frozen records that cross doors, without any work in them. `core` is the
# package's own name plate.
DOORS = {
    "contract": GROUND,
    "errors": set(),
    "settings": GROUND,
    "imaging": GROUND,
    "engine": GROUND | {"imaging"},
    "fiqa": GROUND
    | {
        "imaging",
        "core.engine.base",
        "core.engine.geometry",
        "core.engine.mean_shape",
        "core.engine.quality_files",
        "core.engine.quality_models",
        "core.engine.runtime",
        "core.engine.shape_predictors",
    },
    "gallery": GROUND,
    "desk": GROUND | MIDDLE,
    "core": GROUND | {"desk", "types"},
    "web": GROUND | {"core", "desk", "types"},
    "commands": GROUND | MIDDLE | {"core", "desk", "web"},
    "pages": GROUND | {"core", "desk", "types"},
    "app": GROUND | {"core", "desk", "web", "pages", "types"},
}
TYPES = {
    "core.engine.base",
    "core.fiqa.report",
    "core.fiqa.texts",
    "core.gallery.records",
    "core.imaging.photo",
}

# library: the only rooms that may import it.
LIBRARIES = {
    "streamlit": {"app", "pages"},
    "starlette": {"app", "web"},
    "fastapi": set(),
    "uvicorn": {"app", "commands", "web"},
    "sqlalchemy": {"gallery"},
    "alembic": {"gallery"},
    "cryptography": {"gallery"},
    "numkong": {"gallery"},
    "onnx": {"engine"},
    "onnxruntime": {"engine"},
    "insightface": {"engine"},
    "dlib": {"engine"},
    "_dlib_pybind11": {"engine"},
    "face_recognition_models": {"engine"},
    "cv2": {"imaging", "engine", "fiqa"},
    "simplejpeg": {"imaging"},
}


def room_of(module: str) -> str:
    """The room a module of ours belongs to."""
    parts = module.split(".")
    if parts[0] != "core":
        return parts[0]
    if len(parts) == 1:
        return "core"
    if parts[1] == "__main__":
        return "commands"
    return parts[1] if parts[1] in DOORS else "desk"


def module_name(file: Path, root: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_module(name: str, root: Path) -> bool:
    place = root.joinpath(*name.split("."))
    return place.with_suffix(".py").exists() or place.is_dir()


def imported(file: Path, root: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of every import, lazy, relative and ``import_module`` ones too."""
    own = module_name(file, root).split(".")
    package = own if file.name == "__init__.py" else own[:-1]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                yield node.lineno, inner if is_module(inner, root) else source
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield node.lineno, node.args[0].value


def complaint(room: str, target: str) -> str | None:
    """Why a module of this room may not import the target; None when it may."""
    first = target.split(".")[0]
    if first in LIBRARIES:
        rooms = LIBRARIES[first]
        return None if room in rooms else f"{first} belongs in {sorted(rooms) or 'no room'}"
    if first not in ("core", "pages", "app"):
        return None
    goal = room_of(target)
    allowed = DOORS[room]
    if goal == room or {goal, target} & allowed or ("types" in allowed and target in TYPES):
        return None
    return f"{room} may not import {goal}"


def complaints(root: Path) -> list[str]:
    """Every import below this root that opens a door the wrong way."""
    files = [*root.glob("app.py"), *(root / "core").rglob("*.py"), *(root / "pages").rglob("*.py")]
    found = []
    for file in sorted(files):
        for line, target in imported(file, root):
            if why := complaint(room_of(module_name(file, root)), target):
                found.append(f"{file.relative_to(root)}:{line} imports {target}: {why}")
    return found


def test_doors_open_one_way() -> None:
    assert not complaints(ROOT), "\n" + "\n".join(complaints(ROOT))


@pytest.mark.parametrize(
    ("path", "line", "allowed"),
    [
        ("core/imaging/x.py", "from core.errors import ImageError", True),
        ("core/imaging/x.py", "from core.engine import base", False),
        ("core/engine/x.py", "from ..imaging.photo import Photo", True),
        ("core/engine/x.py", "from core.fiqa.report import Report", False),
        ("core/engine/x.py", "def f():\n    import insightface", True),
        ("core/fiqa/x.py", "from core.engine.geometry import yaw", True),
        ("core/fiqa/x.py", "from core.engine import geometry", True),
        ("core/fiqa/x.py", "from core.engine.catalogue import PACKS", False),
        ("core/fiqa/x.py", "import onnxruntime", False),
        ("core/gallery/x.py", "from core.imaging.photo import Photo", False),
        ("core/gallery/x.py", "import sqlalchemy.orm", True),
        ("core/fiqa/x.py", "from core.gallery.records import Receipt", False),
        ("core/desk.py", "from core.gallery.store import Store", True),
        ("core/desk.py", "import sqlalchemy", False),
        ("core/desk.py", "from core.web import api", False),
        ("core/desk.py", "import core", False),
        ("core/__init__.py", "from core.calls import update_image", True),
        ("core/__init__.py", "from . import gallery", False),
        ("core/web/api.py", "from starlette.routing import Route", True),
        ("core/web/api.py", "import core", True),
        ("core/web/api.py", "from core.gallery import store", False),
        ("core/web/api.py", "import streamlit as st", False),
        ("core/errors.py", "from core.settings import Settings", False),
        ("core/__main__.py", "from core.commands import models", True),
        ("pages/replace.py", "import streamlit as st", True),
        ("pages/replace.py", "from core.gallery.records import Receipt", True),
        ("pages/replace.py", "from core.gallery import store", False),
        ("pages/replace.py", "import cv2", False),
        ("pages/replace.py", "import importlib\nimportlib.import_module('dlib')", False),
        ("app.py", "from core.web import api", True),
        ("app.py", "import fastapi", False),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, path: str, line: str, allowed: bool) -> None:
    for name in (
        "gallery/store",
        "gallery/records",
        "engine/geometry",
        "web/api",
        "commands/models",
    ):
        (tmp_path / "core" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "core" / f"{name}.py").touch()
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(line + "\n", encoding="utf-8")
    assert (not complaints(tmp_path)) is allowed
