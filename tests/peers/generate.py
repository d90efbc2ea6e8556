"""Run every call of every record in PyTorch and store what it gave: `python -m tests.peers.generate`."""

from __future__ import annotations

import contextlib
import functools
import operator
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from tests.ops.calls import CALLS, Call, cotangents, replaced
from tests.peers.observations import (
    KINDS,
    REFERENCE,
    cast,
    digest,
    promotes,
    promotion_operands,
    save,
    shown,
)
from tests.samples import Record, all_records

__all__ = ["observed", "promoted_by_torch", "torch_call"]

_LIMIT = 1_000_000


def torch_call(r: Record) -> Callable[..., Any]:
    """Return PyTorch's function for a record."""
    if callable(r.torch):
        return functools.partial(r.torch, torch)
    found: Any = operator.attrgetter(r.torch or r.name)(torch)
    return found  # type: ignore[no-any-return]  # a function by its name


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _tensor(array: Any, *, grad: bool = False) -> Any:
    made = torch.tensor(np.ascontiguousarray(array).reshape(array.shape))
    return made.requires_grad_(grad and made.is_floating_point())


def _option(name: str, value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return _tensor(value)
    if isinstance(value, (np.dtype, type)) or (name == "dtype" and value is not None):
        return getattr(torch, np.dtype(value).name)
    return value


def _tensors(result: Any) -> list[Any]:
    if isinstance(result, torch.Tensor):
        return [result]
    if isinstance(result, (list, tuple)):
        return [t for item in result for t in _tensors(item)]
    return []


def _with_tensors(function: Callable[..., Any], operands: Sequence[Any], options: dict[str, Any]) -> list[Any]:
    """Return a function's tensors; where it takes no Python numbers, they become the weak 0-d tensors there."""
    with _quiet():
        try:
            return _tensors(function(*operands, **options))
        except TypeError:
            return _tensors(function(*_numbers_as_tensors(operands), **options))


def _numbers_as_tensors(operands: Sequence[Any]) -> list[Any]:
    floating = [t.dtype for t in operands if isinstance(t, torch.Tensor) and t.is_floating_point()]
    kinds = {float: floating[0] if floating else None}
    return [torch.tensor(v, dtype=kinds.get(type(v))) if isinstance(v, (bool, int, float)) else v for v in operands]


def run(call: Call, tensors: Sequence[Any]) -> list[Any]:
    """Return PyTorch's outputs for a call with these tensors in place of its arrays."""
    operands = replaced(call.case.operands, iter(tensors))
    types = [np.dtype(str(t.dtype).removeprefix("torch.")) for t in tensors]
    options = {name: _option(name, value) for name, value in call.options(types).items()}
    return _with_tensors(torch_call(call.record), operands, options)


def _contracted(ys: Sequence[Any], xs: Sequence[Any], seed: float, *, create_graph: bool) -> list[Any]:
    weights = cotangents([tuple(y.shape) for y in ys], seed)
    live = [(y, torch.tensor(w, dtype=y.dtype)) for y, w in zip(ys, weights, strict=True) if y.requires_grad]
    if not live:
        return [torch.zeros_like(x) for x in xs]
    outputs, started = zip(*live, strict=True)
    with _quiet():
        got = torch.autograd.grad(outputs, xs, started, create_graph=create_graph, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for g, x in zip(got, xs, strict=True)]


def derivatives(call: Call, arrays: Sequence[Any], order: int) -> tuple[list[Any], list[Any] | None, list[Any] | None]:
    """Return outputs, first and second gradients; None for gradients that PyTorch does not have."""
    wanted = order
    tensors = [_tensor(array, grad=order > 0) for array in arrays]
    try:
        ys = run(call, tensors)
    except RuntimeError:
        # Some operands (boundaries, weights of classes) may not require gradients there.
        ys, order = run(call, [_tensor(array) for array in arrays]), 0
    xs = [t for t in tensors if t.requires_grad]
    if order < 1 or not xs:
        nothing = None if order < wanted else []
        return ys, nothing, nothing
    floating = [y for y in ys if y.is_floating_point()]
    try:
        first = _contracted(floating, xs, 0.2, create_graph=False)
    except RuntimeError:
        return ys, None, None
    if order < 2:
        return ys, first, []
    try:
        recorded = _contracted(floating, xs, 0.2, create_graph=True)
        second = _contracted(recorded, xs, 0.6, create_graph=False)
    except RuntimeError:
        second = None
    return ys, first, None if second is None or any(g.isnan().any() for g in second) else second


def as_numpy(t: Any) -> Any:
    """Return a PyTorch tensor's values."""
    return t.detach().resolve_conj().resolve_neg().numpy(force=True)


def observed(call: Call) -> dict[str, Any]:
    """Return what PyTorch gives for a call: float64 with gradients, and every other type."""
    ys, first, second = derivatives(call, call.arrays(), min(2, call.record.order))
    result: dict[str, Any] = {
        "digest": digest(call),
        "values": [shown(as_numpy(y)) for y in ys],
        "first": None if first is None else [shown(as_numpy(g)) for g in first],
        "second": None if second is None else [shown(as_numpy(g)) for g in second],
    }
    if any(array.dtype.kind == "f" for array in call.arrays()):
        result["float32"] = [shown(as_numpy(y)) for y in run(call, [_tensor(a) for a in call.arrays(np.float32)])]
        result["kinds"] = {kind: _in_kind(call, kind) for kind in KINDS}
    return result


def _in_kind(call: Call, kind: str) -> Any:
    try:
        return [shown(as_numpy(y)) for y in run(call, [_tensor(cast(a, kind)) for a in call.arrays()])]
    except (RuntimeError, TypeError, NotImplementedError, ValueError, IndexError):
        return None


def promoted_by_torch(r: Record) -> dict[str, Any]:
    """Return what PyTorch makes of every combination of types; None where it refuses."""
    result: dict[str, Any] = {}
    function = torch_call(r)
    for name, pair in promotion_operands():
        operands = [_tensor(v) if isinstance(v, np.ndarray) else v for v in pair]
        try:
            (y,) = _with_tensors(function, operands, {})
        except (RuntimeError, TypeError, NotImplementedError, ValueError):
            result[name] = None
            continue
        result[name] = shown(as_numpy(y))
    return result


def main() -> None:
    """Write the file, and say what PyTorch could not give."""
    torch.set_num_threads(1)
    records = [r for r in all_records() if r.torch is not None]
    content: dict[str, Any] = {"": {"torch": torch.__version__.partition("+")[0]}}
    missing = []
    for r in records:
        calls = [call for call in CALLS if call.record is r]
        try:
            content[r.name] = {"calls": [observed(call) for call in calls]}
            if promotes(r):
                content[r.name]["promotion"] = promoted_by_torch(r)
        except Exception as error:  # noqa: BLE001 (one record's mistake must not hide the others)
            missing.append(f"{r.name}: {type(error).__name__}: {error}".partition("\n")[0])
            continue
        for name in ("first", "second"):
            if any(seen[name] is None for seen in content[r.name]["calls"]):
                print(f"{r.name}: PyTorch has no {name} derivative", file=sys.stderr)  # noqa: T201
    save(content)
    size = REFERENCE.stat().st_size
    print(f"{len(content) - 1} records, {size} bytes in {REFERENCE.name}")  # noqa: T201
    problems = [*missing, *([f"the file has more than {_LIMIT} bytes"] if size > _LIMIT else [])]
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
