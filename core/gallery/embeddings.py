"""One embedding: checked, and as bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import BadFeature
from core.gallery.records import Vector


def check_vector(vector: ArrayLike) -> Vector:
    """The embedding as float32 (D,).

    Raises:
        BadFeature: it is not one row of finite numbers, or has no direction (all zero).
    """
    checked = np.asarray(vector, dtype=np.float32)
    if checked.ndim != 1 or not have_direction(checked[None]).all():
        raise BadFeature
    return checked


def have_direction(vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which rows (n, D) are finite and of a length that float32 can hold the square of."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.einsum("ij,ij->i", vectors, vectors)
    usable: NDArray[np.bool_] = np.isfinite(squares) & (squares > 0)
    return usable


def to_bytes(vector: Vector) -> bytes:
    """Little-endian float32, whatever this machine's order is."""
    return vector.astype("<f4").tobytes()


def from_bytes(stored: bytes) -> Vector:
    """The embedding as this machine's float32 (D,)."""
    return np.frombuffer(stored, dtype="<f4").astype(np.float32)


def check_length(stored: bytes, dimension: int) -> None:
    """Raises ``BadFeature`` when these are not the bytes of so many numbers."""
    if len(stored) != 4 * dimension:
        raise BadFeature(
            "The registered photo's embedding is damaged; replace it without identity check."
        )
