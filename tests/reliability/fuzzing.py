"""Reading many broken files in a child process that may not run, write or connect, nor take much memory or time.

`python -m tests.reliability.fuzzing <module> <format> <first> <count> <folder>` reads the files with these numbers. A
number says all about its file, so that what is found can be looked at again.
"""

from __future__ import annotations

import codecs
import faulthandler
import importlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from autograd_np.errors import AutogradError

__all__ = ["Format", "run"]

#: Bytes beyond those that the process has when it begins; the files have a few thousand.
MEMORY = 1 << 28
#: Seconds of the processor for one file: others may use it, too.
TIME = 5
#: Seconds after which a child that no longer reacts is ended.
STUCK = 600
#: What reading may not do; opening a file for writing, and an import, are looked at more closely.
FORBIDDEN = {
    *("os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "subprocess.Popen", "pty.spawn"),
    *("socket.connect", "socket.bind", "socket.getaddrinfo", "urllib.Request", "ctypes.dlopen", "pickle.find_class"),
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.truncate", "os.chmod", "exec"),
    *("shutil.copyfile", "shutil.move", "shutil.rmtree", "shutil.unpack_archive", "tempfile.mkstemp"),
}


class Format(NamedTuple):
    """A kind of file.

    Args:
        broken: the file with a number, from its random numbers.
        read: reads it, in this folder; what it may raise is `errors`.
        errors: the documented ones.
        intact: files that can be read, to begin with.
        longest: letters that an error's message may have.
    """

    broken: Callable[[random.Random], Any]
    read: Callable[[Any, Path], None]
    errors: tuple[type[AutogradError], ...]
    intact: list[Any]
    longest: int = 1000


class _TooSlowError(BaseException):
    """A file took longer than it may."""


class _ForbiddenError(BaseException):
    """Reading did what it may not."""


class _Guard:
    """Raises where reading does what it may not."""

    def __init__(self) -> None:
        import resource  # Windows has none

        self.watching = False
        sys.addaudithook(self.hook)
        signal.signal(signal.SIGPROF, self.late)
        status = Path("/proc/self/status").read_text()
        size = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmSize"))
        resource.setrlimit(resource.RLIMIT_AS, (size * 1024 + MEMORY,) * 2)

    def hook(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.watching:
            return
        writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if event in FORBIDDEN or writes or event == "import":
            self.watching = False
            message = f"{event} {args!r}"[:200]
            raise _ForbiddenError(message)

    @staticmethod
    def late(*_: Any) -> None:
        raise _TooSlowError


def _main(module: str, name: str, first: int, count: int, folder: Path) -> None:
    """Read files, and print what was found as JSON."""
    formats: dict[str, Format] = importlib.import_module(module).FORMATS
    kind = formats[name]
    for text in (
        "unicode_escape",
        "raw_unicode_escape",
        "utf-8-sig",
        "utf-16-le",
        "utf-16-be",
        "utf-32-le",
        "utf-32-be",
    ):
        codecs.lookup(text)  # pickletools and json import them when they need them
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    for file in kind.intact:
        _write(file, folder)
        kind.read(file, folder)
    for number in range(50):
        _outcome(kind, _file(kind, name, -1 - number), folder, None)  # what is imported late is imported now
    guard = _Guard()
    outcomes: Counter[str] = Counter()
    findings = []
    for number in range(first, first + count):
        faulthandler.dump_traceback_later(STUCK, exit=True)
        (folder / "number").write_text(str(number))
        outcome = _outcome(kind, _file(kind, name, number), folder, guard)
        if outcome.startswith("!"):
            findings.append(f"{name} {number}: {outcome[1:]}")
            outcome = "finding"
            if len(findings) == 20:
                break
        outcomes[outcome] += 1
    faulthandler.cancel_dump_traceback_later()
    sys.stdout.write(json.dumps({"outcomes": outcomes, "findings": findings}))


def _file(kind: Format, name: str, number: int) -> Any:
    return kind.broken(random.Random(f"{name} {number}"))  # noqa: S311 - to be the same in every run


def _write(file: Any, folder: Path) -> None:
    """Write what is a file; others are texts."""
    if isinstance(file, bytes):
        (folder / "file").write_bytes(file)


def _outcome(kind: Format, file: Any, folder: Path, guard: _Guard | None) -> str:
    """Return 'read', 'refused', or what is wrong after an exclamation mark."""
    _write(file, folder)
    try:
        if guard is not None:
            guard.watching = True
            signal.setitimer(signal.ITIMER_PROF, TIME)
        try:
            kind.read(file, folder)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            if guard is not None:
                guard.watching = False
    except kind.errors as error:
        text = str(error)
        return "refused" if 0 < len(text) <= kind.longest else f"!a message of {len(text)} letters: {text[:200]}"
    except BaseException as error:  # noqa: BLE001 - that is what is looked for
        return f"!{type(error).__name__}: {str(error)[:300]}"
    return "read"


def run(module: str, name: str, count: int, first: int = 0) -> dict[str, int]:
    """Read so many broken files in a child, and return how many were read and refused.

    Raises: AssertionError with what was found.
    """
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:  # noqa: S108
        command = [sys.executable, "-m", __name__, module, name, str(first), str(count), folder]
        root = Path(__file__).parents[2]
        child = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)  # noqa: S603 - our own
        number = Path(folder, "number")
        at = number.read_text() if number.exists() else "the beginning"
        assert child.returncode == 0, f"{name}: the child ended with {child.returncode} at {at}: {child.stderr[-2000:]}"
    found = json.loads(child.stdout)
    assert not found["findings"], "\n".join(found["findings"])
    outcomes: dict[str, int] = found["outcomes"]
    return outcomes


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]))
