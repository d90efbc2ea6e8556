"""What is compared with PyTorch: the modes in which a call is run, and a compact form of what it gave."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tests.ops.calls import Call, cotangents, flat
from tests.samples import Record

__all__ = [
    "KINDS",
    "REFERENCE",
    "cast",
    "digest",
    "load",
    "mismatch",
    "promotes",
    "promotion_operands",
    "save",
    "shown",
]

REFERENCE = Path(__file__).with_name("reference.json.gz")

#: The types that each call is run in besides float64 and float32.
KINDS = ("bool", "uint8", "int32", "int64", "float16")

# Arrays of more elements are kept as a few elements and weighted sums.
_WHOLE = 48
_SUMS = 6


def cast(array: Any, kind: str) -> Any:
    """Return a floating operand in another type: small whole numbers for integers, signs for booleans."""
    if array.dtype.kind != "f":
        return array
    if kind == "bool":
        return array > 0
    if kind.startswith(("int", "uint")):
        # What a NaN or an infinity becomes as an integer depends on the machine.
        whole = np.round(3 * np.where(np.isfinite(array), array, 0))
        return (np.abs(whole) if kind == "uint8" else whole).astype(kind)
    return array.astype(kind)


# --- promotion ----------------------------------------------------------------------------------------------

_WITH_AXES = ("bool", "uint8", "int32", "int64", "float32", "float64")
_NUMBERS = (True, 2, 2.5)


def promotes(r: Record) -> bool:
    """Tell whether a record is an elementwise operation of two operands."""
    operands = r.cases[0].operands
    return r.elementwise and len(operands) == 2 and all(isinstance(o, np.ndarray) for o in operands)


def promotion_operands() -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Yield pairs of operands in every combination of types, ranks and Python numbers, with a name for each."""
    left = {t: np.array([3, 1, 2]).astype(t) for t in _WITH_AXES}
    right = {t: np.array([1, 2, 2]).astype(t) for t in _WITH_AXES}
    for a in _WITH_AXES:
        for b in _WITH_AXES:
            yield f"{a}, {b}", (left[a], right[b])
            yield f"{a}, 0-d {b}", (left[a], right[b][1:2].reshape(()))
            yield f"0-d {a}, {b}", (left[a][:1].reshape(()), right[b])
        for number in _NUMBERS:
            yield f"{a}, {number!r}", (left[a], number)
            yield f"0-d {a}, {number!r}", (left[a][:1].reshape(()), number)


# --- the compact form ---------------------------------------------------------------------------------------


def shown(array: Any) -> dict[str, Any]:
    """Return an array's type, shape and values in a form that is short as text."""
    kind = array.dtype.name
    result: dict[str, Any] = {"type": kind}
    if array.ndim != 1:
        result["shape"] = list(array.shape)
    values = array.ravel()
    if array.size > _WHOLE:
        result["sums"] = [_short(v, kind) for v in _sums(array)]
        result["shape"] = list(array.shape)
        values = values[:: array.size // 8]
    result["values"] = [_short(v, kind) for v in values]
    return result


def _sums(array: Any) -> list[float]:
    wide = array.ravel().astype(np.float64)
    return [float(w @ wide) for w in (cotangents([wide.shape], 0.37 * k)[0] for k in range(_SUMS))]


def _short(value: Any, kind: str) -> Any:
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, np.integer):
        return int(value)
    digits = {"float64": 12, "float32": 8, "float16": 5}.get(kind, 12)
    short = float(f"{float(value):.{digits}g}")
    return int(short) if short.is_integer() and abs(short) < 1e6 else short


def mismatch(array: Any, stored: Mapping[str, Any], tolerance: float, *, types: bool = True) -> str | None:
    """Return in words how an array differs from a stored one, or None."""
    if types and array.dtype.name != stored["type"]:
        return f"type {array.dtype.name}, PyTorch's {stored['type']}"
    values = stored["values"]
    shape = tuple(stored.get("shape", [len(values)]))
    if array.shape != shape:
        return f"shape {array.shape}, PyTorch's {shape}"
    parts = [(array.ravel(), values)]
    if "sums" in stored:
        parts = [(array.ravel()[:: array.size // 8], values), (np.array(_sums(array)), stored["sums"])]
    for ours, theirs in parts:
        wanted = np.array(theirs, dtype=np.float64)
        got = ours.astype(np.float64)
        scale = np.abs(wanted[np.isfinite(wanted)]).max(initial=0)
        if not np.allclose(got, wanted, rtol=tolerance, atol=tolerance * scale + 1e-13, equal_nan=True):
            with np.errstate(all="ignore"):
                worst = int(np.nan_to_num(np.abs(got - wanted), nan=np.inf).argmax())
            return f"value {got[worst]!r}, PyTorch's {wanted[worst]!r} (entry {worst} of {wanted.size})"
    return None


def digest(call: Call) -> str:
    """Return a short mark of a call's operands and options: stored values belong to these alone."""
    mark = hashlib.sha256()
    for value in (call.case.operands, sorted(call.case.options.items())):
        for array in flat(value):
            mark.update(f"{array.dtype} {array.shape}".encode() + array.tobytes())
        mark.update(_written(value).encode())
    return mark.hexdigest()[:12]


def _written(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return "array"
    if isinstance(value, (list, tuple)):
        return f"({', '.join(_written(item) for item in value)})"
    return str(getattr(value, "__name__", value))


# --- the file -----------------------------------------------------------------------------------------------


def save(content: Mapping[str, Any], path: Path = REFERENCE) -> None:
    """Write the stored values; the same content gives the same bytes."""
    lines = ",\n".join(
        f"{json.dumps(name)}:{json.dumps(value, sort_keys=True, separators=(',', ':'))}"
        for name, value in sorted(content.items())
    )
    path.write_bytes(gzip.compress(f"{{{lines}}}\n".encode(), compresslevel=9, mtime=0))


def load(path: Path = REFERENCE) -> dict[str, Any]:
    """Return the stored values."""
    read: Callable[..., dict[str, Any]] = json.loads
    return read(gzip.decompress(path.read_bytes()))
