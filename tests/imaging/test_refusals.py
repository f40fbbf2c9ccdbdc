"""What is not a whole photo of an accepted kind and size is refused, soon and with a sentence."""

import io
import os
import re
import struct
import time
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from PIL import Image

from core.errors import FaceDeskError, ImageError, ImageTooLarge, NoFace, PhotoError
from core.imaging.exif import orientation_of
from core.imaging.jpeg import MAX_SCANS, take_apart
from core.imaging.photo import Limits
from core.imaging.read import read_photo
from tests.imaging.pictures import LIMITS, corners, encoded, exif, noise, with_segment, with_size
from tests.png import ZEROS, chunk, flat_png

WHOLE = {
    "baseline": encoded(noise(), "JPEG", quality=90),
    "progressive": encoded(noise(), "JPEG", quality=90, progressive=True),
    "grey": encoded(noise().convert("L"), "JPEG"),
    "cmyk": encoded(noise().convert("CMYK"), "JPEG"),
    "turned": encoded(noise(), "JPEG", exif=exif(6)),
    "restarts": encoded(noise(), "JPEG", restart_marker_blocks=4),
    "big": encoded(noise(2000, 1600), "JPEG", quality=80),
    "big progressive": encoded(noise(2000, 1600), "JPEG", quality=80, progressive=True),
    "png": encoded(noise(), "PNG"),
    "png 16 bit": encoded(Image.fromarray(np.full((64, 96), 900, np.uint16)), "PNG"),
    "webp": encoded(noise(), "WEBP"),
    "webp lossless": encoded(noise(), "WEBP", lossless=True),
    "bmp": encoded(noise(), "BMP"),
}  # fmt: skip


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99, "last byte"])
@pytest.mark.parametrize("name", WHOLE)
def test_cut_off(name: str, share: float | str) -> None:
    data = WHOLE[name]
    end = len(data) - 1 if isinstance(share, str) else int(len(data) * share)
    read_photo(data, LIMITS)
    with pytest.raises(ImageError):
        read_photo(data[:end], LIMITS)


@pytest.mark.parametrize("name", ["baseline", "progressive", "grey", "cmyk"])
def test_header_only(name: str) -> None:
    data = WHOLE[name]
    with pytest.raises(ImageError):
        read_photo(data[: data.index(b"\xff\xda")], LIMITS)
    with pytest.raises(ImageError):
        read_photo(data[: data.index(b"\xff\xda")] + b"\xff\xd9", LIMITS)


JPEGS = [name for name, data in WHOLE.items() if data[:2] == b"\xff\xd8"]


@pytest.mark.parametrize("share", [0.03, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.99])
@pytest.mark.parametrize("name", JPEGS)
def test_bytes_missing_before_the_end(name: str, share: float) -> None:
    """The decoder itself accepts these and leaves the rest grey."""
    data = WHOLE[name]
    start = data.index(b"\xff\xda") + 20
    at = start + int((len(data) - start) * share)
    with pytest.raises(ImageError):
        read_photo(data[:at].rstrip(b"\xff") + b"\xff\xd9", LIMITS)
    with pytest.raises(ImageError):
        read_photo(data[: (start + at) // 2] + data[at:], LIMITS)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("size", [(64, 64), (99, 71), (2000, 1500)])
def test_grey_of_the_photo_s_own(mode: str, progressive: bool, size: tuple[int, int]) -> None:
    grey = Image.new("RGB", size, (128, 128, 128))
    grey.paste(noise(40, 40), (0, 0))
    data = encoded(grey.convert(mode), "JPEG", progressive=progressive)
    assert read_photo(data, LIMITS).pixels_bgr[-1, -1].tolist() == [128] * 3


def test_progressive_cut_between_two_scans() -> None:
    data = WHOLE["progressive"]
    second = data.index(b"\xff\xda", data.index(b"\xff\xda") + 2)
    tables = data.rindex(b"\xff\xc4", 0, second)
    with pytest.raises(ImageError, match="cut off"):
        read_photo(data[:tables], LIMITS)


@pytest.mark.parametrize("name", ["progressive", "big progressive"])
def test_progressive_without_its_last_scans(name: str) -> None:
    """What is there is whole, and libjpeg has nothing to say; only coarser than it was."""
    data = WHOLE[name]
    scans = [found.start() for found in re.finditer(rb"\xff\xda", data)]
    for scan in scans[1:]:
        before = data.rindex(b"\xff\xc4", 0, scan)
        for end in {scan, before}:
            with pytest.raises(ImageError, match=r"cut off|damaged"):
                read_photo(data[:end] + b"\xff\xd9", LIMITS)


@pytest.mark.parametrize("name", JPEGS)
@pytest.mark.parametrize("byte", [b"\0", b"U"])
def test_padding_before_the_end_is_no_damage(name: str, byte: bytes) -> None:
    data = WHOLE[name]
    assert read_photo(data[:-2] + byte * 40 + data[-2:], LIMITS).source_wh
    with pytest.raises(ImageError):
        read_photo(data[:-2] + bytes(range(40)) + data[-2:], LIMITS)


@pytest.mark.parametrize("frame", [0xC3, 0xC5, 0xC9, 0xCA, 0xCB])
def test_jpeg_of_an_unusual_kind(frame: int) -> None:
    data = WHOLE["baseline"].replace(b"\xff\xc0\x00\x11", bytes((0xFF, frame)) + b"\x00\x11", 1)
    with pytest.raises(ImageError, match=r"not accepted|not a readable"):
        read_photo(data, LIMITS)


def test_a_camera_s_wrong_numbers_in_a_sequential_scan_are_no_damage() -> None:
    data = bytearray(WHOLE["baseline"])
    at = data.index(b"\xff\xda") + 2
    end_of_spectrum = at + data[at + 1] - 2
    data[end_of_spectrum] = 0
    assert read_photo(bytes(data), LIMITS).source_wh == (320, 240)


NOT_A_PHOTO = [
    (b"", "0 bytes"),
    (b"\xff", "not a readable photo"),
    (b"\xff\xd8", "not a readable photo"),
    (b"\xff\xd8\xff\xd9", "."),
    (b"This is a text, called photo.jpg.", "not a readable photo"),
    (bytes(range(256)) * 40, "not a readable photo"),
    (encoded(corners(), "GIF"), "GIF files are not accepted"),
    (encoded(corners(), "TIFF"), "TIFF files are not accepted"),
    (b"II+\0\x08\0\0\0", "TIFF files are not accepted"),
    (encoded(corners(), "PDF"), "PDF files are not accepted"),
    (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG files are not accepted"),
    (b'\xef\xbb\xbf\n<?xml version="1.0"?><svg/>', "SVG files are not accepted"),
    (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC or AVIF files are not accepted"),
    (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "HEIC or AVIF files are not accepted"),
    (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", "Film files are not accepted"),
    (b"P6\n99999 99999\n255\n", "not a readable photo"),
    (b"P1 99999 99999", "not a readable photo"),
    (b"Pf\n99999 99999\n-1\n", "not a readable photo"),
    (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a readable photo"),
    (b"PK\x03\x04\x14\0\0\0", "not a readable photo"),
    (b"<html><body>404</body></html>", "not a readable photo"),
    (b"https://localhost/photo.jpg", "not a readable photo"),
    (encoded(corners(), "JPEG2000"), "not a readable photo"),
]


@pytest.mark.parametrize(("data", "sentence"), NOT_A_PHOTO)
def test_not_a_photo(data: bytes, sentence: str) -> None:
    with pytest.raises(ImageError, match=sentence) as caught:
        read_photo(data, LIMITS)
    assert caught.value.code == 40003


def webp_canvas(width: int, height: int) -> bytes:
    """An animation whose canvas is as large as it says, its one frame small."""

    def part(name: bytes, body: bytes) -> bytes:
        return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)

    def three(value: int) -> bytes:
        return value.to_bytes(3, "little")

    frame = three(0) * 2 + three(95) + three(63) + three(10) + b"\0"
    body = b"WEBP" + part(b"VP8X", b"\x02\0\0\0" + three(width - 1) + three(height - 1))
    body += part(b"ANIM", bytes(6)) + part(b"ANMF", frame + encoded(corners(), "WEBP")[12:])
    return b"RIFF" + struct.pack("<I", len(body)) + body


BOMBS = {
    "png 20000 x 20000": flat_png(20_000, 20_000),
    "png 12000 x 12000": flat_png(12_000, 12_000),
    "jpeg that says 65000 x 65000": with_size(WHOLE["baseline"], 65_000, 65_000),
    "jpeg that says 12001 x 64": with_size(WHOLE["baseline"], 12_001, 64),
    "header that says 65000 x 65000": with_size(WHOLE["baseline"], 65_000, 65_000)[:700],
    "webp that says 12000 x 12000": webp_canvas(12_000, 12_000),
    "webp that says 60000 x 60000": webp_canvas(60_000, 60_000),
    "bmp that says 30000 x 30000": b"BM" + struct.pack("<IHHI", 99, 0, 0, 54)
    + struct.pack("<IiiHHIIiiII", 40, 30_000, 30_000, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(999),
}  # fmt: skip


def peak_megabytes(since_now: bool = False) -> float:
    """The process's largest resident size, all libraries' memory with it."""
    if since_now:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


CAN_TELL_PEAKS = os.access("/proc/self/clear_refs", os.W_OK)
MOST_MEMORY_MB = 100


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_before_they_are_decoded(name: str) -> None:
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(ImageTooLarge) as caught:
        read_photo(BOMBS[name], LIMITS)
    spent = time.process_time() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.http == 413
    assert spent < 0.5
    assert peak < 5e6


def test_bombs_take_no_memory_of_the_process() -> None:
    if not CAN_TELL_PEAKS:
        pytest.skip("this system does not tell a process's peak of memory")
    before = peak_megabytes(since_now=True)
    for data in BOMBS.values():
        with pytest.raises(ImageTooLarge):
            read_photo(data, LIMITS)
    assert peak_megabytes() - before < 30


def at_most(size_wh: tuple[int, int], data: bytes) -> Limits:
    return Limits(len(data), size_wh[0] * size_wh[1], max(size_wh))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP"])
def test_at_the_caps_and_one_over(kind: str) -> None:
    image = noise(320, 240)
    data = encoded(image, kind)
    exact = at_most(image.size, data)
    assert read_photo(data, exact).source_wh == image.size
    for less in (
        Limits(exact.max_bytes - 1, exact.max_pixels, exact.max_side),
        Limits(exact.max_bytes, exact.max_pixels - 1, exact.max_side),
        Limits(exact.max_bytes, exact.max_pixels, exact.max_side - 1),
    ):
        with pytest.raises(ImageTooLarge, match=r"\d"):
            read_photo(data, less)


SIDES = [
    ((1, 1), NoFace),
    ((31, 31), NoFace),
    ((1, 12_000), NoFace),
    ((12_000, 1), NoFace),
    ((31, 400), NoFace),
    ((1, 12_001), ImageTooLarge),
    ((12_001, 1), ImageTooLarge),
    ((20_000, 1), ImageTooLarge),
]


@pytest.mark.parametrize(("size", "error"), SIDES)
def test_sides_too_small_or_too_long(size: tuple[int, int], error: type[PhotoError]) -> None:
    with pytest.raises(error, match=rf"{size[0]} x {size[1]}"):
        read_photo(flat_png(*size), LIMITS)


def test_smallest_and_longest() -> None:
    assert read_photo(flat_png(32, 32), LIMITS).source_wh == (32, 32)
    long = read_photo(flat_png(12_000, 32), LIMITS)
    assert (long.source_wh, long.reduction) == ((12_000, 32), 8)
    assert long.pixels_bgr.shape == (4, 1500, 3)


@pytest.mark.parametrize("sizes", [(0, 64), (96, 0), (0, 0)])
def test_jpeg_of_no_size(sizes: tuple[int, int]) -> None:
    with pytest.raises(PhotoError):
        read_photo(with_size(WHOLE["baseline"], *sizes), LIMITS)


@pytest.mark.parametrize("where", ["checksum", "first", "middle", "last", "end chunk", "header"])
def test_damaged_png(where: str) -> None:
    data = bytearray(WHOLE["png"])
    start = data.index(b"IDAT")
    length = int.from_bytes(data[start - 4 : start], "big")
    at = {
        "checksum": start + 4 + length,
        "first": start + 4,
        "middle": start + length // 2,
        "last": start + 3 + length,
        "end chunk": len(data) - 1,
        "header": 20,
    }[where]
    data[at] ^= 0x01
    with pytest.raises(ImageError, match="damaged"):
        read_photo(bytes(data), LIMITS)


PNG_EXTRAS = {
    "zTXt of 100 MB": chunk(b"zTXt", b"k\0\0" + ZEROS),
    "iCCP of 100 MB": chunk(b"iCCP", b"k\0\0" + ZEROS),
    "many iTXt": chunk(b"iTXt", b"k\0\1\0\0\0" + zlib.compress(bytes(900_000), 9)) * 2_000,
    "many empty chunks": chunk(b"tEXt", b"") * 200_000,
    "false acTL": chunk(b"acTL", struct.pack(">II", 0xFFFFFFFF, 0)),
    "broken eXIf": chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff"),
    "broken iCCP": chunk(b"iCCP", b"k\0\0" + zlib.compress(b"no profile")),
}


@pytest.mark.parametrize("name", PNG_EXTRAS)
def test_png_extras_take_neither_time_nor_memory(name: str) -> None:
    data = flat_png(64, 64, extra=PNG_EXTRAS[name])
    tracemalloc.start()
    start = time.process_time()
    try:
        assert read_photo(data, LIMITS).source_wh == (64, 64)
    except ImageError:
        assert "many" in name or "100 MB" in name
    spent = time.process_time() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert spent < 1.5
    assert peak < 100e6


def exif_block(entries: bytes, count: int, at: int = 8) -> bytes:
    return b"Exif\0\0MM\0*" + struct.pack(">IH", at, count) + entries


def short(tag: int, value: int) -> bytes:
    return struct.pack(">HHIHH", tag, 3, 1, value, 0)


EXIF = [
    (b"", 1),
    (b"Exif\0\0", 1),
    (b"Exif\0\0MM\0*", 1),
    (b"Exif\0\0XX\0*" + bytes(40), 1),
    (exif_block(short(0x112, 6), 1), 6),
    (exif_block(short(0x112, 99), 1), 1),
    (exif_block(short(0x112, 0), 1), 1),
    (exif_block(short(0x112, 9), 1), 1),
    (exif_block(short(0x110, 1) + short(0x112, 8), 2), 8),
    (exif_block(struct.pack(">HHII", 0x112, 4, 1, 3), 1), 3),
    (exif_block(short(0x110, 1), 65_535), 1),
    (exif_block(short(0x112, 6), 1, at=0xFFFFFFFF), 1),
    (exif_block(struct.pack(">HHII", 0x8769, 4, 1, 8) + struct.pack(">I", 8), 1), 1),  # to itself
    (exif_block(short(0x110, 1) * 5000, 5000), 1),
    (b"Exif\0\0" + b"\xff" * 65_000, 1),
]


@pytest.mark.parametrize(("block", "orientation"), EXIF)
def test_exif_of_every_kind(block: bytes, orientation: int) -> None:
    assert orientation_of(block) == orientation
    photo = read_photo(with_segment(encoded(corners(), "JPEG"), 0xE1, block), LIMITS)
    turned = orientation >= 5
    assert photo.source_wh == (corners().size[::-1] if turned else corners().size)
    assert b"Exif" not in photo.stored_jpeg
    png = read_photo(flat_png(96, 64, extra=chunk(b"eXIf", block[6:])), LIMITS)
    assert png.source_wh == ((64, 96) if turned else (96, 64))


def test_much_metadata_is_dropped() -> None:
    data = WHOLE["baseline"]
    for _ in range(50):
        data = with_segment(data, 0xE1, b"Exif\0\0" + b"\xff" * 60_000)
    assert len(read_photo(data, LIMITS).stored_jpeg) < len(WHOLE["baseline"]) + 100


def test_thousands_of_scans_are_refused() -> None:
    data = WHOLE["progressive"]
    last = data.rindex(b"\xff\xda")
    many = data[:last] + data[last:-2] * MAX_SCANS + b"\xff\xd9"
    with pytest.raises(ImageError, match="damaged"):
        read_photo(many, LIMITS)


def test_two_frame_headers_are_refused() -> None:
    data = WHOLE["baseline"]
    at = data.index(b"\xff\xc0")
    frame = data[at : at + 19]
    with pytest.raises(ImageError, match="damaged"):
        take_apart(data[:at] + frame + data[at:])


def test_run_length_bmp_is_refused() -> None:
    body = b"\x01\x05" * 10_000
    head = struct.pack("<IiiHHIIiiII", 40, 200, 100, 1, 8, 1, len(body), 0, 0, 256, 0)
    start = b"BM" + struct.pack("<IHHI", 54 + 1024 + len(body), 0, 0, 54 + 1024)
    with pytest.raises(ImageError, match="Compressed BMP"):
        read_photo(start + head + bytes(1024) + body, LIMITS)


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "insert", "remove", "repeat", "huge", "end"]),
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=4,
)


def edited(data: bytes, edits: list[tuple[str, float, bytes]]) -> bytes:
    for kind, place, noise_bytes in edits:
        at = int(place * len(data))
        after = at + len(noise_bytes)
        if kind == "flip":
            data = data[:at] + noise_bytes + data[after:]
        elif kind == "cut":
            data = data[: at + 1]
        elif kind == "insert":
            data = data[:at] + noise_bytes + data[at:]
        elif kind == "remove":
            data = data[:at] + data[after:]
        elif kind == "huge":  # a size, a count, an offset of the header
            at = int(place * min(len(data), 300))
            data = (
                data[:at] + b"\x7f\xff\xff\xff"[: len(noise_bytes)] + data[at + len(noise_bytes) :]
            )
        elif kind == "end":  # cut, and made to look whole
            data = data[:at] + data[-2:]
        else:
            data = data[:after] + data[at:]
    return data


SMALL = {
    "jpeg": encoded(corners(), "JPEG", exif=exif(6)),
    "progressive": encoded(corners(), "JPEG", progressive=True, comment=b"words"),
    "mpo": encoded(corners(), "MPO", save_all=True, append_images=[corners()]),
    "cmyk": encoded(corners().convert("CMYK"), "JPEG"),
    "png": encoded(corners(), "PNG", exif=exif(6)),
    "apng": encoded(corners(), "PNG", save_all=True, append_images=[corners().rotate(180)]),
    "palette": encoded(corners().quantize(8), "PNG", transparency=bytes(8)),
    "webp": encoded(corners(), "WEBP", exif=exif(6)),
    "moving webp": encoded(corners(), "WEBP", save_all=True, append_images=[corners().rotate(180)]),
    "bmp": encoded(corners().quantize(8), "BMP"),
}


def require_consistent(data: bytes) -> None:
    """Either refused by name, or a photo whose parts fit together; soon, and without much memory.

    Time is hypothesis' deadline.
    """
    before = peak_megabytes(since_now=True) if CAN_TELL_PEAKS else 0.0
    try:
        photo = read_photo(data, LIMITS)
    except FaceDeskError as error:
        assert error.code in (40003, 40004, 40007)
        return
    finally:
        if CAN_TELL_PEAKS:
            assert peak_megabytes() - before <= MOST_MEMORY_MB
    height, width = photo.pixels_bgr.shape[:2]
    assert (width, height) == photo.source_wh or photo.reduction > 1
    with Image.open(io.BytesIO(photo.stored_jpeg)) as stored:
        assert stored.size == photo.source_wh


@pytest.mark.parametrize("name", SMALL)
@bounds(
    max_examples=60,
    deadline=2000,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(edits=EDITS)
def test_mutations_are_refused_by_name_or_read(
    name: str, edits: list[tuple[str, float, bytes]]
) -> None:
    require_consistent(edited(SMALL[name], edits))


def with_checksums(data: bytes) -> bytes:
    """The PNG with every chunk's checksum made right again, as far as its chunks go."""
    out, at = bytearray(data[:8]), 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            break
        out += chunk(data[at + 4 : at + 8], data[at + 8 : end - 4])
        at = end
    return bytes(out + data[at:])


@pytest.mark.parametrize("name", ["png", "apng", "palette"])
@bounds(max_examples=100, deadline=2000)
@given(places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255))))
def test_mutated_png_with_right_checksums(name: str, places: list[tuple[float, int]]) -> None:
    data = bytearray(SMALL[name])
    for place, value in places[:4]:
        data[int(place * len(data))] = value
    require_consistent(with_checksums(bytes(data)))
