"""The model packs that are known: what is in them, where they come from, what they may be used for.

Sizes and SHA-256: InsightFace's archives as published with its ``model-zoo`` release, the files
inside as unpacked from them; OpenCV Zoo's as written in its Git LFS pointers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Role = Literal["detector", "recogniser", "landmarks", "attributes", "quality"]
Backend = Literal["insightface", "opencv"]


@dataclass(frozen=True, slots=True)
class Words:
    """One text in the two languages of the pages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Licence:
    """What a pack may be used for.

    Attributes:
        name: the licence or licences by name.
        commercial: True when commercial use is allowed.
        words: the answer to "may I use this commercially?".
    """

    name: str
    commercial: bool
    words: Words


@dataclass(frozen=True, slots=True)
class Download:
    """One file to fetch.

    Attributes:
        name: its file name, also behind a mirror's address.
        urls: addresses, tried in this order.
        size: bytes; None when not known.
        sha256: lower-case hex; None when not known (then recorded when it is first fetched).
    """

    name: str
    urls: tuple[str, ...]
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One network of an installed pack; ``urls`` is empty when it comes out of the archive."""

    name: str
    role: Role
    size: int | None = None
    sha256: str | None = None
    urls: tuple[str, ...] = ()

    @property
    def needed(self) -> bool:
        """True when no engine can run without this file."""
        return self.role in ("detector", "recogniser")


@dataclass(frozen=True, slots=True)
class Pack:
    """A set of networks that belong together, in ``models/<name>/``.

    Attributes:
        name: name of the pack and its folder.
        backend: engine that runs it.
        files: the networks.
        licence: what it may be used for.
        note: one line on what it is good for.
        archive: the zip that holds the files; None when each is fetched by itself.
    """

    name: str
    backend: Backend
    files: tuple[ModelFile, ...]
    licence: Licence
    note: Words
    archive: Download | None = None

    @property
    def downloads(self) -> tuple[Download, ...]:
        """What has to be fetched."""
        if self.archive:
            return (self.archive,)
        return tuple(Download(f.name, f.urls, f.size, f.sha256) for f in self.files)

    @property
    def download_size(self) -> int | None:
        """Bytes to fetch; None when not known."""
        return _total(tuple(d.size for d in self.downloads))

    @property
    def installed_size(self) -> int | None:
        """Bytes on disk once installed; None when not known."""
        return _total(tuple(f.size for f in self.files))


def _total(sizes: tuple[int | None, ...]) -> int | None:
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


RESEARCH = Licence(
    "non-commercial research only",
    False,
    Words(
        "No. InsightFace offers these models for non-commercial research only; any other use "
        "needs a licence from InsightFace (recognition-oss-pack@insightface.ai).",
        "不可以。InsightFace 的这些模型仅供非商业研究使用；其他用途须先取得 InsightFace 的授权"
        "（recognition-oss-pack@insightface.ai）。",
    ),
)
OPEN = Licence(
    "MIT (YuNet), Apache-2.0 (SFace), CC BY 4.0 (eDifFIQA)",
    True,
    Words(
        "Yes, if you keep the licence notices and name eDifFIQA's authors (Babnik, Peer, Štruc). "
        "The licences cover the models; the photos they were trained on have terms of their own.",
        "可以，但须保留许可声明并注明 eDifFIQA 的作者（Babnik、Peer、Štruc）。"
        "许可只涉及模型本身；训练所用照片另有其条款。",
    ),
)

_INSIGHTFACE = "https://github.com/deepinsight/insightface/releases/download"
_RELEASES = ("model-zoo", "v0.7")  # the package's own address today, and its older twin

_DET_10G = ModelFile(
    "det_10g.onnx",
    "detector",
    16_923_827,
    "5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91",
)
_DET_2G = ModelFile(
    "det_2.5g.onnx",
    "detector",
    3_292_009,
    "041f73f47371333d1d17a6fee6c8ab4e6aecabefe398ff32cca4e2d5eaee0af9",
)
_DET_500M = ModelFile(
    "det_500m.onnx",
    "detector",
    2_524_817,
    "5e4447f50245bbd7966bd6c0fa52938c61474a04ec7def48753668a9d8b4ea3a",
)
_R50 = ModelFile(
    "w600k_r50.onnx",
    "recogniser",
    174_383_860,
    "4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43",
)
_MBF = ModelFile(
    "w600k_mbf.onnx",
    "recogniser",
    13_616_099,
    "9cc6e4a75f0e2bf0b1aed94578f144d15175f357bdc05e815e5c4a02b319eb4f",
)
_R100 = ModelFile(
    "glintr100.onnx",
    "recogniser",
    260_665_334,
    "4ab1d6435d639628a6f3e5008dd4f929edf4c4124b1a7169e1048f9fef534cdf",
)
_EXTRAS = (
    ModelFile(
        "1k3d68.onnx",
        "landmarks",
        143_607_619,
        "df5c06b8a0c12e422b2ed8947b8869faa4105387f199c477af038aa01f9a45cc",
    ),
    ModelFile(
        "2d106det.onnx",
        "landmarks",
        5_030_888,
        "f001b856447c413801ef5c42091ed0cd516fcd21f2d6b79635b1e733a7109dbf",
    ),
    ModelFile(
        "genderage.onnx",
        "attributes",
        1_322_532,
        "4fde69b1c810857b88c64a335084f1c3fe8f01246c9a191b48c7bb756d6652fb",
    ),
)

# The Git LFS content of one commit, so that the address keeps naming the same bytes.
_ZOO = (
    "https://media.githubusercontent.com/media/opencv/opencv_zoo/"
    "966be4cb6eefc2a4f586ed0581bf4bbaa2533070/models"
)
_ZOO_TWIN = "https://huggingface.co/opencv"


def _insightface(
    name: str, size: int, sha256: str, files: tuple[ModelFile, ...], note: Words
) -> Pack:
    urls = tuple(f"{_INSIGHTFACE}/{release}/{name}.zip" for release in _RELEASES)
    archive = Download(f"{name}.zip", urls, size, sha256)
    return Pack(name, "insightface", files, RESEARCH, note, archive)


def _zoo(folder: str, name: str, role: Role, size: int, sha256: str) -> ModelFile:
    urls = (f"{_ZOO}/{folder}/{name}", f"{_ZOO_TWIN}/{folder}/resolve/main/{name}")
    return ModelFile(name, role, size, sha256, urls)


PACKS: tuple[Pack, ...] = (
    _insightface(
        "buffalo_l",
        288_621_354,
        "80ffe37d8a5940d59a7384c201a2a38d4741f2f3c51eef46ebb28218a7b0ca2f",
        (_DET_10G, _R50, *_EXTRAS),
        Words("accurate; InsightFace's default", "精度高；InsightFace 的默认模型包"),
    ),
    _insightface(
        "buffalo_m",
        275_951_529,
        "d98264bd8f2dc75cbc2ddce2a14e636e02bb857b3051c234b737bf3b614edca9",
        (_DET_2G, _R50, *_EXTRAS),
        Words("as accurate as buffalo_l, lighter detector", "精度同 buffalo_l，检测器更轻"),
    ),
    _insightface(
        "buffalo_s",
        127_607_557,
        "d85a87f503f691807cd8bb97128bdf7a0660326cd9cd02657127fa978bab8b5e",
        (_DET_500M, _MBF, *_EXTRAS),
        Words("small and fast, with landmarks", "小而快，带关键点"),
    ),
    _insightface(
        "buffalo_sc",
        14_969_382,
        "57d31b56b6ffa911c8a73cfc1707c73cab76efe7f13b675a05223bf42de47c72",
        (_DET_500M, _MBF),
        Words("smallest and fast", "最小，速度快"),
    ),
    _insightface(
        "antelopev2",
        360_662_982,
        "8e182f14fc6e80b3bfa375b33eb6cff7ee05d8ef7633e738d1c89021dcf0c5c5",
        (replace(_DET_10G, name="scrfd_10g_bnkps.onnx"), _R100, *_EXTRAS),
        Words("largest network, slowest", "网络最大，速度最慢"),
    ),
    Pack(
        "opencv_zoo",
        "opencv",
        (
            _zoo(
                "face_detection_yunet",
                "face_detection_yunet_2023mar.onnx",
                "detector",
                232_589,
                "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
            ),
            _zoo(
                "face_recognition_sface",
                "face_recognition_sface_2021dec.onnx",
                "recogniser",
                38_696_353,
                "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
            ),
            _zoo(
                "face_image_quality_assessment_ediffiqa",
                "ediffiqa_tiny_jun2024.onnx",
                "quality",
                7_272_678,
                "9426c899cc0f01665240cb7d9e7f98e18e24e456c178326c771a43da289bfc6a",
            ),
        ),
        OPEN,
        Words("open licences, with a quality score", "开放许可，含人脸质量分"),
    ),
)


def find_pack(name: str, packs: tuple[Pack, ...] = PACKS) -> Pack | None:
    """The pack of that name, or None."""
    return next((pack for pack in packs if pack.name == name), None)
