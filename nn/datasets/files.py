"""Data files: where they are kept, how they are checked, and how an IDX file is read without trusting it."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import math
import os
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from autograd_np.errors import AutogradError

__all__ = ["DatasetError", "cache_folder", "check_file", "read_idx"]

Array = npt.NDArray[Any]

_PIECE = 1 << 20
_TYPES = {0x08: np.uint8, 0x09: np.int8, 0x0B: np.int16, 0x0C: np.int32, 0x0D: np.float32, 0x0E: np.float64}


class DatasetError(AutogradError, ValueError):
    """A data file is missing, damaged, or could not be fetched."""


def cache_folder() -> Path:
    """Return the folder in which downloads are kept.

    It is named by the environment variable AUTOGRAD_NP_DATA, or else the platform's folder for caches has it.

    Example:
        >>> cache_folder().is_absolute()
        True
    """
    named = os.environ.get("AUTOGRAD_NP_DATA")
    if named:
        return Path(named).expanduser().absolute()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "autograd_np/Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/autograd_np"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "autograd_np"


# --- reading ----------------------------------------------------------------------------------------------------------


def read_idx(path: str | os.PathLike[str], limit: int = 1 << 30) -> Array:
    """Return the array that an IDX file holds, compressed by gzip or not.

    No more memory is used than the header promises, the file has, and `limit` allows, whatever the file claims.

    Args:
        path: the file.
        limit: the most bytes that the array may have.

    Raises: DatasetError, saying what is wrong with the file.
    Source: the format at the end of LeCun's MNIST page: two zero bytes, type, rank, sizes, then the values.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "labels-idx1-ubyte")
        ...     _ = path.write_bytes(bytes([0, 0, 0x08, 1, 0, 0, 0, 3]) + bytes([7, 2, 1]))
        ...     read_idx(path)
        array([7, 2, 1], dtype=uint8)
    """
    try:
        with _opened(Path(path)) as file:
            return _array(file, Path(path), limit)
    except FileNotFoundError:
        raise DatasetError(f"{path}: there is no such file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path}: the file cannot be read ({error})\n  fix: download it again") from error


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as raw:
        compressed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if not compressed:
            yield raw
            return
        with gzip.open(raw) as file:
            yield file  # type: ignore[misc]  # a GzipFile is an IO[bytes] in all but the stubs


def _array(file: IO[bytes], path: Path, limit: int) -> Array:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES:
        raise DatasetError(f"{path}: not an IDX file (it starts with {magic!r})\n  fix: download it again")
    rank = magic[3]
    sizes = file.read(4 * rank)
    if len(sizes) < 4 * rank:
        raise DatasetError(
            f"{path}: the header ends after {4 + len(sizes)} of {4 + 4 * rank} bytes\n  fix: download it again"
        )
    shape = struct.unpack(f">{rank}I", sizes)
    dtype = np.dtype(_TYPES[magic[2]])
    # An axis of length 0 does not hide the others: NumPy has to be able to make the array.
    if rank > 32 or math.prod(max(n, 1) for n in shape) * dtype.itemsize > limit:
        told = shape if rank <= 8 else f"{shape[:8]} and {rank - 8} more"
        raise DatasetError(f"{path}: the header claims the shape {told}, which is more than {limit} bytes may hold")
    expected = math.prod(shape) * dtype.itemsize
    data = bytearray()
    while piece := file.read(min(_PIECE, expected + 1 - len(data))):
        data += piece
    if len(data) != expected:
        got = f"{len(data)}" if len(data) < expected else "more"
        raise DatasetError(f"{path}: expected {expected} bytes for shape {shape}, got {got}\n  fix: download it again")
    array = np.frombuffer(data, dtype.newbyteorder(">")).reshape(shape)
    return array.astype(dtype, copy=False)


# --- checking ---------------------------------------------------------------------------------------------------------


def check_file(path: Path, checksum: str, *, uncompressed: bool = False) -> None:
    """Compare a file with its published checksum.

    Args:
        path: the file.
        checksum: by SHA-256, in hexadecimal.
        uncompressed: it is that of the content, whether the file is compressed or not.

    Raises: DatasetError if they differ.
    """
    state = hashlib.sha256()
    with _opened(path) if uncompressed else path.open("rb") as file:
        while piece := file.read(_PIECE):
            state.update(piece)
    if state.hexdigest() != checksum:
        raise DatasetError(
            f"{path}: the SHA-256 checksum is {state.hexdigest()}, expected {checksum}\n"
            "  fix: remove the file and fetch it again"
        )
