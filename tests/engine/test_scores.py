import numpy as np
import pytest

from core.engine.backend_dlib import margin_score
from core.engine.backend_opencv import ARCFACE_COLOURS, SFACE_COLOURS, _blob
from core.engine.base import Embedding, EngineInfo, unit_embedding
from core.engine.thresholds import DLIB_RESNET_V1, FACEREID_0095, thresholds_for
from core.errors import BadFeature


@pytest.mark.parametrize(
    ("margin", "score"), [(0.2, 0.5), (0.403, 0.6), (0.51, 0.65), (2.0, 0.973), (-0.1, 0.354)]
)
def test_hog_margins_become_scores(margin: float, score: float) -> None:
    assert margin_score(margin) == pytest.approx(score, abs=0.001)


def test_sface_sees_plain_rgb_and_arcface_a_centred_one() -> None:
    crop = np.zeros((112, 112, 3), np.uint8)
    crop[:] = (10, 100, 255)  # blue, green, red
    assert _blob(crop, SFACE_COLOURS)[0, :, 5, 5].tolist() == [255, 100, 10]
    assert _blob(crop, ARCFACE_COLOURS)[0, :, 5, 5] == pytest.approx(
        [1, -0.2157, -0.9216], abs=1e-3
    )


@pytest.mark.parametrize("backend", ["insightface", "opencv", "sface", "dlib"])
@pytest.mark.parametrize("sha256", ["", FACEREID_0095, DLIB_RESNET_V1])
def test_thresholds_leave_a_band_between(backend: str, sha256: str) -> None:
    same, different = thresholds_for(backend, sha256)
    assert 0 < different < same < 1


def test_bands() -> None:
    info = EngineInfo("x", "x", "x", 2, 0.4, 0.3, "")
    assert [info.band(c) for c in (0.4, 0.39, 0.3, 0.29)] == [
        "same",
        "uncertain",
        "uncertain",
        "different",
    ]


@pytest.mark.parametrize("raw", [[np.nan, 1], [np.inf, 1], [0, 0], [-np.inf, np.inf]])
def test_what_has_no_direction_is_a_bad_feature(raw: list[float]) -> None:
    with pytest.raises(BadFeature):
        unit_embedding(np.array([raw], np.float32), "x")


def test_embeddings_of_different_engines_are_never_compared() -> None:
    one, other = (Embedding(np.array([1, 0], np.float32), name) for name in ("a", "b"))
    assert one.cosine(one) == 1
    with pytest.raises(ValueError, match="different engines"):
        one.cosine(other)
