"""What names an engine in the gallery, and what its licence means in plain words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

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
    "commercial use, is not used unless FACEDESK_LANDMARKS is on."
)

PLAIN: Mapping[str, tuple[bool | None, str]] = {
    INSIGHTFACE_LICENCE: (
        False,
        "不可商用：InsightFace 的模型包仅供非商业研究使用，除非已取得 InsightFace 的授权"
        "（程序库本身为 MIT）。",
    ),
    YUNET_SFACE_LICENCE: (True, "可以商用：YuNet 为 MIT，SFace 为 Apache-2.0（OpenCV Zoo）。"),
    YUNET_REID_LICENCE: (
        True,
        "可以商用：YuNet 为 MIT（OpenCV Zoo），face-reidentification-retail-0095 为 "
        "Apache-2.0（Intel Open Model Zoo）。",
    ),
    YUNET_OTHER_LICENCE: (
        None,
        "检测器 YuNet（MIT，OpenCV Zoo）可以商用；此模型包中的识别模型请查其来源。",
    ),
    DLIB_LICENCE: (
        True,
        "可以商用：dlib 采用 Boost 许可，其 5 点模型与识别模型为 CC0（dlib-models）；"
        "训练集禁止商用的 68 点模型仅在用 FACEDESK_LANDMARKS 开启之后使用。",
    ),
}
"""Of each: may the models be used commercially (None: not known), and the same in Chinese."""


def engine_id(backend: str, pack: str, recogniser_sha256: str, dimension: int) -> str:
    """``backend:pack:12 hex:dimension``, stored with every embedding.

    The hex stands for the recogniser's file and the version of our preprocessing (crop, colours,
    normalisation), for these two decide what an embedding is. The detector is left out on
    purpose: it only says where the face is, and a finer detector must not make a whole gallery's
    embeddings incomparable.
    """
    seed = f"{recogniser_sha256}/{PREPROCESSING}".encode()
    return f"{backend}:{pack}:{hashlib.sha256(seed).hexdigest()[:12]}:{dimension}"
