"""Bytes to photo: sniffed, capped before decoding, decoded at the size that is needed, cleaned."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
from PIL import Image

from core.errors import ImageError, ImageTooLarge
from core.imaging.exif import orientation_of, turn_upright
from core.imaging.header import HEADER_FAULTS, open_photo, require_size
from core.imaging.jpeg import take_apart
from core.imaging.photo import Limits, Photo, Pixels
from core.imaging.whole import decode_stored, decode_whole

WORKING_SIDE = 960
"""The working copy's longest side is at least this many px, where the photo has them."""

JPEG_QUALITY = 95
"""Of photos that have to be encoded anew to be stored."""

_HASHER = ThreadPoolExecutor(1, "hash")
_REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


def read_photo(data: bytes, limits: Limits) -> Photo:
    """Read a JPEG, PNG, WebP or BMP file.

    The header is read and held against ``limits`` before a pixel is decoded. EXIF orientation is
    applied, transparency is laid on white, of several frames the first is taken.

    Raises:
        ImageError: empty, not an image, a format that is not accepted, truncated, damaged.
        ImageTooLarge: over a limit.
        NoFace: too small to hold a face.
    """
    if not data:
        raise ImageError("The photo is empty (0 bytes); send the file again.")
    if len(data) > limits.max_bytes:
        raise ImageTooLarge(
            f"The photo has {len(data) / 1e6:.1f} MB, the limit is {limits.max_bytes / 1e6:.0f} MB."
        )
    header = open_photo(data)
    require_size(header.size, limits)
    frames = getattr(header, "n_frames", 1)
    notes = (f"The file holds {frames} pictures; the first was taken.",) if frames > 1 else ()
    if header.format in ("JPEG", "MPO"):
        return _read_jpeg(data, header, notes)
    return _read_other(data, header, notes)


def finer(photo: Photo, reduction: int) -> Photo:
    """The same photo with a working copy at another ``reduction`` (1, 2, 4, 8)."""
    pixels = decode_stored(photo.stored_jpeg, photo.source_wh, reduction)
    return replace(photo, pixels_bgr=pixels, reduction=reduction)


def turned(photo: Photo, degrees: int) -> Photo:
    """The photo turned clockwise by 0, 90, 180 or 270 degrees; what is stored is encoded anew."""
    if degrees % 360 == 0:
        return photo
    quarters = -degrees // 90
    stored = decode_stored(photo.stored_jpeg, photo.source_wh, 1)
    whole = np.ascontiguousarray(np.rot90(stored, quarters))
    working = np.ascontiguousarray(np.rot90(photo.pixels_bgr, quarters))
    turned_wh = (whole.shape[1], whole.shape[0])
    return _stored_anew(replace(photo, pixels_bgr=working, source_wh=turned_wh), whole)


def encode_jpeg(pixels_bgr: Pixels, quality: int = JPEG_QUALITY) -> bytes:
    """A JPEG file without metadata from uint8 (H, W, 3) pixels."""
    done, buffer = cv2.imencode(".jpg", pixels_bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ImageError("The photo cannot be encoded; send another one.")
    return buffer.tobytes()


def is_jpeg(data: bytes) -> bool:
    """Whether these bytes are a whole JPEG file that can be decoded, by a quick look."""
    if not data.startswith(b"\xff\xd8") or not data.endswith(b"\xff\xd9"):
        return False
    flag = cv2.IMREAD_REDUCED_GRAYSCALE_8
    return cv2.imdecode(np.frombuffer(data, np.uint8), flag) is not None


def reduction_for(source_wh: tuple[int, int], side: int = WORKING_SIDE) -> int:
    """The largest of 8, 4, 2, 1 that leaves the longest side at ``side`` px or more."""
    return next((r for r in (8, 4, 2) if max(source_wh) // r >= side), 1)


def _read_jpeg(data: bytes, header: Image.Image, notes: tuple[str, ...]) -> Photo:
    file = take_apart(data)
    if file.size_wh != header.size:
        raise ImageError("The photo's file is damaged; send the original.")
    # Hashing and decoding let go of the interpreter's lock: one goes on beside the other.
    digest, stored_digest = _HASHER.submit(_sha256, data), _HASHER.submit(_sha256, file.stripped)
    orientation = orientation_of(header.info.get("exif", b""))
    reduction = reduction_for(file.size_wh)
    seen = decode_whole(file, reduction)
    if not file.plain:
        seen = _decode(data, reduction)
    pixels = turn_upright(seen, orientation)
    source_wh = file.size_wh[::-1] if orientation >= 5 else file.size_wh
    photo = Photo(
        pixels,
        reduction,
        source_wh,
        digest.result(),
        file.stripped,
        stored_digest.result(),
        "JPEG",
        notes,
    )
    if file.plain and orientation == 1:
        return photo
    whole = decode_stored(file.stripped, file.size_wh, 1) if file.plain else _decode(data, 1)
    return _stored_anew(photo, turn_upright(whole, orientation))


def _read_other(data: bytes, header: Image.Image, notes: tuple[str, ...]) -> Photo:
    try:
        header.load()
    except HEADER_FAULTS:
        raise ImageError("The photo is cut off or damaged; send the original file.") from None
    # PNG may carry its Exif block behind the pixels: look for it after loading.
    whole = turn_upright(_flatten(header), orientation_of(header.info.get("exif", b"")))
    source_wh = (whole.shape[1], whole.shape[0])
    reduction = reduction_for(source_wh)
    kind = header.format or ""
    photo = Photo(
        _reduce(whole, reduction), reduction, source_wh, _sha256(data), b"", "", kind, notes
    )
    return _stored_anew(photo, whole)


def _stored_anew(photo: Photo, whole: Pixels) -> Photo:
    """The photo with these pixels as its stored file."""
    stored = encode_jpeg(whole)
    return replace(photo, stored_jpeg=stored, stored_sha256=_sha256(stored))


def _flatten(image: Image.Image) -> Pixels:
    """The first frame, transparency laid on white, uint8 (H, W, 3) BGR."""
    if image.mode.startswith("I"):  # 16 bit grey
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGB", layer.size, "white")
        image.paste(layer, mask=layer)
    rgb = np.asarray(image.convert("RGB"))
    return np.ascontiguousarray(rgb[:, :, ::-1])


def _decode(data: bytes, reduction: int) -> Pixels:
    flags = _REDUCED[reduction] | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise ImageError("The photo is cut off or damaged; send the original file.")
    return pixels  # type: ignore[return-value]


def _reduce(whole: Pixels, reduction: int) -> Pixels:
    if reduction == 1:
        return whole
    size = (whole.shape[1] // reduction, whole.shape[0] // reduction)
    return cv2.resize(whole, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
