"""Thresholds measured on labelled pairs: labels, agreement, tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import main
from core.commands import thresholds
from core.engine.base import Embedding, EngineInfo
from core.imaging import samples
from core.imaging.read import encode_jpeg
from core.pairs import Gauge, judge, read_pairs
from core.settings import Settings

CSV = "file_x,file_y,Decision\na.jpg,b.jpg,Yes\na.jpg,c.jpg, No\n"


def toy(name: str, **angles: float) -> Gauge:
    """An engine whose embeddings point in these directions, degrees."""
    info = EngineInfo(name, "toy", name, 2, 0.9, 0.5, "")
    made = {
        f"{photo}.jpg": Embedding(
            np.array([np.cos(np.radians(a)), np.sin(np.radians(a))], np.float32), name
        )
        for photo, a in angles.items()
    }
    return Gauge(info, made)


def test_labels_are_read(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text("\ufeff" + CSV, encoding="utf-8")
    assert read_pairs(file) == {
        frozenset(("a.jpg", "b.jpg")): True,
        frozenset(("a.jpg", "c.jpg")): False,
    }
    file.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="Decision"):
        read_pairs(file)


def test_an_engine_does_not_label_its_own_pairs() -> None:
    own = toy("own", a=0, b=80, c=5, d=3)
    others = [toy("x", a=0, b=1, c=90, d=40), toy("y", a=0, b=2, c=90, d=1)]
    labels = {frozenset(("a.jpg", "b.jpg")): True}
    outcome = judge(own, others, labels)
    # labelled: a-b; agreed: a-c and b-c, different; whatever has d in it is not clear to x
    assert (len(outcome.same), len(outcome.different)) == (1, 2)
    assert outcome.false_non_matches(0.9).errors == 1
    assert outcome.false_matches(0.9).errors == 1
    alone = judge(own, [], labels)
    assert (len(alone.same), len(alone.different)) == (1, 0)


def test_the_built_in_engine_is_measured(
    tmp_path: Path,
    settings: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("dlib")
    first, second = samples.PORTRAITS[:2]
    for name, who, face_px in (("a", first, 190), ("b", first, 150), ("c", second, 190)):
        (tmp_path / f"{name}.jpg").write_bytes(encode_jpeg(samples.portrait(who, face_px, 2.4)))
    (tmp_path / "pairs.csv").write_text(CSV)
    made = settings(models=tmp_path / "none", same_cosine=0.1, different_cosine=0.1)
    monkeypatch.setattr(thresholds, "get_settings", lambda: made)
    assert main(["thresholds", str(tmp_path / "pairs.csv"), str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "### dlib:builtin:" in said
    assert "3 photos used; 1 pairs of one person, 1 of two." in said
    assert "| same | 0.925 | 0 of 1 = 0.00%" in said  # the engine's own, not the settings'
    assert main(["thresholds", str(tmp_path / "none.csv"), str(tmp_path)]) == 1
