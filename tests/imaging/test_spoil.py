"""Spoiled copies: reproducible, of the range's strength, and worse the stronger."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.imaging.samples import PORTRAITS, portrait
from core.imaging.spoil import DEFECTS, FACE_PX, spoil

PHOTO = portrait(PORTRAITS[0], 300, 2.4)
SIDE = PHOTO.shape[0]
BOX = (SIDE * 0.3, SIDE * 0.3, SIDE * 0.7, SIDE * 0.7)


def pixels(data: bytes) -> np.ndarray:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", DEFECTS)
def test_the_same_chance_gives_the_same_copy(kind: str):
    one, other, third = (spoil(PHOTO, BOX, kind, np.random.default_rng(s)) for s in (1, 1, 2))
    assert one == other != third


@pytest.mark.parametrize("kind", DEFECTS)
def test_strengths_stay_in_their_range(kind: str):
    defect = DEFECTS[kind]
    random = np.random.default_rng(0)
    low, high = sorted((defect.weakest, defect.strongest))
    drawn = [defect.draw(random) for _ in range(200)]
    assert low <= min(drawn) < max(drawn) <= high and max(drawn) / min(drawn) > 2


@pytest.mark.parametrize("kind", ["blur", "motion", "dark", "bright", "jpeg"])
def test_a_stronger_defect_lies_further_from_the_photo(kind: str):
    defect = DEFECTS[kind]
    copies = [
        pixels(defect.apply(PHOTO, BOX, strength, np.random.default_rng(3)))
        for strength in (defect.weakest, defect.strongest)
    ]
    mild, strong = (np.abs(c.astype(int) - PHOTO.astype(int)).mean() for c in copies)
    assert 0 < mild < strong


def test_small_and_cut_change_the_size():
    small = pixels(DEFECTS["small"].apply(PHOTO, BOX, 20, np.random.default_rng(0)))
    face = (BOX[2] - BOX[0]) * small.shape[1] / SIDE
    assert face == pytest.approx(20, abs=1)
    cut = pixels(DEFECTS["cut"].apply(PHOTO, BOX, 0.3, np.random.default_rng(0)))
    assert sorted(cut.shape[:2])[1] == SIDE and sorted(cut.shape[:2])[0] < 0.75 * SIDE


def test_a_large_face_is_reduced_first():
    data = spoil(PHOTO, BOX, "jpeg", np.random.default_rng(0))
    assert pixels(data).shape[0] == round(SIDE * FACE_PX / (BOX[2] - BOX[0]))


@pytest.mark.parametrize("kind", DEFECTS)
def test_a_picture_of_one_face_pixel_survives(kind: str):
    tiny = np.full((9, 7, 3), 90, np.uint8)
    data = spoil(tiny, (2.0, 2.0, 3.0, 3.0), kind, np.random.default_rng(0))
    assert pixels(data).size
