"""README.md as a newcomer uses it: its commands are taken from the page and run."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.__main__ import main
from core.fiqa.policy import load_policy
from core.settings import ROOT
from tests.e2e.server import serving

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAIN_LIMITS = {
    "face_size": "FaceShortSide",
    "headpose": "HeadPoseSum",
    "clarity": "FaceSharpness",
    "partial": "TemplateOutside",
    "face_color": "ColourCast",
    "brightness": "UnderExposurePrevention",
}


def block(language: str) -> str:
    """The page's one block in this language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)
    return str(found)


@dataclass(frozen=True, slots=True)
class Desk:
    """A fresh FaceDesk as ``make run`` starts it, and where its newcomer's files go."""

    port: int
    env: dict[str, str]
    samples: Path

    def adapted(self, text: str) -> str:
        """The page's text for this port, this Python and this folder."""
        text = text.replace(":8501", f":{self.port}").replace("/tmp/samples", str(self.samples))
        return text.replace(".venv/bin/python", f'"{sys.executable}"')

    def run(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("readme")
    settings = {"FACEDESK_DATA": str(folder / "data"), "FACEDESK_ENGINE": "dlib"}
    env = {k: v for k, v in os.environ.items() if not k.startswith(("FACEDESK_", "STREAMLIT_"))}
    with serving(settings, folder) as address:
        yield Desk(int(address.rsplit(":", 1)[1]), env | settings, folder / "samples")


@pytest.fixture(scope="module")
def shell_answer(fresh: Desk) -> dict[str, dict[str, object]]:
    """What the page's shell commands print last."""
    if missing := [tool for tool in ("bash", "curl", "base64") if shutil.which(tool) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    printed = fresh.run("bash", "-euo", "pipefail", "-c", fresh.adapted(block("bash")))
    answer: dict[str, dict[str, object]] = json.loads(printed.splitlines()[-1])
    return answer


def test_the_shell_commands_replace_a_photo(shell_answer: dict[str, dict[str, object]]) -> None:
    assert shell_answer["replacement"]["current"], shell_answer
    assert shell_answer["identity"]["identity_id"] == "001"


def test_the_python_lines_replace_a_photo(
    fresh: Desk, shell_answer: dict[str, dict[str, object]]
) -> None:
    printed = fresh.run(sys.executable, "-c", fresh.adapted(block("python")))
    before, after = shell_answer["identity"]["reg_pic_ids"], printed.strip()
    assert isinstance(before, list)
    assert after.startswith("[") and before[0] not in after and before[1] in after


def test_the_answers_are_those_of_the_contract(
    shell_answer: dict[str, dict[str, object]],
) -> None:
    success, failure = (
        json.loads(each) for each in re.findall(r"^```json\n(.*?)^```", README, re.M | re.S)
    )
    for part in ("identity", "replacement"):
        assert set(success[part]) <= set(shell_answer[part])
    assert set(failure["error"]) == {"code", "message", "status"}


def test_the_backup_line_copies_the_gallery(fresh: Desk, tmp_path: Path) -> None:
    (line,) = re.findall(r"^\.venv/bin/python -m core backup (\S+)$", README, re.M)
    copy = tmp_path / line
    fresh.run(sys.executable, "-m", "core", "backup", str(copy))
    assert copy.stat().st_size > 0


def test_the_limits_are_those_of_the_policy() -> None:
    rules = {rule.criterion.key: rule for rule in load_policy().rules}
    for item, measure in MAIN_LIMITS.items():
        limits = rules[f"{item}.{measure}"].limits
        row = "| ".join(f"{limits[level]:g} " for level in ("low", "normal", "high"))
        assert re.search(rf"^\| `{item}` \|[^|]*\| {row}\|$", README, re.M), (item, row)


@pytest.mark.parametrize("verb", re.findall(r"python -m core (.*?)(?:`| +#|$)", README, re.M))
def test_every_core_command_is_known(verb: str) -> None:
    words = verb.split(" || ")[0].split()
    helped = [word for word in words if not word.startswith(("-", "/"))][:2]
    with pytest.raises(SystemExit) as ended:
        main([*helped, "--help"])
    assert ended.value.code == 0


def test_the_screenshots_are_small() -> None:
    names = re.findall(r"!\[[^\]]*\]\((\S+)\)", README)
    assert names and all((ROOT / name).stat().st_size < 300_000 for name in names)
