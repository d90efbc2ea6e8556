"""Replacing a file whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from autograd_np.errors import ArgumentError

__all__ = ["replacing"]


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a new, empty file in the same folder; once the block has filled it, it takes the place of `path`.

    The new file is on the disk before the old one goes, and an error of any kind removes the new one; only a process
    that is killed leaves one behind, named `.autograd_np-….tmp`, or `.tmp…` by the package that writes it. A link
    stays, and what it points to is replaced; the permissions of the old file are kept.

    Raises: ArgumentError where something stands that is no file; OSError as the system gives it.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise ArgumentError(
            f"save: {os.fspath(path)!r} is a folder or a device, not a file\n"
            "  fix: name a file; for a device, open it and pass the file"
        )
    temporary = target.with_name(f".autograd_np-{os.urandom(8).hex()}.tmp")
    try:
        # Made by us and nobody else, with the permissions that any new file gets.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        mode = stat.S_IMODE((target if target.exists() else temporary).stat().st_mode)
        yield temporary
        # Whoever filled it may have made it anew.
        temporary.chmod(mode)
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _to_disk(target.parent)


def _to_disk(folder: Path) -> None:
    """Bring a folder's list of names to the disk, on systems that can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
