"""The docs say what the code does: settings, command-line verbs, links."""

import re
from pathlib import Path

from core.__main__ import VERBS
from core.engine import backend_dlib, backend_insightface, backend_opencv, thresholds
from core.engine.base import EngineInfo
from core.settings import ROOT, Settings

SETTING = re.compile(r"^\| `(FACEDESK_[A-Z_]+)` \| (?:`([^`]*)`|\*\((empty|none)\)\*) \|", re.M)
LINK = re.compile(r"(?<!`)!?\[[^\]\n]*\]\(([^)\s]+)(?: \"[^\"]*\")?\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.M | re.S)
SKIPPED = {".venv", "node_modules", "data", "models"}


def shown(default: object) -> str:
    """A default as docs/settings.md writes it."""
    if default is None:
        return "none"
    if isinstance(default, Path):
        return default.relative_to(ROOT).as_posix()
    return str(default) if default != "" else "empty"


def documented_settings(text: str) -> dict[str, str]:
    return {name: value or word for name, value, word in SETTING.findall(text)}


def test_every_setting_is_documented_with_its_default() -> None:
    fields = Settings.model_fields.items()
    expected = {f"FACEDESK_{name.upper()}": shown(field.default) for name, field in fields}
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert documented_settings(page) == expected


def test_every_verb_is_documented() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    missing = [verb for verb in VERBS if not re.search(rf"python -m core {verb}\b", text)]
    assert not missing, f"not in README.md or docs/: {missing}"


def markdown_files() -> list[Path]:
    files = (p for p in ROOT.rglob("*.md") if not SKIPPED & set(p.relative_to(ROOT).parts[:-1]))
    return sorted(p for p in files if not any(part.startswith(".") for part in p.parts[-3:-1]))


def anchors(page: Path) -> set[str]:
    """The names that headings of a page get on a forge."""
    headings = re.findall(r"^#+ +(.+?) *$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def broken_links(page: Path) -> list[str]:
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    broken = []
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path) if path else page
        if not place.exists() or (
            anchor and place.suffix == ".md" and anchor not in anchors(place)
        ):
            broken.append(target)
    return broken


def test_relative_links_resolve() -> None:
    broken = {str(p.relative_to(ROOT)): broken_links(p) for p in markdown_files()}
    assert not {page: links for page, links in broken.items() if links}


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One Two\n[a](#one-two) [b](page.md) [c](gone.md) [d](#three) `[e](no.md)`\n")
    assert broken_links(page) == ["gone.md", "#three"]


def rooms() -> list[str]:
    """Every folder and top-level module of core/ and pages/, as architecture.md writes it."""
    found = []
    for house in ("core", "pages"):
        for place in sorted((ROOT / house).iterdir()):
            if place.is_dir() and any(place.glob("*.py")):
                found.append(f"`{house}/{place.name}/`")
            elif place.suffix == ".py" and place.name != "__init__.py":
                found.append(f"`{house}/{place.name}`")
    return found


def test_every_room_is_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| (`(?:core|pages)/[^`]+`) \|", text, re.M))
    assert set(rooms()) <= named
    gone = [name for name in named if not (ROOT / name.strip("`")).exists()]
    assert not gone


def test_every_place_of_a_fact_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    facts = text.split("## Where each fact lives")[1].split("\n## ")[0]
    gone = [name for name in re.findall(r"`([\w./-]+)`", facts) if not (ROOT / name).exists()]
    assert not gone


def test_decisions_are_numbered() -> None:
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [int(file.name[:4]) for file in files]
    assert len(numbers) == len(set(numbers))
    for number, file in zip(numbers, files, strict=True):
        assert file.read_text(encoding="utf-8").startswith(f"# {number}. "), file.name


def test_thresholds_are_documented() -> None:
    text = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
    part = text.split("## Thresholds")[1]
    rows = re.findall(r"^\| [^|]+ \| ([\d.]+) \| ([\d.]+) \|", part, re.M)
    shown_pairs = {(float(same), float(different)) for same, different in rows}
    known = {*thresholds._BY_SHA256.values(), thresholds._BY_BACKEND["insightface"]}
    assert shown_pairs == known


def test_passes_are_documented() -> None:
    text = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
    usual = EngineInfo.__dataclass_fields__["large_face"].default
    for module in (backend_insightface, backend_opencv, backend_dlib):
        name = module.__name__.rsplit("_", 1)[1]
        scales = ", ".join(str(side) for side in module.SCALES)
        share = getattr(module, "LARGE_FACE", usual)
        assert (
            f"| `{name}` | {scales} | {module.SURE_SCORE} | {share:.0%}".replace("%", " %") in text
        )
