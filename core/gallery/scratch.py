"""Files on their way to their place, named after who writes them.

A process that is killed cannot tidy up. The next one that works in the same folder finds by the
name that their writer runs no more, and removes them: they hold what the gallery holds.
"""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_MARK = f".facedesk-{platform.node()}-"


def part_name() -> str:
    """A name for a file that is not whole yet."""
    return f"{_MARK}{os.getpid()}-{os.urandom(4).hex()}.part"


@contextmanager
def working_folder(parent: Path) -> Iterator[Path]:
    """A folder of one's own in that folder, removed at the end."""
    with tempfile.TemporaryDirectory(dir=parent, prefix=f"{_MARK}{os.getpid()}-") as folder:
        yield Path(folder)


def sweep(parent: Path) -> None:
    """Remove what killed processes of this machine left in that folder."""
    for path in parent.glob(f"{_MARK}*"):
        pid = path.name.removeprefix(_MARK).partition("-")[0]
        if not pid.isdecimal() or _runs(int(pid)):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink()


def _runs(pid: int) -> bool:
    if os.name != "posix":  # there, to ask is to kill
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
