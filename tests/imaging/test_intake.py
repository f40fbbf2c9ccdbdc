"""Where a photo's bytes come from, and from where they never come."""

import base64
import contextlib
import os
import re
import threading
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from core.errors import ImageError, ImageTooLarge
from core.imaging.intake import decode_base64, read_file

DATA = bytes(range(256)) * 3 + b"."
TEXT = base64.b64encode(DATA).decode()
LIMIT = 10_000


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "\n".join(re.findall(".{1,76}", TEXT)),
        "\r\n".join(re.findall(".{1,64}", TEXT)) + "\r\n",
        f" \t{TEXT}\n ",
        f"data:image/png;base64,{TEXT}",
        f"DATA:image/svg+xml;BASE64,{TEXT}",
        f"data:image/x-any.thing;base64,\n{TEXT}",
    ],
)
def test_accepted_spellings(text: str) -> None:
    assert decode_base64(text, LIMIT) == DATA


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "data:image/png;base64,",
        "=",
        "====",
        "A",
        "AA",
        "AAA",
        "AA=",
        "AAA==",
        "AA==AA==",
        "AAA=AAAA",
        "AAAA=",
        "AAAA====",
        "!!!!",
        "AA!A",
        "AAAA!!!!",
        "AAAA_",
        "\xe4AAA",
        "照片照片",
        "\uff21\uff21\uff21\uff21",  # full width letters
        "AAA\0",
        base64.urlsafe_b64encode(b"\xff\xef\xfe" * 3).decode(),
        TEXT.rstrip("="),
        TEXT[:-4] + "AA=A",
        f"data:text/html;base64,{TEXT}",
        f"data:image/png,{TEXT}",
        f"data:image/png;charset=x;base64,{TEXT}",
        f"data:image/png;base64,data:image/png;base64,{TEXT}",
        "http://127.0.0.1/photo.jpg",
        "file:///etc/hostname",
    ],
)
def test_what_is_not_base64(text: str) -> None:
    with pytest.raises(ImageError, match="base64"):
        decode_base64(text, LIMIT)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 999, 1000, 1001])
def test_limit_is_exact(size: int) -> None:
    text = base64.b64encode(bytes(size)).decode()
    assert len(decode_base64(text, size)) == size
    for less in (size - 1, size - 2):
        with pytest.raises(ImageTooLarge):
            decode_base64(text, max(less, 0))


def test_limit_is_held_before_decoding() -> None:
    text = "A" * 40_000_000
    tracemalloc.start()
    with pytest.raises(ImageTooLarge, match=r"30.0 MB.* 10 MB"):
        decode_base64(text, 10_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e5


@given(data=st.binary(min_size=1, max_size=300), width=st.integers(1, 90))
def test_round_trip(data: bytes, width: int) -> None:
    text = base64.b64encode(data).decode()
    assert decode_base64("\n".join(re.findall(f".{{1,{width}}}", text)), 300) == data


WELL_FORMED = re.compile(
    r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})"
)


@bounds(max_examples=500)
@given(text=st.text(alphabet="AQab09+/==-_!\0é", max_size=24))
def test_strict_without_being_slow(text: str) -> None:
    if WELL_FORMED.fullmatch(text):
        assert decode_base64(text, 300) == base64.b64decode(text)
    else:
        with pytest.raises(ImageError):
            decode_base64(text, 300)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An allowed folder with a photo, and a secret beside it."""
    folder = tmp_path.resolve() / "allowed"
    (folder / "below").mkdir(parents=True)
    (folder / "photo.jpg").write_bytes(DATA)
    (folder / "below" / "照片 1.jpg").write_bytes(DATA)
    (folder.parent / "secret").write_bytes(b"secret")
    (folder.parent / "allowed2").mkdir()
    (folder.parent / "allowed2" / "photo.jpg").write_bytes(b"secret")
    return folder


@pytest.mark.parametrize(
    "name",
    ["photo.jpg", "below/照片 1.jpg", "./photo.jpg", "below/../photo.jpg", "below//照片 1.jpg"],
)
def test_files_below_a_root(root: Path, name: str) -> None:
    assert read_file(f"{root}/{name}", [root.parent / "allowed2", root], LIMIT) == DATA


def test_no_roots_means_switched_off(root: Path) -> None:
    with pytest.raises(ImageError, match="switched off") as caught:
        read_file(str(root / "photo.jpg"), [], LIMIT)
    assert "photo.jpg" not in caught.value.message


NOT_ALLOWED = [
    "{root}",
    "{root}/",
    "{root}/.",
    "{root}/below",
    "{root}/..",
    "{root}/missing.jpg",
    "{root}/photo.jpg/x",
    "{root}/../secret",
    "{root}/below/../../secret",
    "{root}2/photo.jpg",
    "/etc/passwd",
    "/dev/zero",
    "/",
    "//",
    "photo.jpg",
    "../secret",
    "~/photo.jpg",
    "..\\..\\secret",
    "C:\\secret",
    "\\\\server\\share\\photo.jpg",
    "%2e%2e%2fsecret",
    "{root}/%2e%2e/secret",
    "file://{root}/photo.jpg",
    "{root}/photo.jpg\0",
    "{root}/photo.jpg\n",
    "{root}/photo.jpg:stream",
    "{root}/\ud800",
    "{root}/" + "a" * 300,
    "{root}/" + "a/" * 2400,
    "/" + "a" * 5000,
    "",
    " ",
]


@pytest.mark.parametrize("path", NOT_ALLOWED)
def test_not_allowed(root: Path, path: str) -> None:
    with pytest.raises(ImageError) as caught:
        read_file(path.replace("{root}", str(root)), [root], LIMIT)
    assert (
        caught.value.message == "The photo's path is not readable or not below an allowed folder."
    )
    assert not caught.value.details
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def link(at: Path, to: Path) -> None:
    try:
        at.symlink_to(to)
    except (OSError, NotImplementedError):
        pytest.skip("this system makes no symbolic links here")


@pytest.mark.parametrize(
    ("at", "to", "asked"),
    [
        ("link.jpg", "../secret", "link.jpg"),
        ("link.jpg", "photo.jpg", "link.jpg"),  # inside as well: never followed
        ("folder", "..", "folder/secret"),
        ("folder", "below", "folder/照片 1.jpg"),
        ("below/deep", "../..", "below/deep/secret"),
        ("loop", "loop", "loop"),
        ("zero", "/dev/zero", "zero"),
    ],
)
def test_links_are_not_followed(root: Path, at: str, to: str, asked: str) -> None:
    link(root / at, Path(to))
    with pytest.raises(ImageError, match="not readable"):
        read_file(str(root / asked), [root], LIMIT)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFO")
def test_fifo_never_blocks(root: Path) -> None:
    os.mkfifo(root / "fifo")
    start = time.perf_counter()
    with pytest.raises(ImageError, match="not readable"):
        read_file(str(root / "fifo"), [root], LIMIT)
    assert time.perf_counter() - start < 10


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
@pytest.mark.parametrize("device", ["zero", "null", "full"])
def test_devices_are_not_read(device: str) -> None:
    with pytest.raises(ImageError, match="not readable"):
        read_file(f"/dev/{device}", [Path("/dev")], LIMIT)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all files")
def test_unreadable_file(root: Path) -> None:
    (root / "photo.jpg").chmod(0)
    with pytest.raises(ImageError, match="not readable"):
        read_file(str(root / "photo.jpg"), [root], LIMIT)


def test_root_that_has_vanished(root: Path) -> None:
    with pytest.raises(ImageError, match="not readable"):
        read_file(str(root / "gone" / "photo.jpg"), [root / "gone"], LIMIT)


def test_file_limit_is_exact(root: Path) -> None:
    path = str(root / "photo.jpg")
    assert len(read_file(path, [root], len(DATA))) == len(DATA)
    with pytest.raises(ImageTooLarge) as caught:
        read_file(path, [root], len(DATA) - 1)
    assert str(root) not in caught.value.message


def test_sparse_file_is_not_read(root: Path) -> None:
    with (root / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ImageTooLarge):
        read_file(str(root / "sparse"), [root], LIMIT)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system lists no open files")
def test_no_file_stays_open(root: Path) -> None:
    def opened() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = opened()
    for name in ("photo.jpg", "below", "missing", "photo.jpg/x", "below/missing/x"):
        for limit in (LIMIT, 1):
            with contextlib.suppress(ImageError, ImageTooLarge):
                read_file(str(root / name), [root], limit)
    assert opened() == before


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="this system cannot refuse links")
def test_folder_swapped_for_a_link_meanwhile(root: Path) -> None:
    """Only ever the photo or a refusal while another thread swaps the folder for a link."""
    (root.parent / "照片 1.jpg").write_bytes(b"secret")
    folder, kept = root / "below", root / "kept"
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            folder.rename(kept)
            folder.symlink_to("..")
            folder.unlink()
            kept.rename(folder)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(500):
            try:
                assert read_file(str(folder / "照片 1.jpg"), [root], LIMIT) == DATA
            except ImageError:
                continue
    finally:
        done.set()
        thread.join()
