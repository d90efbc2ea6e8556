"""Tensors from data, from sizes and from ranges, with PyTorch's names and defaults."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_np._typing import DTypeLike, Scalar, Shape, TensorLike
from autograd_np.core import Tensor, as_array, as_dtype, as_tensor, check_device, default_float, device, wrap
from autograd_np.errors import ArgumentError, DTypeError

__all__ = [
    "arange",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "from_numpy",
    "frombuffer",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "scalar_tensor",
    "tensor",
    "zeros",
    "zeros_like",
]

Device = str | device | None


def size_of(operation: str, size: tuple[Any, ...], named: Any = None) -> Shape:
    """Return the shape meant by `f(2, 3)`, `f((2, 3))`, `f([2, 3])` or `f(size=(2, 3))`.

    Raises: ArgumentError for negative sizes or sizes given twice, DTypeError for sizes that are no integers.

    Example:
        >>> size_of("zeros", ((2, 3),))
        (2, 3)
    """
    if named is not None:
        if size:
            raise ArgumentError(f"{operation}: the size is given twice, as {size} and as size={named}")
        size = (named,)
    sizes = size[0] if len(size) == 1 and isinstance(size[0], Sequence) else size
    if not all(hasattr(n, "__index__") for n in sizes):
        raise DTypeError(f"{operation}: sizes must be integers, got {tuple(sizes)}")
    shape = tuple(n.__index__() for n in sizes)
    if any(n < 0 for n in shape):
        raise ArgumentError(f"{operation}: sizes must not be negative, got {shape}")
    return shape


def _finished(array: Any, device: Device, requires_grad: bool) -> Tensor:
    check_device(device)
    result = wrap(array, None)
    return result.requires_grad_() if requires_grad else result


def _type(dtype: DTypeLike | None) -> np.dtype[Any]:
    return default_float() if dtype is None else as_dtype(dtype)


def tensor(
    data: TensorLike, *, dtype: DTypeLike | None = None, device: Device = None, requires_grad: bool = False
) -> Tensor:
    """Return a new leaf with a copy of the data; Python floats take the default float, integers int64.

    Args:
        data: a number, nested sequences of numbers, an array or a Tensor.
        dtype: element type; inferred if not given.
        device: the CPU.
        requires_grad: record operations on the result.

    Raises: ShapeError for ragged sequences, DTypeError for data that are not numbers or integers with requires_grad.
    Source: torch.tensor.

    Example:
        >>> tensor([1.5, 2.0]), tensor([1, 2]).dtype
        (tensor([1.5, 2. ]), dtype('int64'))
    """
    return _finished(as_array(data, dtype, copy=True), device, requires_grad)


def from_numpy(ndarray: Any) -> Tensor:
    """Return a Tensor that shares the array's memory and type.

    Raises: DTypeError if it is not a NumPy array.
    Source: torch.from_numpy.

    Example:
        >>> a = np.zeros(2); t = from_numpy(a); a[0] = 5; t
        tensor([5., 0.], dtype=float64)
    """
    if not isinstance(ndarray, np.ndarray):
        raise DTypeError(f"from_numpy: expected a NumPy array, got {type(ndarray).__name__}\n  fix: use tensor(data)")
    return wrap(as_array(ndarray), None)


def asarray(
    obj: Any,
    *,
    dtype: DTypeLike | None = None,
    device: Device = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return the data as a Tensor, sharing memory where the type allows it.

    Args:
        obj: a number, nested sequences of numbers, an array or a Tensor.
        dtype: element type; inferred if not given.
        device: the CPU.
        copy: True always copies, False never does.
        requires_grad: record operations on the result; a Tensor from a graph is taken out of it if False.

    Raises: ArgumentError if copy is False and memory cannot be shared, otherwise as `tensor`.
    Source: torch.asarray; numpy.asarray.

    Example:
        >>> a = np.zeros(2); t = asarray(a); a[0] = 5; t
        tensor([5., 0.], dtype=float64)
    """
    array = as_array(obj, dtype, copy=bool(copy))
    if copy is False and not np.shares_memory(array, getattr(obj, "_array", obj)):
        raise ArgumentError("asarray: these data cannot be shared as they are\n  fix: leave out copy=False")
    if isinstance(obj, Tensor) and array is obj._array and not requires_grad:
        check_device(device)
        return obj.detach()
    return _finished(array, device, requires_grad)


def frombuffer(
    buffer: Any, *, dtype: DTypeLike, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """Return a vector that shares the memory of an object with a buffer, such as bytes.

    Args:
        buffer: the object; a Tensor over read-only memory cannot be written.
        dtype: element type.
        count: how many elements; all if negative.
        offset: how many bytes are left out at the start.
        requires_grad: record operations on the result.

    Raises: ArgumentError if the buffer has not that many elements.
    Source: torch.frombuffer.

    Example:
        >>> frombuffer(b"AB", dtype="uint8")
        tensor([65, 66], dtype=uint8)
    """
    try:
        array = np.frombuffer(buffer, as_dtype(dtype), count, offset)
    except ValueError as error:
        raise ArgumentError(f"frombuffer: {error}") from error
    return _finished(array, None, requires_grad)


def from_dlpack(ext_tensor: Any) -> Tensor:
    """Return a Tensor that shares the memory of another library's CPU tensor, through DLPack.

    Raises: DTypeError if the object does not speak DLPack.
    Source: torch.from_dlpack.

    Example:
        >>> from_dlpack(np.arange(3.0))
        tensor([0., 1., 2.], dtype=float64)
    """
    if not hasattr(ext_tensor, "__dlpack__"):
        raise DTypeError(f"from_dlpack: a {type(ext_tensor).__name__} has no __dlpack__\n  fix: use tensor(data)")
    return wrap(as_array(np.from_dlpack(ext_tensor)), None)


def zeros(
    *sizes: Any,
    size: Any = None,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return zeros.

    Shapes: `sizes`, as numbers or one sequence, or `size` by name.
    Source: torch.zeros.

    Example:
        >>> zeros(2, 3).shape
        (2, 3)
    """
    return _finished(np.zeros(size_of("zeros", sizes, size), _type(dtype)), device, requires_grad)


def ones(
    *sizes: Any,
    size: Any = None,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return ones.

    Shapes: `sizes`, as numbers or one sequence, or `size` by name.
    Source: torch.ones.

    Example:
        >>> ones(2)
        tensor([1., 1.])
    """
    return _finished(np.ones(size_of("ones", sizes, size), _type(dtype)), device, requires_grad)


def empty(
    *sizes: Any,
    size: Any = None,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor whose values are whatever the memory held.

    Shapes: `sizes`, as numbers or one sequence, or `size` by name.
    Source: torch.empty.

    Example:
        >>> empty(2, 0).shape
        (2, 0)
    """
    return _finished(np.empty(size_of("empty", sizes, size), _type(dtype)), device, requires_grad)


def full(
    size: Any,
    fill_value: Scalar,
    *,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor of one value; the type follows the value.

    Shapes: `size`.
    Source: torch.full.

    Example:
        >>> full((2,), 7), full((2,), 0.5)
        (tensor([7, 7]), tensor([0.5, 0.5]))
    """
    value = as_array(fill_value, dtype)
    shape = size_of("full", size if isinstance(size, tuple) else (size,))
    return _finished(np.full(shape, value), device, requires_grad)


def _like(input: TensorLike, dtype: DTypeLike | None) -> tuple[Shape, np.dtype[Any]]:
    x = as_tensor(input)
    return x.shape, x.dtype if dtype is None else as_dtype(dtype)


def zeros_like(
    input: TensorLike,
    *,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Return zeros of another tensor's shape and type.

    Shapes: any.
    Source: torch.zeros_like.

    Example:
        >>> zeros_like(tensor([1, 2]))
        tensor([0, 0])
    """
    return _finished(np.zeros(*_like(input, dtype)), device, requires_grad)


def ones_like(
    input: TensorLike,
    *,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Return ones of another tensor's shape and type.

    Shapes: any.
    Source: torch.ones_like.

    Example:
        >>> ones_like(tensor([1.5, 2.5]))
        tensor([1., 1.])
    """
    return _finished(np.ones(*_like(input, dtype)), device, requires_grad)


def empty_like(
    input: TensorLike,
    *,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Return an uninitialised tensor of another tensor's shape and type.

    Shapes: any.
    Source: torch.empty_like.

    Example:
        >>> empty_like(tensor([1, 2])).dtype
        dtype('int64')
    """
    return _finished(np.empty(*_like(input, dtype)), device, requires_grad)


def full_like(
    input: TensorLike,
    fill_value: Scalar,
    *,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor of one value, of another tensor's shape and type.

    Shapes: any.
    Source: torch.full_like.

    Example:
        >>> full_like(tensor([1.5, 2.5]), 3)
        tensor([3., 3.])
    """
    shape, kind = _like(input, dtype)
    return _finished(np.full(shape, fill_value, kind), device, requires_grad)


def scalar_tensor(value: Scalar, *, dtype: DTypeLike | None = None, device: Device = None) -> Tensor:
    """Return a 0-d tensor of a number, in the default float unless a type is given.

    Source: torch.scalar_tensor.

    Example:
        >>> scalar_tensor(3)
        tensor(3.)
    """
    return _finished(np.asarray(value, _type(dtype)), device, requires_grad=False)


def arange(
    start: Scalar | None = None,
    end: Scalar | None = None,
    step: Scalar = 1,
    *,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return numbers from `start` (0 if only one bound is given) up to but without `end`.

    Shapes: () -> (⌈(end - start) / step⌉,).
    Raises: ArgumentError if the step is zero or leads away from the end.
    Source: torch.arange.

    Example:
        >>> arange(3), arange(1, 2, 0.5)
        (tensor([0, 1, 2]), tensor([1. , 1.5]))
    """
    if start is None:
        start = 0
        if end is None:
            raise ArgumentError("arange: no bound is given\n  fix: arange(n), arange(start, end) or arange(end=n)")
    first, last = (0, start) if end is None else (start, end)
    first, last, step = (v.item() if isinstance(v, (Tensor, np.generic)) else v for v in (first, last, step))
    if step == 0 or (last - first) * step < 0:
        raise ArgumentError(f"arange: a step of {step} does not lead from {first} to {last}")
    if dtype is None:
        kind = default_float() if any(isinstance(v, float) for v in (first, last, step)) else np.dtype(np.int64)
    else:
        kind = as_dtype(dtype)
    count = math.ceil((last - first) / step)
    values = np.arange(count, dtype=np.float64 if kind.kind == "f" else np.int64) * step + first
    return _finished(values.astype(kind), device, requires_grad)


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return `steps` numbers at equal distances from start to end, both included.

    Shapes: () -> (steps,).
    Source: torch.linspace.

    Example:
        >>> linspace(0, 1, 5)
        tensor([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    return _finished(np.linspace(float(start), float(end), int(steps)).astype(_type(dtype)), device, requires_grad)


def logspace(
    start: float,
    end: float,
    steps: int,
    base: float = 10.0,
    *,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return `steps` numbers from base^start to base^end at equal ratios.

    Shapes: () -> (steps,).
    Source: torch.logspace.

    Example:
        >>> logspace(0, 2, 3)
        tensor([  1.,  10., 100.])
    """
    return _finished(np.logspace(start, end, int(steps), base=base).astype(_type(dtype)), device, requires_grad)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: DTypeLike | None = None,
    device: Device = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return ones on the diagonal and zeros elsewhere.

    Shapes: () -> (n, m), m = n if not given.
    Source: torch.eye.

    Example:
        >>> eye(2)
        tensor([[1., 0.],
                [0., 1.]])
    """
    return _finished(np.eye(n, m, dtype=_type(dtype)), device, requires_grad)
