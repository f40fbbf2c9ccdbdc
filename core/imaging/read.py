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
from core.imaging.jpeg import JpegFile, take_apart
from core.imaging.photo import CleanFile, Limits, Photo, Pixels
from core.imaging.whole import decode_stored, decode_whole

WORKING_SIDE = 960
"""The working copy's longest side is at least this many px, where the photo has them."""

JPEG_QUALITY = 95
"""Of photos that have to be encoded anew to be stored."""

_CLOCKWISE = {90: 6, 180: 3, 270: 8}
"""The orientation of Exif that asks for a turn by so many degrees."""

# Hashing, encoding and decoding let go of the interpreter's lock: they go on beside each other.
_BESIDE = ThreadPoolExecutor(2, "file")


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
    orientation = _CLOCKWISE[degrees % 360]
    return replace(
        photo,
        pixels_bgr=turn_upright(photo.pixels_bgr, orientation),
        source_wh=_upright_wh(photo.source_wh, orientation),
        # It waits for the file it is made of, which was begun earlier in the same queue.
        clean=_BESIDE.submit(
            lambda: _encoded(decode_stored(photo.stored_jpeg, photo.source_wh, 1), orientation)
        ),
    )


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
    orientation = orientation_of(header.info.get("exif", b""))
    if file.plain and orientation == 1:
        return _kept(data, file, notes)
    # What is stored anew is decoded in full anyway; the working copy is made of that.
    whole = decode_whole(file, 1 if file.plain else 8)
    if not file.plain:
        whole = _decode(data)
    return _stored_anew(data, whole, orientation, "JPEG", notes)


def _read_other(data: bytes, header: Image.Image, notes: tuple[str, ...]) -> Photo:
    try:
        header.load()
    except HEADER_FAULTS:
        raise ImageError("The photo is cut off or damaged; send the original file.") from None
    # PNG may carry its Exif block behind the pixels: look for it after loading.
    orientation = orientation_of(header.info.get("exif", b""))
    return _stored_anew(data, _flatten(header), orientation, header.format or "", notes)


def _kept(data: bytes, file: JpegFile, notes: tuple[str, ...]) -> Photo:
    """The photo with the file as it came, but for its metadata."""
    digest, clean = _BESIDE.submit(_sha256, data), _BESIDE.submit(_hashed, file.stripped)
    reduction = reduction_for(file.size_wh)
    pixels = decode_whole(file, reduction)
    return Photo(pixels, reduction, file.size_wh, digest, clean, "JPEG", notes)


def _stored_anew(
    data: bytes, whole: Pixels, orientation: int, kind: str, notes: tuple[str, ...]
) -> Photo:
    """The photo with a file made of all its pixels (H, W, 3), turned upright."""
    digest, clean = _BESIDE.submit(_sha256, data), _BESIDE.submit(_encoded, whole, orientation)
    size_wh = (whole.shape[1], whole.shape[0])
    reduction = reduction_for(size_wh)
    pixels = turn_upright(_reduce(whole, reduction), orientation)
    return Photo(pixels, reduction, _upright_wh(size_wh, orientation), digest, clean, kind, notes)


def _encoded(whole: Pixels, orientation: int) -> CleanFile:
    return _hashed(encode_jpeg(turn_upright(whole, orientation)))


def _upright_wh(size_wh: tuple[int, int], orientation: int) -> tuple[int, int]:
    return size_wh[::-1] if orientation >= 5 else size_wh


def _hashed(jpeg: bytes) -> CleanFile:
    return CleanFile(jpeg, _sha256(jpeg))


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


def _decode(data: bytes) -> Pixels:
    try:
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
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
