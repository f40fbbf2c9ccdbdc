"""Every knob: by name, by environment variable, and what a wrong value is told."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.settings import Settings

Make = Callable[..., Settings]

GIVEN = [
    ("engine", "dlib", "dlib"),
    ("pack", "buffalo_l", "buffalo_l"),
    ("keep_days", "0", 0),
    ("keep_days", "365", 365),
    ("identity_check", "strict", "strict"),
    ("duplicate_check", "off", "off"),
    ("same_cosine", "0.5", 0.5),
    ("different_cosine", "-0.1", -0.1),
    ("max_body_mb", "0.5", 0.5),
    ("max_side_px", "4000", 4000),
    ("queue", "0", 0),
    ("log_level", "DEBUG", "DEBUG"),
    ("data", "some/folder", Path("some/folder")),
    ("fiqa_policy", "p.toml", Path("p.toml")),
    ("database", "sqlite://", "sqlite://"),
]


@pytest.mark.parametrize(("name", "text", "value"), GIVEN)
def test_environment_is_read(
    settings: Make, monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object
) -> None:
    monkeypatch.setenv(f"FACEDESK_{name.upper()}", text)
    assert getattr(Settings(_env_file=None), name) == value


def test_names_that_others_rely_on() -> None:
    promised = {"data", "database", "engine", "models", "pack", "image_roots", "fiqa_policy",
                "keep_days"}  # fmt: skip
    assert promised <= set(Settings.model_fields)


def test_limits_are_the_documented_ones(settings: Make) -> None:
    made = settings()
    limits = (made.max_body_mb, made.max_image_mb, made.max_pixels_mp, made.max_side_px)
    assert limits == (16, 10, 50, 12_000)
    assert (made.max_json_depth, made.keep_days, made.engine) == (32, 90, "auto")
    assert made.identity_check == made.duplicate_check == "warn"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_knob_has_a_sentence(name: str) -> None:
    sentence = Settings.model_fields[name].description or ""
    assert sentence[0].isupper()
    assert sentence.endswith(".")


def test_env_file_is_read_and_the_environment_wins(
    settings: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "some.env"
    file.write_text("FACEDESK_KEEP_DAYS=7\nFACEDESK_PACK=lite\nOTHER=1\n", encoding="utf-8")
    monkeypatch.setenv("FACEDESK_PACK", "big")
    made = Settings(_env_file=file)
    assert (made.keep_days, made.pack) == (7, "big")


WRONG = [
    ("engine", "tensorflow", "auto"),
    ("keep_days", "-1", "greater than or equal to 0"),
    ("keep_days", "soon", "valid integer"),
    ("identity_check", "yes", "strict"),
    ("max_body_mb", "0", "greater than 0"),
    ("max_side_px", "1.5", "valid integer"),
    ("max_json_depth", "0", "greater than 0"),
    ("workers", "0", "greater than 0"),
    ("same_cosine", "1.5", "less than or equal to 1"),
    ("different_cosine", "x", "valid number"),
    ("queue", "-1", "greater than or equal to 0"),
    ("threads", "-1", "greater than or equal to 0"),
]


@pytest.mark.parametrize(("name", "text", "told"), WRONG)
def test_wrong_value_is_named(
    settings: Make, monkeypatch: pytest.MonkeyPatch, name: str, text: str, told: str
) -> None:
    monkeypatch.setenv(f"FACEDESK_{name.upper()}", text)
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None)
    assert name in str(caught.value)
    assert told in str(caught.value)


def test_the_thresholds_stand_in_their_order(settings: Make) -> None:
    assert settings(same_cosine=0.4, different_cosine=0.4).same_cosine == 0.4
    with pytest.raises(ValidationError, match="must not be below"):
        settings(same_cosine=0.3, different_cosine=0.4)


def test_frozen(settings: Make) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        settings().keep_days = 1  # type: ignore[misc]


def test_image_roots_are_joined_as_in_path(settings: Make, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    text = os.pathsep.join([str(one), "", f"{tmp_path}/one/../two", " "])
    assert settings(image_roots=text).image_root_folders == (one.resolve(), two.resolve())
    assert settings(image_roots="").image_root_folders == ()
    assert settings(image_roots=os.pathsep).image_root_folders == ()


def test_image_root_that_is_a_link_is_resolved(settings: Make, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    try:
        (tmp_path / "link").symlink_to("real")
    except (OSError, NotImplementedError):
        pytest.skip("this system makes no symbolic links here")
    found = settings(image_roots=str(tmp_path / "link")).image_root_folders
    assert found == ((tmp_path / "real").resolve(),)


def test_database_url(settings: Make, tmp_path: Path) -> None:
    assert settings().database_url == f"sqlite:///{tmp_path.resolve() / 'data' / 'gallery.db'}"
    assert settings(database="sqlite://").database_url == "sqlite://"


def test_threads(settings: Make) -> None:
    assert settings(threads=3).thread_count == 3
    assert 1 <= settings().thread_count <= (os.cpu_count() or 1)
