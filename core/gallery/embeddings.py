"""One embedding: checked, and as bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from core.errors import BadFeature
from core.gallery.records import Vector


def check_vector(vector: ArrayLike) -> Vector:
    """The embedding as float32 (D,).

    Raises:
        BadFeature: it is not one row of finite numbers, or has no direction (all zero).
    """
    checked = np.asarray(vector, dtype=np.float32)
    with np.errstate(over="ignore"):
        length = float(np.linalg.norm(checked))
    if checked.ndim != 1 or not np.isfinite(length) or length == 0:
        raise BadFeature
    return checked


def to_bytes(vector: Vector) -> bytes:
    """Little-endian float32, whatever this machine's order is."""
    return vector.astype("<f4").tobytes()


def from_bytes(stored: bytes) -> Vector:
    """The embedding as this machine's float32 (D,)."""
    return np.frombuffer(stored, dtype="<f4").astype(np.float32)


def check_length(stored: bytes, dimension: int) -> None:
    """Raises ``BadFeature`` when these are not the bytes of so many numbers."""
    if len(stored) != 4 * dimension:
        raise BadFeature("The stored embedding is damaged; replace the photo, or run 'reembed'.")
