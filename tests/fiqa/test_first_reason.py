"""The first reason is the cause, in plain words: spoiled samples, with the built-in engine."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from core.assessment import Stopwatch
from core.engine.backend_dlib import DlibEngine
from core.engine.slot import EngineSlot
from core.fiqa.policy import load_policy
from core.fiqa.report import Report
from core.imaging import samples
from core.imaging.photo import Pixels
from core.imaging.read import encode_jpeg
from core.settings import Settings
from core.vision import Vision

WOMAN, OTHER = samples.PORTRAITS[:2]


def good(person: samples.Portrait = WOMAN, face_px: int = 190) -> Pixels:
    return samples.portrait(person, face_px, 2.6)


def brightened(pixels: Pixels, gain: float) -> Pixels:
    return np.clip(pixels * gain, 0, 255).astype(np.uint8)


def tilted(pixels: Pixels, degrees: float) -> Pixels:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


def enlarged(pixels: Pixels, times: int) -> Pixels:
    return cv2.resize(pixels, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)


FLAT = (good() * 0.15 + 140).astype(np.uint8)

SPOILED: dict[str, tuple[Callable[[], bytes], str, str, str]] = {
    "dark": (
        lambda: encode_jpeg(samples.darkened(good(), 0.14)),
        *("brightness", "too much of the face is black", "put more light on the face"),
    ),
    "half dark": (
        lambda: encode_jpeg(samples.darkened(good(), 0.3)),
        *("brightness", "too much of the face is black", "put more light on the face"),
    ),
    "bright": (
        lambda: encode_jpeg(brightened(good(OTHER), 3.0)),
        *("brightness", "burnt out white", "use softer light"),
    ),
    "washed out": (
        lambda: encode_jpeg(FLAT),
        *("brightness", "too few shades", "light the face evenly"),
    ),
    "blurred": (
        lambda: encode_jpeg(samples.blurred(good(), 6.5)),
        *("clarity", "the face is not sharp (score", "hold still"),
    ),
    "enlarged": (
        lambda: encode_jpeg(enlarged(good(face_px=30), 6)),
        *("clarity", "enlarged from a small picture", "send the original file"),
    ),
    "compressed": (
        lambda: encode_jpeg(good(), 6),
        *("clarity", "strong compression", "send the original file"),
    ),
    "tilted": (
        lambda: encode_jpeg(tilted(good(), 35)),
        *("headpose", "to the person's right shoulder", "hold the head upright"),
    ),
    "small": (
        lambda: encode_jpeg(good(face_px=70)),
        *("face_size", "px wide, high needs 112", "move closer"),
    ),
    "cropped": (
        lambda: encode_jpeg(samples.portrait(WOMAN, 190, 1.6, shift=0.36)),
        *("partial", "lies outside the photo", "move the face to the middle"),
    ),
}


@pytest.fixture(scope="module")
def judge(tmp_path_factory) -> Callable[[bytes], Report]:
    settings = Settings(_env_file=None, data=tmp_path_factory.mktemp("reasons"))
    vision = Vision(settings, EngineSlot(lambda: DlibEngine.load(1)), load_policy())
    return lambda data: vision.judge(vision.see(data, None, Stopwatch()), Stopwatch())


def test_the_sample_itself_has_no_fault(judge):
    assert judge(encode_jpeg(good())).passes("high")


@pytest.mark.parametrize("name", SPOILED)
def test_the_first_reason_is_the_cause(judge, name: str):
    make, item, wrong, todo = SPOILED[name]
    report = judge(make())
    first = report.reasons("high")[0]
    sentence = first.text_at("high").en
    assert first.name == item and wrong in sentence and todo in sentence, sentence
    assert first.text_at("high").zh and report.item(item) == first
