"""Pictures and faces with known answers."""

from __future__ import annotations

import math

import cv2
import numpy as np

from core.engine.base import Face, PointLayout
from core.fiqa.pose import DISTANCE, MODELS
from core.imaging.align import ARCFACE_112

CORNERS_112 = np.array(
    [[30.8, 51.7], [45.8, 51.7], [66.0, 51.5], [81.0, 51.5], [56.0, 79.0]], np.float32
)


def face_at(
    zoom: float = 2.0,
    left: float = 60,
    top: float = 60,
    layout: PointLayout = PointLayout.FIVE,
    score: float = 0.9,
) -> Face:
    """A frontal face whose 112x112 template starts at (left, top), ``zoom`` px a template px."""
    points = ARCFACE_112 if layout is PointLayout.FIVE else CORNERS_112
    box = np.array([18, 8, 94, 112], np.float32) * zoom + [left, top, left, top]
    points_xy = points * zoom + [left, top]
    return Face(box.astype(np.float32), points_xy.astype(np.float32), score, layout)


def flat(bgr: tuple[int, int, int], size: int = 400) -> np.ndarray:
    """uint8 (size, size, 3) of one colour."""
    return np.full((size, size, 3), bgr, np.uint8)


def textured(size: int = 400, seed: int = 0) -> np.ndarray:
    """Skin-coloured picture with shades and texture at every scale: good in every respect."""
    random = np.random.default_rng(seed)
    shade = np.zeros((size, size), np.float32)
    for sigma in (1, 2, 4, 8, 16, 32):
        noise = cv2.GaussianBlur(
            random.normal(0, 1, (size, size)).astype(np.float32), (0, 0), sigma
        )
        shade += noise / noise.std()
    shade = 1 + 0.06 * shade[:, :, None]
    skin = np.array([120, 150, 195], np.float32)
    return (skin * shade).clip(0, 255).astype(np.uint8)


def posed(yaw: float, pitch: float, roll: float, layout: PointLayout) -> Face:
    """The layout's own 3D model turned by these angles (OFIQ's signs) and photographed."""
    model = MODELS[layout] - MODELS[layout].mean(axis=0)
    turned = model @ turn(yaw, pitch, roll).T
    depth = DISTANCE - turned[:, 2]
    x, y = 40 * DISTANCE * turned[:, 0] / depth, -40 * DISTANCE * turned[:, 1] / depth
    points = np.stack([x + 500, y + 400], axis=1).astype(np.float32)
    box = np.concatenate([points.min(axis=0) - 80, points.max(axis=0) + 80])
    return Face(box.astype(np.float32), points, 0.9, layout)


def turn(yaw: float, pitch: float, roll: float) -> np.ndarray:
    def rotation(axis: int, degrees: float) -> np.ndarray:
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        matrix = np.eye(3)
        a, b = (axis + 1) % 3, (axis + 2) % 3
        matrix[[a, a, b, b], [a, b, a, b]] = c, -s, s, c
        return matrix

    return rotation(2, roll) @ rotation(1, yaw) @ rotation(0, pitch)
