"""The container: named arrays with a line of text, in the safetensors format, through the package of that name."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from autograd_np._typing import Array
from autograd_np.errors import ArgumentError, UnsupportedError
from autograd_np.serialization._tree import shortened

__all__ = ["packed", "read", "widened", "write"]

#: Under this name the header holds our text.
KEY = "autograd_np"
#: The longest header that readers of the format accept.
LIMIT = 100_000_000

_TYPES = {
    "BOOL": "?",
    "U8": "<u1",
    "I8": "<i1",
    "U16": "<u2",
    "I16": "<i2",
    "F16": "<f2",
    "BF16": "<u2",
    "U32": "<u4",
    "I32": "<i4",
    "F32": "<f4",
    "U64": "<u8",
    "I64": "<i8",
    "F64": "<f8",
}


class _Format:
    """The safetensors package, imported when it is first needed: `import autograd_np` can do without."""

    def __init__(self) -> None:
        try:
            package, arrays = importlib.import_module("safetensors"), importlib.import_module("safetensors.numpy")
        except ImportError as error:
            raise UnsupportedError(
                "save, load: they need the package safetensors, which is not installed\n  fix: pip install safetensors"
            ) from error
        self.save, self.save_file = arrays.save, arrays.save_file
        self.deserialize, self.error = package.deserialize, package.SafetensorError


def packed(arrays: Mapping[str, Array], text: str) -> bytes:
    """Return the bytes of a file with these arrays and this text."""
    data: bytes = _Format().save(dict(arrays), {KEY: text})
    _check_header(data[:8])
    return data


def write(path: Any, arrays: Mapping[str, Array], text: str) -> None:
    """Write a file with these arrays and this text, without a second copy of the arrays."""
    package = _Format()
    try:
        package.save_file(dict(arrays), path, {KEY: text})
    except package.error as error:
        raise OSError(f"save: the file could not be written: {error}") from error
    with path.open("rb") as file:
        _check_header(file.read(8))


def _check_header(start: bytes) -> None:
    size = int.from_bytes(start, "little")
    if size > LIMIT:
        raise ArgumentError(
            f"save: the tree around the tensors takes {size} bytes, and readers of the format accept {LIMIT}\n"
            "  fix: keep long lists of numbers as arrays or tensors"
        )


def read(file: BinaryIO) -> tuple[str | None, dict[str, Array], list[str]]:
    """Return a file's text, if it is one of ours, its arrays in the order of its header, and which were bfloat16.

    Raises: ArgumentError for what is no such file, and for element types that tensors cannot hold.
    """
    data, package = file.read(), _Format()
    try:
        found = dict(package.deserialize(data))
    except package.error as error:
        raise ArgumentError(
            f"load: this is no safetensors file, or a damaged one: {str(error)[:200]}\n"
            "  fix: load reads what save wrote, safetensors files, and files of torch.save"
        ) from error
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")], object_pairs_hook=_distinct)
    metadata = header.pop("__metadata__", None) or {}
    arrays = {name: _array(name, **found[name]) for name in header}
    return metadata.get(KEY), arrays, [name for name in header if found[name]["dtype"] == "BF16"]


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object with these pairs; the format forbids a name that comes twice, its readers let it pass."""
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ArgumentError(f"load: the header names {shortened(twice)} twice, so the file is damaged")
    return result


def _array(name: str, dtype: str, shape: list[int], data: Any) -> Array:
    """Return an array of our own over these bytes."""
    if dtype not in _TYPES:
        raise ArgumentError(
            f"load: {shortened(name)} has the element type {dtype}, which tensors cannot hold\n"
            f"  fix: convert it before saving; {', '.join(_TYPES)} can be read"
        )
    values = np.frombuffer(data if isinstance(data, bytearray) else bytearray(data), _TYPES[dtype])
    if dtype == "BF16":
        values = widened(values)
    try:
        return values.astype(values.dtype.newbyteorder("="), copy=False).reshape(shape)
    except ValueError as error:
        raise ArgumentError(f"load: {shortened(name)} cannot have the shape {_short(shape)}: {error}") from error


def _short(shape: list[int]) -> str:
    return str(shape) if len(shape) <= 8 else f"[{', '.join(map(str, shape[:8]))}, ...] of {len(shape)} axes"


def widened(halves: Array) -> Array:
    """Return bfloat16 values, given as 16-bit patterns, as float32: they are its upper halves."""
    return (halves.astype(np.uint32) << 16).view(np.float32)
