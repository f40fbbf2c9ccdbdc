"""``python -m core models``: what it prints and its exit codes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.__main__ import VERBS, main
from core.commands.models import get_pack, list_packs, verify_packs
from core.engine.catalogue import PACKS, RESEARCH, ModelFile, Pack, Words
from core.engine.quality_files import ORIGINS, RECIPES
from core.settings import get_settings

ROOT = Path(__file__).resolve().parents[2]
CONTENT = {"det.onnx": b"detector" * 1000, "rec.onnx": b"recogniser" * 1000}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Address of a server on this machine with the files of CONTENT."""
    folder = tmp_path / "served"
    folder.mkdir()
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join(5)


@pytest.fixture
def packs(url: str) -> tuple[Pack, ...]:
    files = tuple(
        ModelFile(
            name,
            "detector" if name == "det.onnx" else "recogniser",
            len(content),
            hashlib.sha256(content).hexdigest(),
            (f"{url}/{name}",),
        )
        for name, content in CONTENT.items()
    )
    return (Pack("toy", "opencv", files, RESEARCH, Words("a fake", "假的")),)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The models folder of the settings, not made yet."""
    monkeypatch.setenv("FACEDESK_MODELS", str(tmp_path / "models"))
    get_settings.cache_clear()
    yield tmp_path / "models"
    get_settings.cache_clear()


def test_list_get_verify(
    packs: tuple[Pack, ...], models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list_packs(packs, models) == 0
    assert (
        "toy   no         opencv   0 MB      no, research only  a fake" in capsys.readouterr().out
    )

    assert get_pack(packs, models, "toy") == 0
    out = capsys.readouterr().out
    assert out.index("non-commercial research only") < out.index("installed and verified")

    assert get_pack(packs, models, "toy") == 0
    assert "installed already" in capsys.readouterr().out
    assert get_pack(packs, models, "toy", force=True) == 0

    (models / "mine").mkdir()
    (models / ".incoming").mkdir()
    capsys.readouterr()
    assert list_packs(packs, models) == 0
    out = capsys.readouterr().out
    assert "toy   yes " in out
    assert "mine  yes " in out
    assert ".incoming" not in out

    assert verify_packs(packs, models, None) == 0
    out = capsys.readouterr().out
    assert out == (
        "mine: no manifest and no known hash, nothing to compare with\ntoy: ok, 2 files compared\n"
    )


def test_verify_names_a_flipped_byte_and_a_missing_file(
    packs: tuple[Pack, ...], models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    get_pack(packs, models, "toy")
    content = CONTENT["det.onnx"]
    (models / "toy" / "det.onnx").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    capsys.readouterr()
    assert verify_packs(packs, models, "toy") == 1
    assert capsys.readouterr().out == "toy: det.onnx is not the file that was installed\n"

    (models / "toy" / "rec.onnx").unlink()
    assert verify_packs(packs, models, None) == 1
    assert "toy: rec.onnx is missing\n" in capsys.readouterr().out
    list_packs(packs, models)
    assert "toy   incomplete" in capsys.readouterr().out
    assert get_pack(packs, models, "toy") == 1
    assert "--force" in capsys.readouterr().err


def test_get_from_a_mirror(
    packs: tuple[Pack, ...], models: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert get_pack(packs, models, "toy", mirror=f"{url}/nothing") == 1
    assert capsys.readouterr().err.endswith("toy: 127.0.0.1 answered 404 File not found.\n")
    assert get_pack(packs, models, "toy", mirror=url) == 0


def test_real_catalogue_refuses_a_file_of_the_right_size_with_another_hash(
    models: Path, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    size = next(pack.download_size for pack in PACKS if pack.name == "buffalo_sc")
    with (tmp_path / "served" / "buffalo_sc.zip").open("wb") as out:
        out.truncate(size)
    assert main(["models", "get", "buffalo_sc", "--from", url]) == 1
    assert "buffalo_sc.zip is not the official file" in capsys.readouterr().err
    assert list(models.iterdir()) == []


def test_fresh_machine(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify"]) == 0
    assert capsys.readouterr().out == "No pack is installed.\n"
    assert main(["models", "verify", "buffalo_l"]) == 1
    assert main(["models", "get", "buffalo_xl"]) == 1
    assert "Known packs: buffalo_l" in capsys.readouterr().err
    assert main(["models", "list"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n{pack.name} " in out for pack in PACKS)
    assert not models.exists()


def test_every_verb_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    general = capsys.readouterr().out
    for name in VERBS:
        assert name in general
        with pytest.raises(SystemExit) as caught:
            main([name, "--help"])
        assert caught.value.code == 0
        assert f"usage: python -m core {name}" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["nonsense"], ["models"], ["models", "nonsense"]])
def test_wrong_words_are_answered_with_usage(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_runs_as_a_program_without_loading_an_engine() -> None:
    code = (
        "import sys; from core.__main__ import main; main(['models', 'list']);"
        "sys.exit(any(m in sys.modules for m in ('insightface', 'onnxruntime', 'cv2', 'dlib')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("NAME")


def test_optional_networks_are_listed_with_origin_licence_and_place(
    packs: tuple[Pack, ...], models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (models / "toy").mkdir(parents=True)
    (models / "fsanet-1x1.onnx").touch()
    (models / "toy" / "2d106det.onnx").touch()
    assert list_packs(packs, models) == 0
    out = capsys.readouterr().out
    assert "fsanet: head pose (FSANet; MIT); installed\n" in out
    assert "points106: eyes, mouth, head size (2d106det; non-commercial" in out
    assert "lightqnet: learned quality (LightQNet; MIT); not installed" in out
    assert "Silent-Face-Anti-Spoofing: export both PyTorch models" in out
    assert set(ORIGINS) == {recipe.kind for recipe in RECIPES}


def test_a_network_without_an_address_tells_where_it_comes_from(
    packs: tuple[Pack, ...], models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert get_pack(packs, models, "fsanet") == 1
    assert "put in place by hand. https://github.com/omasaht" in capsys.readouterr().err
