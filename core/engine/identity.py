"""What names an engine in the gallery, and what its licence means in plain words."""

from __future__ import annotations

import hashlib

PREPROCESSING = 1
"""Version of what happens between photo and recogniser; raise it when embeddings change."""

INSIGHTFACE_LICENCE = (
    "Not for commercial use: InsightFace's model packs are for non-commercial research only, "
    "unless you have a licence from InsightFace (the library itself is MIT)."
)
YUNET_SFACE_LICENCE = "May be used commercially: YuNet is MIT, SFace is Apache-2.0 (OpenCV Zoo)."
YUNET_REID_LICENCE = (
    "May be used commercially: YuNet is MIT (OpenCV Zoo), face-reidentification-retail-0095 is "
    "Apache-2.0 (Intel Open Model Zoo)."
)
YUNET_OTHER_LICENCE = (
    "The detector YuNet (MIT, OpenCV Zoo) may be used commercially; for the recogniser in this "
    "pack see where it came from."
)
DLIB_LICENCE = (
    "May be used commercially: dlib is under the Boost Software License, its 5-point and "
    "recognition models are CC0 (dlib-models); the 68-point model, whose training set forbids "
    "commercial use, is not used."
)


def engine_id(backend: str, pack: str, recogniser_sha256: str, dimension: int) -> str:
    """``backend:pack:12 hex:dimension``, stored with every embedding.

    The hex stands for the recogniser's file and the version of our preprocessing (crop, colours,
    normalisation), for these two decide what an embedding is. The detector is left out on
    purpose: it only says where the face is, and a finer detector must not make a whole gallery's
    embeddings incomparable.
    """
    seed = f"{recogniser_sha256}/{PREPROCESSING}".encode()
    return f"{backend}:{pack}:{hashlib.sha256(seed).hexdigest()[:12]}:{dimension}"
