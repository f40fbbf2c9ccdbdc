"""Every accepted format comes out as the same upright picture and as a bare JPEG file."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image

from core.errors import ImageError, ImageTooLarge, NoFace
from core.imaging.jpeg import take_apart
from core.imaging.read import encode_jpeg, finer, read_photo, reduction_for, turned
from core.imaging.whole import decode_whole
from tests.imaging.pictures import (
    HEIGHT,
    LIMITS,
    WIDTH,
    corners,
    decoded,
    encoded,
    exif,
    noise,
    segments,
    with_segment,
)

Make = Callable[[], bytes]


def rgb_jpeg() -> bytes:
    """Three components called R, G, B, kept as such, under Adobe's marker with transform 0."""
    return encoded(corners(), "JPEG", quality=95, keep_rgb=True)


def hidden_rgba() -> bytes:
    """Wholly transparent, with the picture still in the colour channels."""
    image = corners().convert("RGBA")
    image.putalpha(0)
    return encoded(image, "PNG")


COLOURED: dict[str, tuple[Make, str]] = {
    "baseline": (lambda: encoded(corners(), "JPEG", quality=95), "JPEG"),
    "progressive": (lambda: encoded(corners(), "JPEG", quality=95, progressive=True), "JPEG"),
    "cmyk": (lambda: encoded(corners().convert("CMYK"), "JPEG", quality=95), "JPEG"),
    "adobe rgb": (rgb_jpeg, "JPEG"),
    "png": (lambda: encoded(corners(), "PNG"), "PNG"),
    "png palette": (lambda: encoded(corners().quantize(8), "PNG"), "PNG"),
    "png rgba": (lambda: encoded(corners().convert("RGBA"), "PNG"), "PNG"),
    "webp": (lambda: encoded(corners(), "WEBP", quality=95), "WEBP"),
    "webp lossless": (lambda: encoded(corners(), "WEBP", lossless=True), "WEBP"),
    "webp rgba": (lambda: encoded(corners().convert("RGBA"), "WEBP", lossless=True), "WEBP"),
    "bmp": (lambda: encoded(corners(), "BMP"), "BMP"),
}


def expected_bgr() -> np.ndarray:
    return np.asarray(corners())[:, :, ::-1].astype(int)


def off(pixels: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(pixels.astype(int) - other.astype(int)).mean())


@pytest.mark.parametrize("name", COLOURED)
def test_colours(name: str) -> None:
    make, kind = COLOURED[name]
    photo = read_photo(make(), LIMITS)
    assert (photo.format, photo.source_wh, photo.reduction) == (kind, (WIDTH, HEIGHT), 1)
    assert photo.pixels_bgr.dtype == np.uint8
    assert photo.pixels_bgr.flags.c_contiguous
    assert off(photo.pixels_bgr, expected_bgr()) < 6
    assert off(decoded(photo.stored_jpeg), photo.pixels_bgr) < 4
    assert not photo.notes


GREY: dict[str, Make] = {
    "jpeg": lambda: encoded(corners().convert("L"), "JPEG", quality=95),
    "png": lambda: encoded(corners().convert("L"), "PNG"),
    "png 16 bit": lambda: encoded(
        Image.fromarray(np.asarray(corners().convert("L")).astype(np.uint16) * 257), "PNG"
    ),
    "png 1 bit": lambda: encoded(
        corners().convert("L").point(lambda v: 255 * (v > 99), "1"), "PNG"
    ),
    "png with alpha": lambda: encoded(corners().convert("LA"), "PNG"),
    "bmp": lambda: encoded(corners().convert("L"), "BMP"),
}


@pytest.mark.parametrize("name", GREY)
def test_grey(name: str) -> None:
    photo = read_photo(GREY[name](), LIMITS)
    grey = np.asarray(corners().convert("L")).astype(int)
    wanted = 255 * (grey > 99) if "1 bit" in name else grey
    assert photo.pixels_bgr.shape == (HEIGHT, WIDTH, 3)
    assert off(photo.pixels_bgr, np.repeat(wanted[:, :, None], 3, axis=2)) < 2


def test_png_16_bit_colour_has_the_same_colours() -> None:
    wide = np.asarray(corners())[:, :, ::-1].astype(np.uint16) * 257
    done, data = cv2.imencode(".png", wide)
    assert done
    assert off(read_photo(data.tobytes(), LIMITS).pixels_bgr, expected_bgr()) < 2


def clear_webp() -> bytes:
    image = corners().convert("RGBA")
    image.putalpha(0)
    return encoded(image, "WEBP", lossless=True, exact=True)


def clear_palette() -> bytes:
    image = corners().quantize(8)
    return encoded(image, "PNG", transparency=bytes(8))


@pytest.mark.parametrize("make", [hidden_rgba, clear_webp, clear_palette])
def test_what_transparency_hides_is_not_shown(make: Make) -> None:
    photo = read_photo(make(), LIMITS)
    assert photo.pixels_bgr.min() == 255
    assert decoded(photo.stored_jpeg).min() == 255


ORIENTED = {
    "jpeg": lambda o: encoded(corners(), "JPEG", quality=95, exif=exif(o)),
    "jpeg cmyk": lambda o: encoded(corners().convert("CMYK"), "JPEG", quality=95, exif=exif(o)),
    "png": lambda o: encoded(corners(), "PNG", exif=exif(o)),
    "png 16 bit": lambda o: encoded(
        Image.fromarray(np.asarray(corners().convert("L")).astype(np.uint16) * 257),
        "PNG",
        exif=exif(o),
    ),
    "webp": lambda o: encoded(corners(), "WEBP", quality=95, exif=exif(o)),
}
TURNS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("kind", ORIENTED)
def test_upright(kind: str, orientation: int) -> None:
    base = corners().convert("L").convert("RGB") if "16" in kind else corners()
    turn = TURNS[orientation]
    seen = np.asarray(base.transpose(turn) if turn is not None else base)[:, :, ::-1]
    photo = read_photo(ORIENTED[kind](orientation), LIMITS)
    assert photo.source_wh == (seen.shape[1], seen.shape[0])
    assert off(photo.pixels_bgr, seen) < 6
    assert off(decoded(photo.stored_jpeg), seen) < 8
    assert b"SECRET" not in photo.stored_jpeg


@pytest.mark.parametrize("orientation", TURNS)
def test_upright_when_reduced(orientation: int) -> None:
    big = corners(2400, 1600)
    photo = read_photo(encoded(big, "JPEG", exif=exif(orientation)), LIMITS)
    turn = TURNS[orientation]
    seen = big.transpose(turn) if turn is not None else big
    small = np.asarray(seen.resize((seen.width // 2, seen.height // 2)))[:, :, ::-1]
    assert (photo.reduction, photo.source_wh) == (2, seen.size)
    assert off(photo.pixels_bgr, small) < 6
    assert photo.scale == 2


XMP = (
    b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
)


def test_orientation_that_only_xmp_names_turns_nothing() -> None:
    photo = read_photo(with_segment(encoded(corners(), "JPEG"), 0xE1, XMP), LIMITS)
    assert photo.source_wh == (WIDTH, HEIGHT)
    assert photo.pixels_bgr.shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("name", [*COLOURED, *GREY])
def test_stored_file_holds_no_metadata(name: str) -> None:
    make = COLOURED[name][0] if name in COLOURED else GREY[name]
    markers = list(segments(read_photo(make(), LIMITS).stored_jpeg))
    assert markers[0] == 0xE0  # the JFIF header
    assert not [m for m in markers[1:] if 0xE0 <= m <= 0xEF or m == 0xFE]


def bare(jpeg: bytes) -> bytes:
    """The file without its JFIF header."""
    return jpeg[:2] + jpeg[20:]


def adobe(transform: int, more: bytes = b"") -> bytes:
    return b"Adobe\0\x64\0\0\0\0" + bytes([transform]) + more


PHOTOSHOP = b"\x03\0\x10\x03\0\0\0\x01"
"""Its Adobe segment goes on behind the transform."""

PLAIN: dict[str, Make] = {
    "no header": lambda: bare(encoded(noise(), "JPEG")),
    "adobe": lambda: with_segment(bare(encoded(noise(), "JPEG")), 0xEE, adobe(1)),
    "photoshop": lambda: with_segment(bare(encoded(noise(), "JPEG")), 0xEE, adobe(1, PHOTOSHOP)),
    "colour": lambda: encoded(noise(), "JPEG", quality=90),
    "4:4:4": lambda: encoded(noise(), "JPEG", quality=90, subsampling=0),
    "progressive": lambda: encoded(noise(), "JPEG", progressive=True),
    "grey": lambda: encoded(noise().convert("L"), "JPEG"),
    "restarts": lambda: encoded(noise(), "JPEG", restart_marker_blocks=4),
    "metadata": lambda: with_segment(
        encoded(noise(), "JPEG", exif=exif(1), comment=b"SECRET", icc_profile=b"SECRET" * 99),
        0xED,
        b"SECRET",
    ),
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_jpeg_is_stored_pixel_exact(name: str) -> None:
    data = PLAIN[name]()
    photo = read_photo(data, LIMITS)
    assert np.array_equal(decoded(photo.stored_jpeg), decoded(data))
    assert b"SECRET" not in photo.stored_jpeg
    assert list(segments(photo.stored_jpeg)).count(0xE0) == 1


@pytest.mark.parametrize("more", [b"", PHOTOSHOP])
def test_colours_that_adobe_s_segment_decides_survive(more: bytes) -> None:
    data = with_segment(bare(encoded(noise(), "JPEG", quality=95)), 0xEE, adobe(0, more))
    photo = read_photo(data, LIMITS)
    assert off(photo.pixels_bgr, decoded(encoded(noise(), "JPEG", quality=95))) > 20
    assert off(decoded(photo.stored_jpeg), decoded(data)) < 6


def test_what_follows_the_picture_is_dropped() -> None:
    data = encoded(noise(), "JPEG")
    photo = read_photo(data + b"PK\x03\x04<script>", LIMITS)
    assert photo.stored_jpeg.endswith(b"\xff\xd9")
    assert photo.stored_jpeg == read_photo(data, LIMITS).stored_jpeg


SEVERAL = [("MPO", "JPEG"), ("WEBP", "WEBP"), ("PNG", "PNG")]


@pytest.mark.parametrize(("kind", "told"), SEVERAL)
def test_first_of_several_frames(kind: str, told: str) -> None:
    second = Image.new("RGB", (WIDTH, HEIGHT), "black")
    data = encoded(corners(), kind, save_all=True, append_images=[second])
    photo = read_photo(data, LIMITS)
    assert photo.format == told
    assert photo.notes == ("The file holds 2 pictures; the first was taken.",)
    assert off(photo.pixels_bgr, expected_bgr()) < 12
    assert decoded(photo.stored_jpeg).mean() > 50


@pytest.mark.parametrize(
    ("side", "reduction"), [(959, 1), (1919, 1), (1920, 2), (3840, 4), (7680, 8), (12_000, 8)]
)
def test_reduction(side: int, reduction: int) -> None:
    assert reduction_for((side, 40)) == reduction_for((40, side)) == reduction


def test_finer_and_turned() -> None:
    photo = read_photo(encoded(corners(2400, 1600), "JPEG"), LIMITS)
    whole = finer(photo, 1)
    assert whole.pixels_bgr.shape == (1600, 2400, 3)
    assert turned(photo, 0) is turned(photo, 360) is photo
    quarter = turned(photo, 90)
    assert quarter.source_wh == (1600, 2400)
    assert quarter.pixels_bgr.shape == (1200, 800, 3)
    assert quarter.pixels_bgr[10, 10].argmax() == photo.pixels_bgr[-10, 10].argmax() == 0
    assert off(decoded(quarter.stored_jpeg)[::2, ::2], quarter.pixels_bgr) < 3
    assert quarter.sha256 == photo.sha256


def test_many_turns_at_once_wait_for_each_other_in_order() -> None:
    """Each file is made of the one before it, in threads that are fewer than they."""
    photos = [read_photo(encoded(corners(), "JPEG", exif=exif(6)), LIMITS) for _ in range(8)]
    for photo in [turned(turned(photo, 90), 180) for photo in photos]:
        assert decoded(photo.stored_jpeg).shape == photo.pixels_bgr.shape
        assert off(decoded(photo.stored_jpeg), photo.pixels_bgr) < 8


def test_encoded_file_is_bare() -> None:
    assert not [m for m in segments(encode_jpeg(np.zeros((40, 40, 3), np.uint8))) if m > 0xE0]


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("reduction", [1, 2, 4, 8])
def test_both_decoders_see_the_same_pixels(mode: str, options: dict, reduction: int) -> None:  # type: ignore[type-arg]
    """What is looked at comes from one, what is looked at again, or years later, from the other."""
    file = take_apart(encoded(noise(333, 251).convert(mode), "JPEG", quality=88, **options))
    flag = {
        1: cv2.IMREAD_COLOR,
        2: cv2.IMREAD_REDUCED_COLOR_2,
        4: cv2.IMREAD_REDUCED_COLOR_4,
        8: cv2.IMREAD_REDUCED_COLOR_8,
    }[reduction]
    other = cv2.imdecode(np.frombuffer(file.stripped, np.uint8), flag)
    assert np.array_equal(decode_whole(file, reduction), other)


def test_real_broken_files(shared) -> None:  # type: ignore[no-untyped-def]
    folder = shared / "photos" / "broken"
    if not folder.is_dir():
        pytest.skip("there are no broken photos beside the repository")
    for path in sorted(folder.iterdir()):
        with pytest.raises((ImageError, ImageTooLarge, NoFace)):
            read_photo(path.read_bytes(), LIMITS)
