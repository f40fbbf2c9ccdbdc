"""Where a cosine similarity means the same person, by recogniser.

Two numbers each: at or above the first two faces are called the same person, below the second
different, between them uncertain. A cosine is no probability, and a gallery's own photos are the
only fair measure: these are starting points.

MobileFaceNet (insightface-lite), 0095 (permissive) and dlib's ResNet were measured; figures, method
and the command that prints them are in docs/thresholds.md. ``same`` stands above the highest of all
pairs of two people, so that none of them passes; ``different`` above 99 % of them and below every
pair of one person.

Not measured here, taken from their makers:

* InsightFace's packs (ResNet50/100, MobileFaceNet, 512 numbers): .40, with .35 to .40 called
  uncertain: ``DEFAULT_THRESHOLD`` and ``compare_embeddings`` of the insightface 2.1 package
  (``gui/core/constants.py``, ``gui/core/recognition.py``). The lower limit here is .30: to call
  a person's own photo "different" is the costlier error when a photo is replaced.
* SFace: .363, OpenCV Zoo ``models/face_recognition_sface/sface.py``.
* Any other recogniser: .45 / .30, stricter than all of the above.
"""

from __future__ import annotations

from core.engine.base import Evidence

MOBILEFACENET_LITE = "e0974ec4c84ae30781e9b0a320c37c6705944d4532bfa9fb0c083755b19dde14"
FACEREID_0095 = "7526c2cd46b669725f868d7a8ef6e0de888b175e5d630bc986ace97981f3ffdf"
DLIB_RESNET_V1 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
_W600K_R50 = "4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43"
_W600K_MBF = "9cc6e4a75f0e2bf0b1aed94578f144d15175f357bdc05e815e5c4a02b319eb4f"
_GLINTR100 = "4ab1d6435d639628a6f3e5008dd4f929edf4c4124b1a7169e1048f9fef534cdf"
_SFACE_2021DEC = "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79"

_INSIGHTFACE = (0.40, 0.30)
_SFACE = (0.363, 0.25)
_BY_SHA256: dict[str, tuple[float, float]] = {
    MOBILEFACENET_LITE: (0.43, 0.30),
    FACEREID_0095: (0.38, 0.28),
    DLIB_RESNET_V1: (0.925, 0.905),
    _W600K_R50: _INSIGHTFACE,
    _W600K_MBF: _INSIGHTFACE,
    _GLINTR100: _INSIGHTFACE,
    _SFACE_2021DEC: _SFACE,
}
_MEASURED = (MOBILEFACENET_LITE, FACEREID_0095, DLIB_RESNET_V1)
_BY_BACKEND: dict[str, tuple[float, float]] = {
    "insightface": (0.45, 0.30),
    "opencv": (0.45, 0.30),
    "sface": _SFACE,
    "dlib": (0.94, 0.91),
}


def thresholds_for(backend: str, recogniser_sha256: str) -> tuple[float, float]:
    """(same_cosine, different_cosine) of a recogniser's file, else its backend's default.

    ``backend`` is ``insightface``, ``opencv``, ``sface`` or ``dlib``.
    """
    return _BY_SHA256.get(recogniser_sha256) or _BY_BACKEND[backend]


def evidence_for(backend: str, recogniser_sha256: str) -> Evidence:
    """What ``thresholds_for`` rests on: measured here, the maker's word, or caution alone."""
    if recogniser_sha256 in _MEASURED:
        return "measured"
    return "maker" if recogniser_sha256 in _BY_SHA256 or backend == "sface" else "caution"
