"""Our alignment against insightface's own (scikit-image) on the same points."""

import warnings

import numpy as np
import pytest

from core.engine.base import Face, PointLayout
from core.engine.geometry import aligned_crop, resized_to, template_matrix
from core.imaging.align import ARCFACE_112


def reference(points_xy: np.ndarray, size: int) -> np.ndarray:
    face_align = pytest.importorskip("insightface.utils.face_align")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # scikit-image's, for a call of theirs
        return np.asarray(face_align.estimate_norm(points_xy, size))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("size", [112, 224])
def test_the_matrix_is_the_same(seed: int, size: int) -> None:
    random = np.random.default_rng(seed)
    angle, scale = random.uniform(-np.pi, np.pi), random.uniform(0.3, 12)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    points = ARCFACE_112 @ turn.T + random.uniform(-500, 2000, 2) + random.normal(0, 3, (5, 2))
    face = Face(np.zeros(4, np.float32), points.astype(np.float32), 0.9)
    expected = reference(face.points_xy, size)
    where = face.points_xy @ expected[:, :2].T + expected[:, 2]
    ours = template_matrix(face, size)
    assert face.points_xy @ ours[:, :2].T + ours[:, 2] == pytest.approx(where, abs=0.02)


def test_eye_corners_and_nose_base_lead_to_the_same_eyes() -> None:
    left, right = ARCFACE_112[0], ARCFACE_112[1]
    half = np.array([8, 0], np.float32)
    nose = np.array([56, 79], np.float32)
    points = np.stack([left - half, left + half, right - half, right + half, nose]) * 3 + 40
    face = Face(np.zeros(4, np.float32), points, 0.9, PointLayout.CORNERS)
    matrix = template_matrix(face)
    eyes = face.eyes_xy @ matrix[:, :2].T + matrix[:, 2]
    assert eyes == pytest.approx(ARCFACE_112[:2], abs=0.1)


def test_the_crop_is_black_outside_the_photo() -> None:
    points = (ARCFACE_112 - 30).astype(np.float32)
    face = Face(np.zeros(4, np.float32), points, 0.9)
    crop = aligned_crop(np.full((60, 60, 3), 200, np.uint8), face)
    assert crop.shape == (112, 112, 3) and crop[10, 10].tolist() == [0, 0, 0]
    assert crop[60, 60].tolist() == [200, 200, 200]


@pytest.mark.parametrize(("shape", "side"), [((100, 50, 3), 320), ((3000, 4000, 3), 640)])
def test_resizing_keeps_the_long_side(shape: tuple[int, int, int], side: int) -> None:
    copy, scale = resized_to(np.zeros(shape, np.uint8), side)
    assert max(copy.shape[:2]) == side and scale == pytest.approx(max(shape) / side)
