"""Make .venv and install what FaceDesk needs, once; later runs only look.

    python3 .ci/prepare.py          what the application needs
    python3 .ci/prepare.py --dev    and what the tests and checks need

Standard library only; Linux, macOS, Windows. Several runs at a time wait for each
other. A system without libGL gets OpenCV's headless build in place of the other one.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path

OLDEST = (3, 10)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
RUN, DEV = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"
POSTGRESQL = ROOT / "requirements-postgresql.txt"  # part of DEV
STAND_IN = "+headless"  # local version of our empty opencv-python, see `go_headless`
LOOK = """
import importlib.metadata as m, json
def version(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return ""
try: import cv2; error = ""
except ImportError as e: error = str(e)
print(json.dumps([version("opencv-python"), version("opencv-python-headless"), error]))
"""


def say(text):
    """One line for the person who waits."""
    print("prepare:", text, flush=True)


def main():
    """Prepare .venv; end with a sentence when that cannot be done."""
    check_version()
    parser = argparse.ArgumentParser(description="Make .venv and install what FaceDesk needs.")
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    wanted = DEV if parser.parse_args().dev else RUN
    VENV.mkdir(exist_ok=True)
    with alone():
        if not venv_works():
            make_venv()
        if not is_current(wanted):
            install(wanted)
        settle_opencv()
        stamp(wanted)


def check_version():
    """Say so when this Python is too old (this file is kept readable for Python 3.6)."""
    if sys.version_info >= OLDEST:
        return
    newer = [n for n in ("python3.13", "python3.12", "python3.11", "python3.10") if starts(n)]
    cure = f"Try: make PYTHON={newer[0]}" if newer else "Install one, then: make PYTHON=<its name>"
    sys.exit(f"FaceDesk needs Python 3.10 or newer; this is {sys.version.split()[0]}. {cure}")


def starts(command):
    """Whether a Python of this name is on the path and starts."""
    found = shutil.which(command)
    return bool(found) and subprocess.call([found, "-c", ""], stderr=subprocess.DEVNULL) == 0


@contextmanager
def alone():
    """Hold the lock of this .venv, so that two makes do not install at the same time."""
    with (VENV / ".prepare.lock").open("a+b") as lock:
        told = False
        while not try_lock(lock):
            if not told:
                say("another run is preparing .venv; waiting for it")
            told = True
            time.sleep(0.5)
        yield  # the system gives the lock back when the file is closed, whatever happens


def try_lock(file):
    """Take the lock if it is free."""
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def venv_works():
    """Whether .venv holds a Python that starts, is new enough and has pip."""
    check = f"import sys, pip; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([PYTHON, "-c", check], capture_output=True).returncode == 0
    except OSError:
        return False


def make_venv():
    """Make .venv with the Python that runs this; one that is broken is made anew."""
    missing = [n for n in ("venv", "ensurepip") if importlib.util.find_spec(n) is None]
    if missing:
        debian = Path("/etc/debian_version").exists()
        cure = (
            "apt install python3-venv" if debian else "install your system's python3-venv package"
        )
        sys.exit(f"This Python has no {' and no '.join(missing)}. Do this first: {cure}")
    say(f"making .venv with Python {sys.version.split()[0]}")
    for options in ([], ["--clear"]):
        made = subprocess.run([sys.executable, "-m", "venv", *options, str(VENV)])
        if made.returncode == 0 and venv_works():
            return
    sys.exit("Could not make .venv; the reason stands above. Remove the folder and try again.")


def fingerprint(wanted):
    """Hash of the requirement files and of the Python they were installed for."""
    digest = hashlib.sha256()
    for file in [RUN] if wanted == RUN else [RUN, POSTGRESQL, DEV]:
        digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    digest.update((VENV / "pyvenv.cfg").read_bytes())
    return digest.hexdigest()


def stamp_file(wanted):
    """Where the fingerprint of the last complete installation is kept."""
    return VENV / f".installed-{wanted.stem}"


def is_current(wanted):
    """Whether these requirements, or more, are installed already."""
    for file in {wanted, DEV}:
        if stamp_file(file).exists() and stamp_file(file).read_text() == fingerprint(file):
            return True
    return False


def stamp(wanted):
    """Remember that the installation is complete."""
    if not is_current(wanted):
        stamp_file(wanted).write_text(fingerprint(wanted))


def forget():
    """Let an installation that is broken off be taken up again by the next run."""
    for file in (RUN, DEV):
        if stamp_file(file).exists():
            stamp_file(file).unlink()


def pip(*arguments):
    """Run pip in .venv; end with a sentence when it fails."""
    command = [PYTHON, "-m", "pip", *arguments]
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    if subprocess.run(command, env=quiet, cwd=ROOT).returncode:
        sys.exit("pip could not finish; the reason stands above. Then run the same command again.")


def install(wanted):
    """Install a requirement file."""
    say(f"installing {wanted.name} into .venv (a few minutes the first time)")
    forget()
    pip("install", "-r", str(wanted))


def settle_opencv():
    """Leave exactly one OpenCV in .venv, and one that this system can load."""
    found = subprocess.run([PYTHON, "-I", "-c", LOOK], capture_output=True, text=True)
    if found.returncode:
        sys.exit(f"OpenCV cannot be loaded:\n{found.stderr}")
    plain, headless, error = json.loads(found.stdout)
    mixed = headless and plain and not plain.endswith(STAND_IN)
    lacks_library = "cannot open shared object file" in error
    if mixed or (lacks_library and not headless):
        go_headless(error.split(":")[0] if lacks_library else "two builds were mixed")
    elif error:
        forget()
        sys.exit(f"OpenCV cannot be loaded: {error}. Remove .venv and run this again.")


def go_headless(why):
    """Put opencv-python-headless in the place of opencv-python, of the same version.

    An empty package of the name opencv-python stays behind: it tells pip that insightface's
    requirement is met, so that a later ``pip install -r`` does not bring the other build back.
    """
    version = re.search(r"^opencv-python==(\S+)", RUN.read_text(), re.MULTILINE).group(1)
    say(f"this system cannot load opencv-python ({why}); taking opencv-python-headless {version}")
    forget()
    pip("uninstall", "-q", "-y", "opencv-python", "opencv-python-headless")
    pip("install", "-q", f"opencv-python-headless=={version}")
    with tempfile.TemporaryDirectory() as folder:
        pip("install", "-q", "--no-deps", "--no-index", str(empty_wheel(Path(folder), version)))
    settle_opencv()


def empty_wheel(folder, version):
    """Build a wheel without any code: opencv-python, meaning its headless build."""
    name = f"opencv_python-{version}{STAND_IN}"
    info = f"{name}.dist-info"
    files = {
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: opencv-python\n"
        f"Version: {version}{STAND_IN}\nSummary: Stands for opencv-python-headless\n"
        f"Requires-Dist: opencv-python-headless=={version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: FaceDesk\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    wheel = folder / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)
    return wheel


if __name__ == "__main__":
    main()
