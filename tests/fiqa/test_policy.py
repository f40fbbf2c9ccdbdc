"""Policies: what they hold, and what is said about broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import NotReady
from core.fiqa.criteria import CRITERIA
from core.fiqa.policy import Policy, PolicyError, load_policy
from core.house import build_vision


def rule(policy: Policy, key: str):
    return next(r for r in policy.rules if r.criterion.key == key)


def test_default_keeps_the_published_numbers(policy: Policy):
    size = rule(policy, "face_size.FaceShortSide")
    assert size.limits == {"low": 60, "normal": 80, "high": 112}
    angles = rule(policy, "headpose.HeadPoseSum")
    assert angles.limits == {"low": 120, "normal": 90, "high": 60}
    assert rule(policy, "brightness.LuminanceMean").limits == {"low": 3, "normal": 5, "high": 12}
    assert rule(policy, "single_face.SecondFaceArea").verdict == "advice"


def test_default_limits_every_criterion(policy: Policy):
    assert [r.criterion for r in policy.rules] == list(CRITERIA)


def test_icao_is_nowhere_laxer(policy: Policy):
    strict = load_policy(Path("icao.toml"))
    assert strict.name == "icao"
    for before, after in zip(policy.rules, strict.rules, strict=True):
        for level, limit in before.limits.items():
            assert after.criterion.meets(after.limits[level], limit), before.criterion.key
    assert rule(strict, "face_size.InterEyeDistance").limits["high"] == 90


def test_a_file_changes_only_what_it_names(tmp_path: Path, policy: Policy):
    file = tmp_path / "ours.toml"
    file.write_text('[clarity.FaceSharpness]\nlow = "off"\nnormal = 30\nhigh = 80\n', "utf-8")
    ours = load_policy(file)
    assert ours.name == "ours"
    assert rule(ours, "clarity.FaceSharpness").limits == {"normal": 30, "high": 80}
    assert rule(ours, "headpose.HeadPoseYaw") == rule(policy, "headpose.HeadPoseYaw")


BROKEN = [
    ("", "[beauty.Face]\nlow = 1", "beauty", "unknown item; expected one of headpose"),
    ("", "clarity = 3", "clarity", "expected tables such as"),
    ("", "[clarity.Sharp]\nlow = 1", "clarity.Sharp", "expected one of FaceSharpness"),
    ("", "[occlusion.Mask]\nlow = 1", "occlusion.Mask", "nothing measures this item yet"),
    ("", "[clarity]\nFaceSharpness = 3", "clarity.FaceSharpness", "expected a table"),
    ("clarity.FaceSharpness", "low = 1\nnormal = 2", ".high", "missing; expected a number"),
    ("clarity.FaceSharpness", "low = 1\nnormal = 2\nhigh = 101", ".high", "101 is out of range"),
    ("clarity.FaceSharpness", "low = -1\nnormal = 2\nhigh = 3", ".low", "from 0 to 100"),
    ("clarity.FaceSharpness", "low = nan\nnormal = 2\nhigh = 3", ".low", "out of range"),
    ("clarity.FaceSharpness", "low = true\nnormal = 2\nhigh = 3", ".low", "not a number"),
    ("clarity.FaceSharpness", 'low = "1"\nnormal = 2\nhigh = 3', ".low", "not a number"),
    ("clarity.FaceSharpness", "low = 9\nnormal = 2\nhigh = 3", ".normal", "laxer than low"),
    ("headpose.HeadPoseYaw", "low = 9\nnormal = 12\nhigh = 3", ".normal", "laxer than low"),
    ("headpose.HeadPoseYaw", "low = 99\nnormal = 12\nhigh = 3", ".low", "from 0 to 90"),
    ("clarity.FaceSharpness", "low = 1\nmiddle = 2\nhigh = 3", ".middle", "expected low, normal"),
    ("clarity.FaceSharpness", 'verdict = "warn"\nlow = 1', ".verdict", '"fail" or "advice"'),
    ("", "name = 3", "name", "expected a string"),
    ("", "low = = 3", "", "is not a TOML file"),
]


@pytest.mark.parametrize(("table", "text", "key", "expected"), BROKEN)
def test_a_broken_file_is_named_with_key_and_expectation(
    tmp_path: Path, table: str, text: str, key: str, expected: str
):
    file = tmp_path / "broken.toml"
    file.write_text(f"[{table}]\n{text}\n" if table else text, "utf-8")
    with pytest.raises(PolicyError) as caught:
        load_policy(file)
    assert isinstance(caught.value, ValueError)
    assert caught.value.file == str(file)
    assert caught.value.key == (table + key if key.startswith(".") else key)
    assert expected in caught.value.expected
    assert str(caught.value).startswith(str(file))


def test_an_unreadable_file_is_named(tmp_path: Path):
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(tmp_path / "absent.toml")
    file = tmp_path / "latin.toml"
    file.write_bytes(b'name = "\xe9"')
    with pytest.raises(PolicyError, match="is not a TOML file"):
        load_policy(file)


def test_the_house_says_what_is_wrong_with_the_policy(tmp_path: Path, settings, caplog):
    file = tmp_path / "ours.toml"
    file.write_text("[beauty.Face]\nlow = 1\n", "utf-8")
    with pytest.raises(NotReady) as caught:
        build_vision(settings(fiqa_policy=file))
    message = caught.value.message
    assert message.startswith("The quality policy ours.toml (FACEDESK_FIQA_POLICY) cannot be used")
    assert "beauty unknown item; expected one of headpose, clarity" in message
    assert str(tmp_path) not in message and str(file) in caplog.text


@pytest.mark.parametrize(
    ("table", "limits", "expected"),
    [
        ("eyes.EyesOpen", "low = 1\nnormal = 2\nhigh = 101", "101 is out of range"),
        ("unified.LightQNetQuality", "low = 1.5\nnormal = 2\nhigh = 3", "from 0 to 1"),
        ("unified.EDifFIQAQuality", "low = 0.5\nnormal = 0.4\nhigh = 0.6", "laxer than low"),
    ],
)
def test_limits_of_optional_networks_are_checked(tmp_path: Path, table, limits, expected):
    file = tmp_path / "broken.toml"
    file.write_text(f"[{table}]\n{limits}\n", "utf-8")
    with pytest.raises(PolicyError, match=expected):
        load_policy(file)


def test_the_default_of_the_networks(policy: Policy):
    assert rule(policy, "eyes.EyesOpen").verdict == "advice"
    ediffiqa = rule(policy, "unified.EDifFIQAQuality")
    assert ediffiqa.limits == {"low": 0.30, "normal": 0.45, "high": 0.55}
